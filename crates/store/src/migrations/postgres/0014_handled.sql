-- Writer: follower roll-ups. How long cases stayed in their phases, for the unit that was responsible when they ended
-- (its class empty) and for the class of it as a whole (its unit nil).
CREATE TABLE handled (
    tenant BYTEA NOT NULL,
    class TEXT COLLATE "C" NOT NULL,
    unit BYTEA NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    phase BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (tenant, class, unit, month, kind, phase, bucket)
);

-- The roll-ups are counted again from the beginning of the log, so that what ended before is in the new table too.
DELETE FROM rollup;
DELETE FROM cursor WHERE follower = 'rollups';

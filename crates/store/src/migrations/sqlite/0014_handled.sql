-- Writer: follower roll-ups. How long cases stayed in their phases, for the unit that was responsible when they ended
-- (its class empty) and for the class of it as a whole (its unit nil).
CREATE TABLE handled (
    tenant BLOB NOT NULL,
    class TEXT NOT NULL,
    unit BLOB NOT NULL,
    month TEXT NOT NULL,
    kind TEXT NOT NULL,
    phase INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (tenant, class, unit, month, kind, phase, bucket)
) STRICT, WITHOUT ROWID;

-- The roll-ups are counted again from the beginning of the log, so that what ended before is in the new table too.
DELETE FROM rollup;
DELETE FROM cursor WHERE follower = 'rollups';

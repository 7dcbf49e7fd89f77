-- Counts of what is open by phase. It takes the place of the index that began with the kind.
DROP INDEX case_row_open_kind;
CREATE INDEX case_row_open_phase ON case_row (tenant, phase, kind, unit) WHERE (flags & 1) <> 0;

-- What is watched for coming back, by unit: among what has ended the others are many.
CREATE INDEX case_row_watch ON case_row (tenant, unit, kind) WHERE phase = 6;

-- What is out of the ordinary, with what somebody gave an instruction about.
DROP INDEX case_row_marked;
CREATE INDEX case_row_marked ON case_row (tenant, raised_at, id)
    WHERE returns >= 1 OR reopened >= 1 OR (flags & 4) <> 0 OR (flags & 8) <> 0 OR (flags & 16) <> 0
        OR (flags & 32) <> 0 OR (flags & 64) <> 0 OR (flags & 128) <> 0 OR (flags & 2048) <> 0;

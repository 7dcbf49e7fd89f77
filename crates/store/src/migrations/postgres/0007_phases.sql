-- Counts of what is open by phase. It takes the place of the index that began with the kind.
DROP INDEX case_row_open_kind;
CREATE INDEX case_row_open_phase ON case_row (tenant, phase, kind, unit) WHERE (flags & 1) <> 0;

-- What is watched for coming back, by unit: among what has ended the others are many.
CREATE INDEX case_row_watch ON case_row (tenant, unit, kind) WHERE phase = 6;

-- Indexes of lists and counts, so that none of them reads more as the closed cases of the years grow.

-- Counts by phase, and lists of a state.
CREATE INDEX case_row_phase ON case_row (tenant, phase, state, kind, unit);
CREATE INDEX case_row_severity ON case_row (tenant, severity, id);

-- What is open is a small and steady part. The condition is written as a filter writes it.
CREATE INDEX case_row_open_due ON case_row (tenant, due_order, id) WHERE (flags & 1) <> 0;
CREATE INDEX case_row_open_raised ON case_row (tenant, raised_at, id) WHERE (flags & 1) <> 0;

-- What came back and what is disputed, as the desk asks for them.
CREATE INDEX case_row_back ON case_row (tenant, due_order, id)
    WHERE (flags & 1) <> 0 AND (returns >= 1 OR (flags & 128) <> 0 OR reopened >= 1);
CREATE INDEX case_row_disputed ON case_row (tenant, due_order, id) WHERE (flags & 4) <> 0;

-- The planner has its own figures here.
DROP INDEX case_row_raised;
CREATE INDEX case_row_raised ON case_row (tenant, raised_at, id, kind, unit);

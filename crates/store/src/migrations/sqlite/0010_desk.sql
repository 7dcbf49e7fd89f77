-- What the desk asks for. Each stage of what is open in the order of due instants: it takes the place of the index
-- that began with the state, in which one kind could lie behind all cases of another.
DROP INDEX case_row_open_state;
CREATE INDEX case_row_open_stage ON case_row (
    tenant, kind, state, due_order, id, unit, phase, severity, flags, due_at
) WHERE (flags & 1) <> 0;

-- What somebody gave an instruction about, and what is severe, of what is open.
CREATE INDEX case_row_instructed ON case_row (tenant, due_order, id, kind, state, unit, phase, flags)
    WHERE (flags & 1) <> 0 AND (flags & 2048) <> 0;
CREATE INDEX case_row_severe ON case_row (tenant, due_order, id, kind, state, unit, phase, severity, flags, due_at)
    WHERE (flags & 1) <> 0 AND severity >= 4;

-- What came back, now with what recurs, which leaders ask for too.
DROP INDEX case_row_back;
CREATE INDEX case_row_back ON case_row (tenant, due_order, id, returns, reopened, flags, kind, state, unit, phase)
    WHERE (flags & 1) <> 0 AND (returns >= 1 OR (flags & 128) <> 0 OR reopened >= 1 OR (flags & 32) <> 0);

-- What somebody has in hand, and what somebody found.
CREATE INDEX case_row_person ON case_row (tenant, person, due_order, id, kind, unit, phase, flags)
    WHERE (flags & 1) <> 0 AND person IS NOT NULL;
CREATE INDEX case_row_finder ON case_row (tenant, finder, raised_at, id, kind, unit, phase, flags) WHERE finder IS NOT NULL;

-- What the planner knows, as before.
DELETE FROM sqlite_stat1 WHERE idx IN ('case_row_open_state', 'case_row_back');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('case_row', 'case_row_open_stage', '40000 40000 8000 4000 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_instructed', '100 100 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_back', '100 100 1 1 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_severe', '2500 2500 100 1 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_person', '40000 40000 100 1 1 1 1 1 1'),
    ('case_row', 'case_row_finder', '50000 50000 100 1 1 1 1 1 1');
ANALYZE sqlite_schema;

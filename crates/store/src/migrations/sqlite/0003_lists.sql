-- Indexes of lists and counts, so that none of them reads more as the closed cases of the years grow.

-- Counts by phase, and lists of a state.
CREATE INDEX case_row_phase ON case_row (tenant, phase, state, kind, unit);
CREATE INDEX case_row_severity ON case_row (tenant, severity, id);

-- What is open is a small and steady part. The condition is written as a filter writes it.
CREATE INDEX case_row_open_due ON case_row (
    tenant, due_order, id, kind, state, phase, severity, unit, flags, returns, reopened, due_at, closed_at
) WHERE (flags & 1) <> 0;
CREATE INDEX case_row_open_raised ON case_row (tenant, raised_at, id) WHERE (flags & 1) <> 0;

-- What came back and what is disputed, as the desk asks for them.
CREATE INDEX case_row_back ON case_row (tenant, due_order, id)
    WHERE (flags & 1) <> 0 AND (returns >= 1 OR (flags & 128) <> 0 OR reopened >= 1);
CREATE INDEX case_row_disputed ON case_row (tenant, due_order, id) WHERE (flags & 4) <> 0;

-- The newest cases of a unit are looked for in the order of all.
DROP INDEX case_row_raised;
CREATE INDEX case_row_raised ON case_row (tenant, raised_at, id, kind, unit);

-- What the planner knows: the shape of a large installation, the same in every file, so that a statement is
-- carried out alike everywhere. ANALYZE would find other figures in each.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('case_row', 'sqlite_autoindex_case_row_1', '1000000 1000000 1'),
    ('case_row', 'case_row_number', '1000000 1000000 1'),
    ('case_row', 'case_row_doc', '1000000 1000000 1'),
    ('case_row', 'case_row_raised', '1000000 1000000 1 1 1 1'),
    ('case_row', 'case_row_changed', '1000000 1000000 11 1'),
    ('case_row', 'case_row_due', '1000000 1000000 11 1'),
    ('case_row', 'case_row_severity', '1000000 1000000 200000 1'),
    ('case_row', 'case_row_unit', '1000000 1000000 5900 11'),
    ('case_row', 'case_row_phase', '1000000 1000000 150000 3000 1000 200'),
    ('case_row', 'case_row_open_due', '40000 40000 1700 1 1 1 1 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_open_raised', '40000 40000 1 1'),
    ('case_row', 'case_row_back', '100 100 1 1'),
    ('case_row', 'case_row_disputed', '100 100 1 1'),
    ('case_unit', 'case_unit', '1000000 1000000 330000 5900 1'),
    ('case_unit', 'case_unit_case', '1000000 1000000 1');

-- Lists and counts at the size of a large city: each is read in the order of an index, of the cases of a unit
-- too, and reads nothing of the table for the cases that it passes over.

-- Whether a case complains about anybody is asked of every case for whoever is not to see it, and of hardly any is
-- it true: a bit of its own says so.
UPDATE case_row SET flags = flags | 1048576 WHERE (tenant, id) IN (
    SELECT tenant, case_id FROM case_unit WHERE role = 2 UNION SELECT tenant, case_id FROM case_person WHERE role = 1
);

-- What grants and tabs ask of each case stands in the index.
DROP INDEX case_row_raised;
CREATE INDEX case_row_raised ON case_row (tenant, raised_at, id, kind, unit, phase, flags, doc);
DROP INDEX case_row_phase;
CREATE INDEX case_row_phase ON case_row (tenant, phase, state, kind, unit, flags);

-- The cases of a unit, the newest first.
DROP INDEX case_row_unit;
CREATE INDEX case_row_unit ON case_row (tenant, unit, raised_at, id, kind, phase, flags);

-- What is open is a small part, so these may hold much.
DROP INDEX case_row_open_raised;
CREATE INDEX case_row_open_raised ON case_row (tenant, raised_at, id, kind, unit, phase, state, severity, flags, doc)
    WHERE (flags & 1) <> 0;
CREATE INDEX case_row_open_unit ON case_row (tenant, unit, due_order, id, kind, state, phase, severity, flags, due_at)
    WHERE (flags & 1) <> 0;
CREATE INDEX case_row_open_state ON case_row (tenant, state, due_order, id, kind, unit, phase, severity, flags, due_at)
    WHERE (flags & 1) <> 0;
CREATE INDEX case_row_open_kind ON case_row (tenant, kind, unit, flags) WHERE (flags & 1) <> 0;

-- What is out of the ordinary, open or closed, in the words that a filter asks for it.
CREATE INDEX case_row_marked ON case_row (tenant, raised_at, id, returns, reopened, flags, kind, unit, phase)
    WHERE returns >= 1 OR reopened >= 1 OR (flags & 4) <> 0 OR (flags & 8) <> 0 OR (flags & 16) <> 0
        OR (flags & 32) <> 0 OR (flags & 64) <> 0 OR (flags & 128) <> 0;

-- What the planner knows, as before. Where nothing else tells them apart, it is to read what is due first.
DELETE FROM sqlite_stat1 WHERE idx IN (
    'case_row_raised', 'case_row_phase', 'case_row_unit', 'case_row_open_raised', 'case_row_open_due'
);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('case_row', 'case_row_raised', '1000000 1000000 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_phase', '1000000 1000000 150000 3000 1000 200 100'),
    ('case_row', 'case_row_unit', '1000000 1000000 5900 1 1 1 1 1'),
    ('case_row', 'case_row_open_raised', '40000 40000 1 1 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_open_due', '38000 38000 1700 1 1 1 1 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_open_state', '40000 40000 5000 1 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_open_unit', '40000 40000 240 1 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_open_kind', '40000 40000 5000 30 30'),
    ('case_row', 'case_row_marked', '50000 50000 1 1 1 1 1 1 1 1');
ANALYZE sqlite_schema;

-- What the page of a unit counts stands in the index of its cases, the newest first.
DROP INDEX case_row_unit;
CREATE INDEX case_row_unit ON case_row (tenant, unit, raised_at, id, kind, phase, flags, due_at, closed_at);

-- What has ended in a unit, by its end: the last columns of its board.
CREATE INDEX case_row_unit_closed ON case_row (tenant, unit, closed_at, id, phase) WHERE closed_at IS NOT NULL;

-- What the planner knows, as before; nobody looks through the ends of all units one after the other.
DELETE FROM sqlite_stat1 WHERE idx = 'case_row_unit';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('case_row', 'case_row_unit', '1000000 1000000 5900 1 1 1 1 1 1 1'),
    ('case_row', 'case_row_unit_closed', '960000 960000 5700 1 1 1 noskipscan');
ANALYZE sqlite_schema;

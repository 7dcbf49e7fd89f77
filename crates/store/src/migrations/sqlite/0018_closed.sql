-- What has ended, by its end: the board's last columns and the public list of what was struck off. What is taken in
-- and what is open is not in it.
CREATE INDEX case_row_closed ON case_row (tenant, closed_at, id) WHERE closed_at IS NOT NULL;

-- What the planner knows, as before.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('case_row', 'case_row_closed', '960000 960000 11 1');
ANALYZE sqlite_schema;

-- Lists and counts at the size of a large city: each is read in the order of an index, of the cases of a unit too.

-- Whether a case complains about anybody is asked of every case for whoever is not to see it, and of hardly any is
-- it true: a bit of its own says so.
UPDATE case_row SET flags = flags | 1048576 WHERE (tenant, id) IN (
    SELECT tenant, case_id FROM case_unit WHERE role = 2 UNION SELECT tenant, case_id FROM case_person WHERE role = 1
);

-- The cases of a unit, the newest first.
DROP INDEX case_row_unit;
CREATE INDEX case_row_unit ON case_row (tenant, unit, raised_at, id);

-- What is open, by unit, by state and by kind.
CREATE INDEX case_row_open_unit ON case_row (tenant, unit, due_order, id) WHERE (flags & 1) <> 0;
CREATE INDEX case_row_open_state ON case_row (tenant, state, due_order, id) WHERE (flags & 1) <> 0;
CREATE INDEX case_row_open_kind ON case_row (tenant, kind, unit) WHERE (flags & 1) <> 0;

-- What is out of the ordinary, open or closed, in the words that a filter asks for it.
CREATE INDEX case_row_marked ON case_row (tenant, raised_at, id)
    WHERE returns >= 1 OR reopened >= 1 OR (flags & 4) <> 0 OR (flags & 8) <> 0 OR (flags & 16) <> 0
        OR (flags & 32) <> 0 OR (flags & 64) <> 0 OR (flags & 128) <> 0;

-- What the desk asks for. Each stage of what is open in the order of due instants: it takes the place of the index
-- that began with the state, in which one kind could lie behind all cases of another.
DROP INDEX case_row_open_state;
CREATE INDEX case_row_open_stage ON case_row (tenant, kind, state, due_order, id) WHERE (flags & 1) <> 0;

-- What somebody gave an instruction about, and what is severe, of what is open.
CREATE INDEX case_row_instructed ON case_row (tenant, due_order, id)
    WHERE (flags & 1) <> 0 AND (flags & 2048) <> 0;
CREATE INDEX case_row_severe ON case_row (tenant, due_order, id) WHERE (flags & 1) <> 0 AND severity >= 4;

-- What came back, now with what recurs, which leaders ask for too.
DROP INDEX case_row_back;
CREATE INDEX case_row_back ON case_row (tenant, due_order, id)
    WHERE (flags & 1) <> 0 AND (returns >= 1 OR (flags & 128) <> 0 OR reopened >= 1 OR (flags & 32) <> 0);

-- What somebody has in hand, and what somebody found.
CREATE INDEX case_row_person ON case_row (tenant, person, due_order, id)
    WHERE (flags & 1) <> 0 AND person IS NOT NULL;
CREATE INDEX case_row_finder ON case_row (tenant, finder, raised_at, id) WHERE finder IS NOT NULL;

-- What has ended in a unit, by its end: the last columns of its board.
CREATE INDEX case_row_unit_closed ON case_row (tenant, unit, closed_at, id) WHERE closed_at IS NOT NULL;

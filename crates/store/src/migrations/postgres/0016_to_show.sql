-- The cases of which pictures wait for somebody to look at them: few of all that ended, which the desk asks for.
CREATE INDEX case_row_to_show ON case_row (tenant, changed_at, id) WHERE (flags & 32768) <> 0;

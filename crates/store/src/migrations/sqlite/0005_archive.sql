-- Writer: archive. Which archive the database has, beside it in a file; no row where nothing was archived yet.
-- How many batches went over stands in the header, as `user_version`.
CREATE TABLE archive (
    id BLOB NOT NULL PRIMARY KEY,
    made_at INTEGER NOT NULL
) STRICT;

-- Writer: commit. Texts that were erased from the archive since the store was opened: its part of a
-- transaction may be lost where the database's is not, so opening the store erases them again.
CREATE TABLE archive_erasure (
    tenant BLOB NOT NULL,
    case_id BLOB NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (tenant, case_id, id)
) STRICT, WITHOUT ROWID;

-- Fewer bytes for the same. docs/design/0003-bytes-on-disk.md says what is saved by what.

-- The order of events is their row: the tenant's own number (the row of `tenant`; tenants are never deleted) above
-- 40 bits, below them the place in the tenant's order, from 0 without a gap. One writer gives it with the event, so
-- no table has to say it again. How far the tree has grown says which events have their place for good. `prev` was
-- the hash of the event before in the same stream, and is read there.
CREATE TABLE event_dense (
    place INTEGER NOT NULL PRIMARY KEY,
    tenant BLOB NOT NULL,
    stream_kind INTEGER NOT NULL,
    stream_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    data BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
-- Before the rows, which come about in its order: made after them it would be sorted in memory.
CREATE UNIQUE INDEX event_stream ON event_dense (tenant, stream_kind, stream_id, version);
INSERT INTO event_dense (place, tenant, stream_kind, stream_id, version, recorded_at, data, hash)
SELECT (t.rowid << 40) + s.seq, e.tenant, e.stream_kind, e.stream_id, e.version, e.recorded_at, e.data, e.hash
FROM tenant t CROSS JOIN sequence s ON s.tenant = t.tenant
    CROSS JOIN event e ON e.tenant = s.tenant AND e.stream_kind = s.stream_kind
        AND e.stream_id = s.stream_id AND e.version = s.version
ORDER BY t.rowid, s.seq;
-- What had no place yet comes after what had one, in the order of commit.
INSERT INTO event_dense (place, tenant, stream_kind, stream_id, version, recorded_at, data, hash)
SELECT (t.rowid << 40) + coalesce((SELECT max(seq) + 1 FROM sequence WHERE tenant = t.tenant), 0) - 1
        + row_number() OVER (PARTITION BY t.rowid ORDER BY e.rowid),
    e.tenant, e.stream_kind, e.stream_id, e.version, e.recorded_at, e.data, e.hash
FROM event e JOIN tenant t ON t.tenant = e.tenant
WHERE NOT EXISTS (SELECT 1 FROM sequence s WHERE s.tenant = e.tenant AND s.stream_kind = e.stream_kind
    AND s.stream_id = e.stream_id AND s.version = e.version)
ORDER BY t.rowid, e.rowid;
DROP TABLE sequence;
DROP TABLE event;
ALTER TABLE event_dense RENAME TO event;

-- Texts lie by their case, which everybody who reads one knows: no second and third key.
CREATE TABLE body_dense (
    tenant BLOB NOT NULL,
    case_id BLOB NOT NULL,
    id BLOB NOT NULL,
    sealed BLOB,
    erased_at INTEGER,
    PRIMARY KEY (tenant, case_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO body_dense (tenant, case_id, id, sealed, erased_at)
SELECT tenant, case_id, id, sealed, erased_at FROM body ORDER BY tenant, case_id, id;
DROP TABLE body;
ALTER TABLE body_dense RENAME TO body;

-- Writer: follower notifications, and whoever reads them. What a person on the staff is told; not derived, so that no
-- rebuild tells anything twice.
CREATE TABLE notification (
    tenant BLOB NOT NULL,
    person BLOB NOT NULL,
    at INTEGER NOT NULL,
    case_id BLOB NOT NULL,
    occasion TEXT NOT NULL,
    version INTEGER NOT NULL,
    unit BLOB,
    due_at INTEGER,
    state TEXT NOT NULL,
    read_at INTEGER,
    PRIMARY KEY (tenant, person, at, case_id, occasion)
) STRICT, WITHOUT ROWID;
CREATE INDEX notification_unread ON notification (tenant, person, at) WHERE read_at IS NULL;
CREATE INDEX notification_at ON notification (tenant, at);

-- Nobody is told of what happened before there were notifications.
INSERT INTO cursor (tenant, follower, position)
    SELECT tenant, 'notifications', max(position) FROM cursor GROUP BY tenant;

-- Writer: follower notifications, and whoever reads them. What a person on the staff is told; not derived, so that no
-- rebuild tells anything twice.
CREATE TABLE notification (
    tenant BYTEA NOT NULL,
    person BYTEA NOT NULL,
    at BIGINT NOT NULL,
    case_id BYTEA NOT NULL,
    occasion TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    unit BYTEA,
    due_at BIGINT,
    state TEXT COLLATE "C" NOT NULL,
    read_at BIGINT,
    PRIMARY KEY (tenant, person, at, case_id, occasion)
);
CREATE INDEX notification_unread ON notification (tenant, person, at) WHERE read_at IS NULL;
CREATE INDEX notification_at ON notification (tenant, at);

-- Nobody is told of what happened before there were notifications.
INSERT INTO cursor (tenant, follower, position)
    SELECT tenant, 'notifications', max(position) FROM cursor GROUP BY tenant;

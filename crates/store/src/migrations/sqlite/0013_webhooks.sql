-- Writer: webhook. Where other systems are told of the cases of a unit and of those below it. Secrets are made from
-- the tenant's keys and the instants here; none lies in the database.
CREATE TABLE webhook (
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    unit BLOB NOT NULL,
    occasions TEXT NOT NULL,
    made_by BLOB NOT NULL,
    made_at INTEGER NOT NULL,
    secret_at INTEGER NOT NULL,
    old_secret_at INTEGER,
    old_until INTEGER,
    paused_at INTEGER,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- Writer: follower notifications, webhook. What is to be posted and what became of it; no words. One without an
-- occasion is a trial.
CREATE TABLE webhook_delivery (
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    webhook BLOB NOT NULL,
    occasion TEXT,
    case_id BLOB,
    version INTEGER,
    unit BLOB,
    state TEXT,
    made_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    done_at INTEGER,
    outcome TEXT,
    error TEXT,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_made ON webhook_delivery (tenant, webhook, made_at, id);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (tenant, webhook, next_at) WHERE done_at IS NULL;
CREATE INDEX webhook_delivery_done ON webhook_delivery (tenant, outcome, webhook) WHERE done_at IS NOT NULL;

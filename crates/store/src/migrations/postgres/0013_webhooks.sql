-- Writer: webhook. Where other systems are told of the cases of a unit and of those below it. Secrets are made from
-- the tenant's keys and the instants here; none lies in the database.
CREATE TABLE webhook (
    tenant BYTEA NOT NULL,
    id BYTEA NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    unit BYTEA NOT NULL,
    occasions TEXT COLLATE "C" NOT NULL,
    made_by BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    secret_at BIGINT NOT NULL,
    old_secret_at BIGINT,
    old_until BIGINT,
    paused_at BIGINT,
    PRIMARY KEY (tenant, id)
);

-- Writer: follower notifications, webhook. What is to be posted and what became of it; no words. One without an
-- occasion is a trial.
CREATE TABLE webhook_delivery (
    tenant BYTEA NOT NULL,
    id BYTEA NOT NULL,
    webhook BYTEA NOT NULL,
    occasion TEXT COLLATE "C",
    case_id BYTEA,
    version BIGINT,
    unit BYTEA,
    state TEXT COLLATE "C",
    made_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    done_at BIGINT,
    outcome TEXT COLLATE "C",
    error TEXT COLLATE "C",
    PRIMARY KEY (tenant, id)
);
CREATE INDEX webhook_delivery_made ON webhook_delivery (tenant, webhook, made_at, id);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (tenant, webhook, next_at) WHERE done_at IS NULL;
CREATE INDEX webhook_delivery_done ON webhook_delivery (tenant, outcome, webhook) WHERE done_at IS NOT NULL;

-- The founding schema, the pair of the SQLite one: the same tables and columns but for those that a comment
-- here gives a reason for. Every key and every index starts with the tenant; ids are 16-byte UUIDv7 BYTEA,
-- instants BIGINT milliseconds since 1970 UTC, booleans BIGINT 0 or 1, what is missing NULL. Texts compare by
-- their bytes, whatever the locale of the database.
-- Each table names its one writer: commit (with the events), sequencer, a follower, or its own module.
-- There is no sequence, trigger, function, rule or extension in here, so a cluster, a pooler or a sharded
-- database serves it as well.

-- What this directory is for ever, such as `testing` or `demo`. Of the installation, not of a tenant.
CREATE TABLE mark (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    set_at BIGINT NOT NULL
);

-- Writer: tenant. `wrapped_key` is the tenant's key, wrapped by a master key that is never in here.
CREATE TABLE tenant (
    tenant BYTEA NOT NULL PRIMARY KEY,
    name_zh TEXT COLLATE "C" NOT NULL,
    name_en TEXT COLLATE "C" NOT NULL,
    host TEXT COLLATE "C",
    wrapped_key BYTEA NOT NULL,
    founded_at BIGINT NOT NULL
);

-- Writer: numbers. The next serial that no process has taken yet. Rows are few and updated in place: room in
-- their page keeps the update out of the index.
CREATE TABLE number_block (
    tenant BYTEA NOT NULL,
    prefix TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    next BIGINT NOT NULL,
    PRIMARY KEY (tenant, prefix, day)
) WITH (fillfactor = 50);

-- Writer: commit. Partitioned by month through the time that a case's id begins with: a stream lies whole in
-- one partition, and a closed month is never touched again. The program makes the months ahead of time;
-- `event_early` takes what lies before the first, and the streams that are not cases, whose id is nil;
-- `event_late` what a month was not made for in time, until it is.
CREATE TABLE event (
    tenant BYTEA NOT NULL,
    stream_kind BIGINT NOT NULL,
    stream_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    data BYTEA NOT NULL,
    prev BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (tenant, stream_kind, stream_id, version)
) PARTITION BY RANGE (stream_id);
-- 2026-01-01 in UTC, in the 48 bits of milliseconds that begin a UUIDv7.
CREATE TABLE event_early PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('\x019b76daa800');
CREATE TABLE event_late PARTITION OF event DEFAULT;

-- Writer: commit, with the event; the sequencer takes the row out as it gives the event its place. SQLite
-- needs no such queue: its rowid is the order of commit. Here transactions end in another order than their
-- rows were numbered in, and whoever follows a number steps over those that commit late. Almost always empty,
-- so it is swept as soon as a few thousand rows have gone through.
CREATE TABLE unplaced (
    tenant BYTEA NOT NULL,
    stream_kind BIGINT NOT NULL,
    stream_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (tenant, stream_kind, stream_id, version)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0);

-- Writer: commit. A fold of the case's events and nothing else. The index of texts is keyed by the case
-- itself here, so there is no `doc`.
CREATE TABLE case_row (
    tenant BYTEA NOT NULL,
    id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    pack TEXT COLLATE "C" NOT NULL,
    pack_version BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    phase BIGINT NOT NULL,
    category TEXT COLLATE "C",
    unit BYTEA,
    person BYTEA,
    channel TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C",
    severity BIGINT NOT NULL,
    raised_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    closed_at BIGINT,
    due_at BIGINT,
    due_order BIGINT NOT NULL GENERATED ALWAYS AS (coalesce(due_at, 9223372036854775807)) STORED,
    returns BIGINT NOT NULL,
    reopened BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    finder BYTEA,
    finder_unit BYTEA,
    title_body BYTEA NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX case_row_number ON case_row (tenant, number);
CREATE INDEX case_row_raised ON case_row (tenant, raised_at, id);
CREATE INDEX case_row_changed ON case_row (tenant, changed_at, id);
-- A case without a due instant sorts last.
CREATE INDEX case_row_due ON case_row (tenant, due_order, id);
CREATE INDEX case_row_unit ON case_row (tenant, unit, due_at);

-- Writer: commit. Roles: 1 co-unit, 2 accused, 3 ever responsible.
CREATE TABLE case_unit (
    tenant BYTEA NOT NULL,
    role BIGINT NOT NULL,
    unit BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    PRIMARY KEY (tenant, role, unit, case_id)
);
CREATE INDEX case_unit_case ON case_unit (tenant, case_id);

-- Writer: commit. Roles: 1 accused.
CREATE TABLE case_person (
    tenant BYTEA NOT NULL,
    role BIGINT NOT NULL,
    person BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    PRIMARY KEY (tenant, role, person, case_id)
);
CREATE INDEX case_person_case ON case_person (tenant, case_id);

-- Writer: commit.
CREATE TABLE case_campaign (
    tenant BYTEA NOT NULL,
    campaign TEXT COLLATE "C" NOT NULL,
    case_id BYTEA NOT NULL,
    PRIMARY KEY (tenant, campaign, case_id)
);
CREATE INDEX case_campaign_case ON case_campaign (tenant, case_id);

-- Writer: commit. How a case relates to another, found from the other one. Ties: 1 duplicate of, 2 part of,
-- 3 recurrence of, 4 merged into, 5 split into.
CREATE TABLE case_link (
    tenant BYTEA NOT NULL,
    other BYTEA NOT NULL,
    tie BIGINT NOT NULL,
    case_id BYTEA NOT NULL,
    PRIMARY KEY (tenant, other, tie, case_id)
);
CREATE INDEX case_link_case ON case_link (tenant, case_id);

-- Writer: commit. Search tokens, cut by us and only looked up here. A partition for each tenant, made with it,
-- so each tenant has an index of its own: an inverted index cannot begin with the tenant.
CREATE TABLE case_text (
    tenant BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    tokens TSVECTOR NOT NULL,
    PRIMARY KEY (tenant, case_id)
) PARTITION BY LIST (tenant);
CREATE INDEX case_text_tokens ON case_text USING gin (tokens);

-- Writer: commit. The key of a case's bodies, wrapped by the tenant's; without it they are noise.
CREATE TABLE body_key (
    tenant BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    wrapped_key BYTEA NOT NULL,
    PRIMARY KEY (tenant, case_id)
);

-- Writer: commit. What people wrote, sealed together with its salt; erasing leaves NULL. Partitioned as the
-- events are, by the month of the case. The key leads through the case, which every statement names, so that
-- one index serves what takes two on SQLite.
CREATE TABLE body (
    tenant BYTEA NOT NULL,
    id BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    sealed BYTEA,
    erased_at BIGINT,
    PRIMARY KEY (tenant, case_id, id)
) PARTITION BY RANGE (case_id);
-- What is sealed does not compress: storing it outside the row must not try to.
ALTER TABLE body ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE TABLE body_early PARTITION OF body FOR VALUES FROM (MINVALUE) TO ('\x019b76daa800');
CREATE TABLE body_late PARTITION OF body DEFAULT;

-- Writer: commit. Receipt codes by keyed hash.
CREATE TABLE receipt (
    tenant BYTEA NOT NULL,
    code_hash BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    PRIMARY KEY (tenant, code_hash)
);

-- Writer: commit. `key` is a hash over who sent it and the key they chose; `result` is sealed.
CREATE TABLE idempotency (
    tenant BYTEA NOT NULL,
    key BYTEA NOT NULL,
    request BYTEA NOT NULL,
    result BYTEA NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX idempotency_age ON idempotency (tenant, recorded_at);

-- Writer: commit. Keys of imported records in their own systems.
CREATE TABLE external (
    tenant BYTEA NOT NULL,
    system TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    case_id BYTEA NOT NULL,
    PRIMARY KEY (tenant, system, key)
);

-- Writer: commit. What a unit has to notice: the event `version` of `case_id` concerns it.
CREATE TABLE inbox (
    tenant BYTEA NOT NULL,
    unit BYTEA NOT NULL,
    at BIGINT NOT NULL,
    case_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, unit, at, case_id, version)
);

-- Writer: inbox. Up to which instant a person has seen a unit's inbox.
CREATE TABLE inbox_seen (
    tenant BYTEA NOT NULL,
    person BYTEA NOT NULL,
    unit BYTEA NOT NULL,
    seen_until BIGINT NOT NULL,
    PRIMARY KEY (tenant, person, unit)
);

-- Writer: commit. Sealed identities of reporters, apart from everything else. Erasing leaves NULL.
CREATE TABLE identity (
    tenant BYTEA NOT NULL,
    id BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    wrapped_key BYTEA,
    sealed BYTEA,
    phone_hash BYTEA,
    erased_at BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX identity_phone ON identity (tenant, phone_hash);

-- Writer: sequencer. The tenant's one order of events; `seq` counts from 0 and is the leaf's index.
CREATE TABLE sequence (
    tenant BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    stream_kind BIGINT NOT NULL,
    stream_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (tenant, seq)
);
CREATE UNIQUE INDEX sequence_event ON sequence (tenant, stream_kind, stream_id, version);

-- Writer: sequencer. The proof tree in tiles of up to 256 hashes, RFC 6962.
CREATE TABLE tile (
    tenant BYTEA NOT NULL,
    level BIGINT NOT NULL,
    place BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (tenant, level, place)
) WITH (fillfactor = 50);
-- Hashes do not compress.
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- Writer: sequencer. Signed tree heads.
CREATE TABLE checkpoint (
    tenant BYTEA NOT NULL,
    size BIGINT NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    signed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, size)
);

-- Writer: lease. Which of several processes does what only one may do at a time; `beat` grows with each sign of
-- life. SQLite has one serving process.
CREATE TABLE lease (
    tenant BYTEA NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    holder BYTEA NOT NULL,
    beat BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
) WITH (fillfactor = 50);

-- Writer: each follower its own row: the next `seq` it will read.
CREATE TABLE cursor (
    tenant BYTEA NOT NULL,
    follower TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (tenant, follower)
) WITH (fillfactor = 50);

-- Writer: follower clocks. When the timer looks at a case again.
CREATE TABLE timer (
    tenant BYTEA NOT NULL,
    due_at BIGINT NOT NULL,
    case_id BYTEA NOT NULL,
    PRIMARY KEY (tenant, due_at, case_id)
);
CREATE INDEX timer_case ON timer (tenant, case_id);

-- Writer: follower roll-ups. Additive counts; a nil unit and the category `-` stand for "none yet".
CREATE TABLE rollup (
    tenant BYTEA NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    unit BYTEA NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (tenant, day, what, kind, unit, category, channel)
) WITH (fillfactor = 80);

-- Writer: follower outbox. What the reporter is to be told, by the step that says so.
CREATE TABLE outbox (
    tenant BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    message TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, case_id, version)
);

-- Writer: notice. When a notice reached the reporter; not derived, so that no rebuild tells anything twice.
CREATE TABLE delivery (
    tenant BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    delivered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, case_id, version)
);

-- Writer: account.
CREATE TABLE account (
    tenant BYTEA NOT NULL,
    login TEXT COLLATE "C" NOT NULL,
    person BYTEA NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    failures BIGINT NOT NULL,
    failed_at BIGINT,
    PRIMARY KEY (tenant, login)
);
CREATE INDEX account_person ON account (tenant, person);

-- Writer: account. Sessions by the hash of their token.
CREATE TABLE session (
    tenant BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    login TEXT COLLATE "C" NOT NULL,
    unit BYTEA,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, token_hash)
);
CREATE INDEX session_login ON session (tenant, login);

-- Writer: account. Bearer tokens of the API by hash.
CREATE TABLE api_token (
    tenant BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    login TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (tenant, token_hash)
);
CREATE INDEX api_token_login ON api_token (tenant, login);

-- Writer: view. Filters that somebody keeps; `shared` ones are everybody's to read.
CREATE TABLE saved_view (
    tenant BYTEA NOT NULL,
    id BYTEA NOT NULL,
    owner BYTEA NOT NULL,
    shared BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    filter TEXT COLLATE "C" NOT NULL,
    sort TEXT COLLATE "C" NOT NULL,
    columns TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX saved_view_owner ON saved_view (tenant, owner);
CREATE INDEX saved_view_shared ON saved_view (tenant, shared);

-- Writer: draft. What somebody has begun to write in a form, sealed.
CREATE TABLE draft (
    tenant BYTEA NOT NULL,
    person BYTEA NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, person, form)
);

-- Writer: export. Long exports and how far they are.
CREATE TABLE export_job (
    tenant BYTEA NOT NULL,
    id BYTEA NOT NULL,
    person BYTEA NOT NULL,
    filter TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    file TEXT COLLATE "C",
    made_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX export_job_person ON export_job (tenant, person, made_at);


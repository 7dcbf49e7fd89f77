-- The founding schema. Every key and every index starts with the tenant; ids are 16-byte UUIDv7 BLOBs,
-- instants INTEGER milliseconds since 1970 UTC, booleans INTEGER 0 or 1, what is missing NULL.
-- Each table names its one writer: commit (with the events), sequencer, a follower, or its own module.

-- What this directory is for ever, such as `testing` or `demo`. Of the installation, not of a tenant.
CREATE TABLE mark (
    name TEXT NOT NULL PRIMARY KEY,
    set_at INTEGER NOT NULL
) STRICT;

-- Writer: tenant. `wrapped_key` is the tenant's key, wrapped by a master key that is never in here.
CREATE TABLE tenant (
    tenant BLOB NOT NULL PRIMARY KEY,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    host TEXT,
    wrapped_key BLOB NOT NULL,
    founded_at INTEGER NOT NULL
) STRICT;

-- Writer: numbers. The next serial that no process has taken yet.
CREATE TABLE number_block (
    tenant BLOB NOT NULL,
    prefix TEXT NOT NULL,
    day TEXT NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (tenant, prefix, day)
) STRICT, WITHOUT ROWID;

-- Writer: commit. A rowid table on purpose: with one writer and no deletion the rowid is the order of
-- commit, which the sequencer follows from the row of the last event it placed. No rowid is stored
-- anywhere, so VACUUM, which may renumber but never reorders, harms nothing. The other engine finds the
-- events without a place in its own way, behind the same function.
CREATE TABLE event (
    tenant BLOB NOT NULL,
    stream_kind INTEGER NOT NULL,
    stream_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    data BLOB NOT NULL,
    prev BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (tenant, stream_kind, stream_id, version)
) STRICT;

-- Writer: commit. A fold of the case's events and nothing else.
CREATE TABLE case_row (
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    doc INTEGER NOT NULL,
    version INTEGER NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    pack TEXT NOT NULL,
    pack_version INTEGER NOT NULL,
    state TEXT NOT NULL,
    phase INTEGER NOT NULL,
    category TEXT,
    unit BLOB,
    person BLOB,
    channel TEXT NOT NULL,
    source TEXT,
    severity INTEGER NOT NULL,
    raised_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    closed_at INTEGER,
    due_at INTEGER,
    due_order INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(due_at, 9223372036854775807)) STORED,
    returns INTEGER NOT NULL,
    reopened INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    finder BLOB,
    finder_unit BLOB,
    title_body BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE UNIQUE INDEX case_row_number ON case_row (tenant, number);
CREATE UNIQUE INDEX case_row_doc ON case_row (tenant, doc);
CREATE INDEX case_row_raised ON case_row (tenant, raised_at, id);
CREATE INDEX case_row_changed ON case_row (tenant, changed_at, id);
-- A case without a due instant sorts last. An index over the expression itself would do, but makes SQLite
-- prepare every statement on the table anew for each use.
CREATE INDEX case_row_due ON case_row (tenant, due_order, id);
CREATE INDEX case_row_unit ON case_row (tenant, unit, due_at);

-- Writer: commit. Roles: 1 co-unit, 2 accused, 3 ever responsible.
CREATE TABLE case_unit (
    tenant BLOB NOT NULL,
    role INTEGER NOT NULL,
    unit BLOB NOT NULL,
    case_id BLOB NOT NULL,
    PRIMARY KEY (tenant, role, unit, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_unit_case ON case_unit (tenant, case_id);

-- Writer: commit. Roles: 1 accused.
CREATE TABLE case_person (
    tenant BLOB NOT NULL,
    role INTEGER NOT NULL,
    person BLOB NOT NULL,
    case_id BLOB NOT NULL,
    PRIMARY KEY (tenant, role, person, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_person_case ON case_person (tenant, case_id);

-- Writer: commit.
CREATE TABLE case_campaign (
    tenant BLOB NOT NULL,
    campaign TEXT NOT NULL,
    case_id BLOB NOT NULL,
    PRIMARY KEY (tenant, campaign, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_campaign_case ON case_campaign (tenant, case_id);

-- Writer: commit. How a case relates to another, found from the other one. Ties: 1 duplicate of, 2 part of,
-- 3 recurrence of, 4 merged into, 5 split into.
CREATE TABLE case_link (
    tenant BLOB NOT NULL,
    other BLOB NOT NULL,
    tie INTEGER NOT NULL,
    case_id BLOB NOT NULL,
    PRIMARY KEY (tenant, other, tie, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_link_case ON case_link (tenant, case_id);

-- Writer: commit. Search tokens by `case_row.doc`; holds no text, only the index.
CREATE VIRTUAL TABLE case_text USING fts5 (
    tokens, content = '', contentless_delete = 1, tokenize = 'ascii', detail = 'none'
);

-- Writer: commit. The key of a case's bodies, wrapped by the tenant's; without it they are noise.
CREATE TABLE body_key (
    tenant BLOB NOT NULL,
    case_id BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    PRIMARY KEY (tenant, case_id)
) STRICT, WITHOUT ROWID;

-- Writer: commit. What people wrote, sealed together with its salt; erasing leaves NULL.
CREATE TABLE body (
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    sealed BLOB,
    erased_at INTEGER,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX body_case ON body (tenant, case_id);

-- Writer: commit. Receipt codes by keyed hash.
CREATE TABLE receipt (
    tenant BLOB NOT NULL,
    code_hash BLOB NOT NULL,
    case_id BLOB NOT NULL,
    PRIMARY KEY (tenant, code_hash)
) STRICT, WITHOUT ROWID;

-- Writer: commit. `key` is a hash over who sent it and the key they chose; `result` is sealed.
CREATE TABLE idempotency (
    tenant BLOB NOT NULL,
    key BLOB NOT NULL,
    request BLOB NOT NULL,
    result BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (tenant, recorded_at);

-- Writer: commit. Keys of imported records in their own systems.
CREATE TABLE external (
    tenant BLOB NOT NULL,
    system TEXT NOT NULL,
    key TEXT NOT NULL,
    case_id BLOB NOT NULL,
    PRIMARY KEY (tenant, system, key)
) STRICT, WITHOUT ROWID;

-- Writer: commit. What a unit has to notice: the event `version` of `case_id` concerns it.
CREATE TABLE inbox (
    tenant BLOB NOT NULL,
    unit BLOB NOT NULL,
    at INTEGER NOT NULL,
    case_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (tenant, unit, at, case_id, version)
) STRICT, WITHOUT ROWID;

-- Writer: inbox. Up to which instant a person has seen a unit's inbox.
CREATE TABLE inbox_seen (
    tenant BLOB NOT NULL,
    person BLOB NOT NULL,
    unit BLOB NOT NULL,
    seen_until INTEGER NOT NULL,
    PRIMARY KEY (tenant, person, unit)
) STRICT, WITHOUT ROWID;

-- Writer: commit. Sealed identities of reporters, apart from everything else. Erasing leaves NULL.
CREATE TABLE identity (
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    wrapped_key BLOB,
    sealed BLOB,
    phone_hash BLOB,
    erased_at INTEGER,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX identity_phone ON identity (tenant, phone_hash);

-- Writer: sequencer. The tenant's one order of events; `seq` counts from 0 and is the leaf's index.
CREATE TABLE sequence (
    tenant BLOB NOT NULL,
    seq INTEGER NOT NULL,
    stream_kind INTEGER NOT NULL,
    stream_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (tenant, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sequence_event ON sequence (tenant, stream_kind, stream_id, version);

-- Writer: sequencer. The proof tree in tiles of up to 256 hashes, RFC 6962.
CREATE TABLE tile (
    tenant BLOB NOT NULL,
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (tenant, level, place)
) STRICT, WITHOUT ROWID;

-- Writer: sequencer. Signed tree heads.
CREATE TABLE checkpoint (
    tenant BLOB NOT NULL,
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, size)
) STRICT, WITHOUT ROWID;

-- Writer: each follower its own row: the next `seq` it will read.
CREATE TABLE cursor (
    tenant BLOB NOT NULL,
    follower TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (tenant, follower)
) STRICT, WITHOUT ROWID;

-- Writer: follower clocks. When the timer looks at a case again.
CREATE TABLE timer (
    tenant BLOB NOT NULL,
    due_at INTEGER NOT NULL,
    case_id BLOB NOT NULL,
    PRIMARY KEY (tenant, due_at, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_case ON timer (tenant, case_id);

-- Writer: follower roll-ups. Additive counts; a nil unit and the category `-` stand for "none yet".
CREATE TABLE rollup (
    tenant BLOB NOT NULL,
    day TEXT NOT NULL,
    what TEXT NOT NULL,
    kind TEXT NOT NULL,
    unit BLOB NOT NULL,
    category TEXT NOT NULL,
    channel TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (tenant, day, what, kind, unit, category, channel)
) STRICT, WITHOUT ROWID;

-- Writer: follower outbox. What the reporter is to be told, by the step that says so.
CREATE TABLE outbox (
    tenant BLOB NOT NULL,
    case_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    message TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, case_id, version)
) STRICT, WITHOUT ROWID;

-- Writer: notice. When a notice reached the reporter; not derived, so that no rebuild tells anything twice.
CREATE TABLE delivery (
    tenant BLOB NOT NULL,
    case_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    delivered_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, case_id, version)
) STRICT, WITHOUT ROWID;

-- Writer: account.
CREATE TABLE account (
    tenant BLOB NOT NULL,
    login TEXT NOT NULL,
    person BLOB NOT NULL,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    failures INTEGER NOT NULL,
    failed_at INTEGER,
    PRIMARY KEY (tenant, login)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_person ON account (tenant, person);

-- Writer: account. Sessions by the hash of their token.
CREATE TABLE session (
    tenant BLOB NOT NULL,
    token_hash BLOB NOT NULL,
    login TEXT NOT NULL,
    unit BLOB,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, token_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_login ON session (tenant, login);

-- Writer: account. Bearer tokens of the API by hash.
CREATE TABLE api_token (
    tenant BLOB NOT NULL,
    token_hash BLOB NOT NULL,
    name TEXT NOT NULL,
    login TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    PRIMARY KEY (tenant, token_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_token_login ON api_token (tenant, login);

-- Writer: view. Filters that somebody keeps; `shared` ones are everybody's to read.
CREATE TABLE saved_view (
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    owner BLOB NOT NULL,
    shared INTEGER NOT NULL,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    sort TEXT NOT NULL,
    columns TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX saved_view_owner ON saved_view (tenant, owner);
CREATE INDEX saved_view_shared ON saved_view (tenant, shared);

-- Writer: draft. What somebody has begun to write in a form, sealed.
CREATE TABLE draft (
    tenant BLOB NOT NULL,
    person BLOB NOT NULL,
    form TEXT NOT NULL,
    sealed BLOB NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, person, form)
) STRICT, WITHOUT ROWID;

-- Writer: export. Long exports and how far they are.
CREATE TABLE export_job (
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    person BLOB NOT NULL,
    filter TEXT NOT NULL,
    form TEXT NOT NULL,
    state TEXT NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    file TEXT,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX export_job_person ON export_job (tenant, person, made_at);


-- Writer: mail. Where a person on the staff gets mail, and in which language and at which hour a digest; nobody is
-- written to before the address is confirmed.
CREATE TABLE mail_box (
    tenant BLOB NOT NULL,
    person BLOB NOT NULL,
    address TEXT NOT NULL,
    language TEXT NOT NULL,
    digest_hour INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    confirmed_at INTEGER,
    digest_at INTEGER,
    PRIMARY KEY (tenant, person)
) STRICT, WITHOUT ROWID;

-- Writer: mail. How a person wants to be told of an occasion, where they have chosen.
CREATE TABLE mail_choice (
    tenant BLOB NOT NULL,
    person BLOB NOT NULL,
    occasion TEXT NOT NULL,
    way TEXT NOT NULL,
    PRIMARY KEY (tenant, person, occasion)
) STRICT, WITHOUT ROWID;

-- Writer: follower notifications, mail. What is to be sent and what became of it; no words and no address.
CREATE TABLE mail (
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    person BLOB NOT NULL,
    form TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    since INTEGER,
    case_id BLOB,
    occasion TEXT,
    next_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    done_at INTEGER,
    outcome TEXT,
    error TEXT,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_waiting ON mail (tenant, next_at) WHERE done_at IS NULL;
CREATE INDEX mail_done ON mail (tenant, outcome, done_at) WHERE done_at IS NOT NULL;

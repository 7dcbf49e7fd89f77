-- Writer: mail. Where a person on the staff gets mail, and in which language and at which hour a digest; nobody is
-- written to before the address is confirmed.
CREATE TABLE mail_box (
    tenant BYTEA NOT NULL,
    person BYTEA NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    digest_hour BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    confirmed_at BIGINT,
    digest_at BIGINT,
    PRIMARY KEY (tenant, person)
);

-- Writer: mail. How a person wants to be told of an occasion, where they have chosen.
CREATE TABLE mail_choice (
    tenant BYTEA NOT NULL,
    person BYTEA NOT NULL,
    occasion TEXT COLLATE "C" NOT NULL,
    way TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, person, occasion)
);

-- Writer: follower notifications, mail. What is to be sent and what became of it; no words and no address.
CREATE TABLE mail (
    tenant BYTEA NOT NULL,
    id BYTEA NOT NULL,
    person BYTEA NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL,
    since BIGINT,
    case_id BYTEA,
    occasion TEXT COLLATE "C",
    next_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    done_at BIGINT,
    outcome TEXT COLLATE "C",
    error TEXT COLLATE "C",
    PRIMARY KEY (tenant, id)
);
CREATE INDEX mail_waiting ON mail (tenant, next_at) WHERE done_at IS NULL;
CREATE INDEX mail_done ON mail (tenant, outcome, done_at) WHERE done_at IS NOT NULL;

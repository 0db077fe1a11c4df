-- migrate:up

-- History is only ever added to. Such tables hold ids, never personal data.
CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'history_is_append_only';
END $$;

-- The merchant's rules as data: the newest version counts, the older ones explain the past.
CREATE TABLE shop_settings (
    version     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document    jsonb NOT NULL,
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    at          timestamptz NOT NULL
);
CREATE TRIGGER shop_settings_history BEFORE UPDATE OR DELETE OR TRUNCATE ON shop_settings
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- Same key, same answer. A row without an answer is a claim; lease_until says how long it is let alone.
CREATE TABLE idempotency_keys (
    principal   text COLLATE "C" NOT NULL,
    route       text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL
        CONSTRAINT idempotency_key_has_an_end CHECK (length(key) BETWEEN 16 AND 255),
    body_hash   bytea NOT NULL,
    subject     text COLLATE "C",
    answer      bytea,
    status      smallint,
    lease_until timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (principal, route, key)
) WITH (fillfactor = 80);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING brin (created_at);

-- Who did what to which: people, not states.
CREATE TABLE audit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    action      text NOT NULL CONSTRAINT action_has_an_end CHECK (length(action) <= 100),
    subject     text NOT NULL CONSTRAINT subject_has_an_end CHECK (length(subject) <= 200),
    detail      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_by_subject ON audit (subject, id);
CREATE TRIGGER audit_history BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- People and machines that may do more than buy.
CREATE TABLE users (
    id          text COLLATE "C" PRIMARY KEY,
    email       text NOT NULL CONSTRAINT email_has_an_end CHECK (length(email) BETWEEN 3 AND 254),
    role        text NOT NULL CONSTRAINT role_is_known CHECK (role IN ('customer', 'vendor', 'staff', 'admin')),
    created_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX one_user_per_email ON users (lower(email));

CREATE TABLE api_keys (
    id          text COLLATE "C" PRIMARY KEY,
    user_id     text COLLATE "C" NOT NULL REFERENCES users,
    key_hash    bytea NOT NULL CONSTRAINT one_hash_per_key UNIQUE,
    label       text NOT NULL CONSTRAINT label_has_an_end CHECK (length(label) <= 100),
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz,
    revoked_at  timestamptz
);
CREATE INDEX api_keys_by_user ON api_keys (user_id);

-- What a person must look at: one open row per matter.
CREATE TABLE attention (
    id          text COLLATE "C" PRIMARY KEY,
    kind        text NOT NULL CONSTRAINT kind_has_an_end CHECK (length(kind) <= 60),
    subject     text COLLATE "C" NOT NULL,
    detail      jsonb NOT NULL DEFAULT '{}',
    opened_at   timestamptz NOT NULL,
    resolved_at timestamptz,
    resolved_by text,
    step        text,
    CONSTRAINT attention_is_resolved_whole
        CHECK (num_nonnulls(resolved_at, resolved_by, step) IN (0, 3))
);
CREATE UNIQUE INDEX one_open_matter_per_subject ON attention (kind, subject) WHERE resolved_at IS NULL;
CREATE INDEX attention_open ON attention (id) WHERE resolved_at IS NULL;

-- migrate:down
DROP TABLE attention, api_keys, users, audit, idempotency_keys, shop_settings;
DROP FUNCTION history_is_append_only();

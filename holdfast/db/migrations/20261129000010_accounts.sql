-- migrate:up

-- Who knows the password of an address that was proved is its user. A user without one has API keys only.
ALTER TABLE users ADD COLUMN password_hash text
    CONSTRAINT password_hash_is_argon2 CHECK (password_hash ~ '^\$argon2id\$' AND length(password_hash) <= 255);
ALTER TABLE users ADD COLUMN email_verified_at timestamptz;

-- A log-in. The cookie or bearer token is random and kept as a hash; revoking is a date.
CREATE TABLE sessions (
    id          text COLLATE "C" PRIMARY KEY,
    user_id     text COLLATE "C" NOT NULL REFERENCES users,
    token_hash  bytea NOT NULL CONSTRAINT one_hash_per_session UNIQUE,
    client      text NOT NULL CONSTRAINT client_has_an_end CHECK (length(client) <= 200),
    place       text NOT NULL CONSTRAINT place_has_an_end CHECK (length(place) <= 64),
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);
CREATE INDEX sessions_by_user ON sessions (user_id, id) WHERE revoked_at IS NULL;
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Where somebody has logged in before: a right password from there waits for nobody else's failures.
CREATE TABLE login_places (
    user_id     text COLLATE "C" NOT NULL REFERENCES users,
    place       text COLLATE "C" NOT NULL CONSTRAINT place_has_an_end CHECK (length(place) <= 64),
    seen_at     timestamptz NOT NULL,
    PRIMARY KEY (user_id, place)
);
CREATE INDEX login_places_by_age ON login_places (seen_at);

-- Log-ins that failed (or are under way), per account and per place. The account's name is a hash, because
-- what is typed there need not be an account, and may be a password.
CREATE TABLE login_failures (
    id            text COLLATE "C" NOT NULL CONSTRAINT one_lockout_per_id UNIQUE,
    scope         text COLLATE "C" NOT NULL CONSTRAINT scope_is_known CHECK (scope IN ('account', 'place')),
    subject       text COLLATE "C" NOT NULL CONSTRAINT subject_has_an_end CHECK (length(subject) <= 64),
    user_id       text COLLATE "C" REFERENCES users,
    failures      integer NOT NULL CONSTRAINT failures_are_counted CHECK (failures >= 0),
    last_at       timestamptz NOT NULL,
    blocked_until timestamptz NOT NULL,
    PRIMARY KEY (scope, subject)
) WITH (fillfactor = 80);
CREATE INDEX login_failures_by_age ON login_failures (last_at);

-- A letter to a person about their account. One that asks for something carries a secret, which is made when it is
-- sent and kept as a hash; used_at says that it was used, and nobody uses it twice.
CREATE TABLE account_letters (
    id          text COLLATE "C" PRIMARY KEY,
    kind        text NOT NULL CONSTRAINT letter_kind_is_known CHECK (kind IN
        ('register', 'reset_password', 'change_email', 'email_changed', 'password_changed', 'totp_changed')),
    email       text NOT NULL CONSTRAINT email_has_an_end CHECK (length(email) BETWEEN 3 AND 254),
    user_id     text COLLATE "C" REFERENCES users,
    token_hash  bytea CONSTRAINT one_letter_per_secret UNIQUE,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz,
    used_at     timestamptz,
    CONSTRAINT secret_has_an_end CHECK ((token_hash IS NULL) = (expires_at IS NULL)),
    CONSTRAINT only_a_secret_is_used CHECK (used_at IS NULL OR token_hash IS NOT NULL)
);
CREATE INDEX account_letters_by_email ON account_letters (lower(email), created_at);
CREATE INDEX account_letters_by_age ON account_letters (created_at);

-- The second factor (RFC 6238): the key sealed with one of the process, and the last step that was used, so that no
-- code counts twice.
CREATE TABLE totp (
    user_id      text COLLATE "C" PRIMARY KEY REFERENCES users,
    sealed_key   bytea NOT NULL,
    last_step    bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz
);
CREATE TABLE recovery_codes (
    user_id     text COLLATE "C" NOT NULL REFERENCES totp ON DELETE CASCADE,
    code_hash   bytea NOT NULL,
    used_at     timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

-- What was sent: a job that is tried again after a success finds it here.
CREATE TABLE letters (
    job         text COLLATE "C" NOT NULL CONSTRAINT job_has_an_end CHECK (length(job) <= 60),
    subject     text COLLATE "C" NOT NULL CONSTRAINT subject_has_an_end CHECK (length(subject) <= 200),
    state       text NOT NULL CONSTRAINT letter_state_is_known CHECK (state IN ('sending', 'sent', 'not_needed', 'refused')),
    tries       integer NOT NULL DEFAULT 1,
    lease_until timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    sent_at     timestamptz,
    PRIMARY KEY (job, subject),
    CONSTRAINT sent_has_a_moment CHECK ((state = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX letters_by_age ON letters (created_at);

-- Whose cart and order it is, where a customer was logged in.
ALTER TABLE carts ADD COLUMN customer_id text COLLATE "C" REFERENCES users;
ALTER TABLE orders ADD COLUMN customer_id text COLLATE "C" REFERENCES users;
CREATE INDEX orders_by_customer ON orders (customer_id, id) WHERE customer_id IS NOT NULL;
-- A guest's order belongs to whoever proves the address.
CREATE INDEX orders_by_email ON orders (lower(email), id) WHERE customer_id IS NULL AND email IS NOT NULL;

-- migrate:down
DROP INDEX orders_by_email, orders_by_customer;
ALTER TABLE orders DROP COLUMN customer_id;
ALTER TABLE carts DROP COLUMN customer_id;
DROP TABLE letters, recovery_codes, totp, account_letters, login_failures, login_places, sessions;
ALTER TABLE users DROP COLUMN email_verified_at, DROP COLUMN password_hash;

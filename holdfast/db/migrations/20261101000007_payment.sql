-- migrate:up

-- One payment per order: the intent to collect what is due, however many attempts that takes.
CREATE TABLE payments (
    id                text COLLATE "C" PRIMARY KEY,
    order_id          text COLLATE "C" NOT NULL CONSTRAINT one_payment_per_order UNIQUE REFERENCES orders,
    state             text NOT NULL CONSTRAINT payment_state_is_known CHECK (state IN
        ('not_paid', 'pending', 'requires_action', 'authorized', 'paid', 'failed', 'cancelled', 'expired')),
    currency          text COLLATE "C" NOT NULL CONSTRAINT money_has_a_currency CHECK (currency ~ '^[A-Z]{3}$'),
    due_minor         bigint NOT NULL CONSTRAINT due_is_not_negative CHECK (due_minor >= 0),
    captured_minor    bigint NOT NULL DEFAULT 0 CONSTRAINT captured_is_not_negative CHECK (captured_minor >= 0),
    refunding_minor   bigint NOT NULL DEFAULT 0 CONSTRAINT refunding_is_not_negative CHECK (refunding_minor >= 0),
    refunded_minor    bigint NOT NULL DEFAULT 0 CONSTRAINT refunded_is_not_negative CHECK (refunded_minor >= 0),
    disputed_minor    bigint NOT NULL DEFAULT 0 CONSTRAINT disputed_is_not_negative CHECK (disputed_minor >= 0),
    created_at        timestamptz NOT NULL,
    CONSTRAINT refund_never_exceeds_capture CHECK (refunding_minor <= captured_minor)
) WITH (fillfactor = 70);

-- One object of ours at one provider. Its key is stored before the provider is first asked.
CREATE TABLE payment_attempts (
    id             text COLLATE "C" PRIMARY KEY,
    payment_id     text COLLATE "C" NOT NULL REFERENCES payments,
    order_id       text COLLATE "C" NOT NULL REFERENCES orders,
    provider       text NOT NULL,
    live           boolean NOT NULL,
    provider_ref   text COLLATE "C",
    state          text NOT NULL CONSTRAINT attempt_state_is_known CHECK (state IN
        ('intended', 'pending', 'requires_action', 'authorized', 'captured', 'failed', 'cancelled', 'expired')),
    superseded     boolean NOT NULL DEFAULT false,
    amount_minor   bigint NOT NULL CONSTRAINT amount_is_positive CHECK (amount_minor > 0),
    captured_minor bigint NOT NULL DEFAULT 0 CONSTRAINT captured_is_not_negative CHECK (captured_minor >= 0),
    currency       text COLLATE "C" NOT NULL CONSTRAINT money_has_a_currency CHECK (currency ~ '^[A-Z]{3}$'),
    next_action    jsonb,
    failure        text CONSTRAINT failure_has_an_end CHECK (length(failure) <= 200),
    lease_until    timestamptz NOT NULL,
    poll_at        timestamptz,
    polls          integer NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL,
    CONSTRAINT one_attempt_per_provider_ref UNIQUE (provider, provider_ref)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX one_attempt_in_flight_per_payment ON payment_attempts (payment_id)
    WHERE state IN ('intended', 'pending', 'requires_action', 'authorized') AND NOT superseded;
CREATE INDEX payment_attempts_by_payment ON payment_attempts (payment_id);
CREATE INDEX payment_attempts_to_poll ON payment_attempts (poll_at) WHERE poll_at IS NOT NULL;

-- A transfer pays one order: the bank's reference is unique per provider.
CREATE TABLE transfers (
    provider       text NOT NULL,
    bank_reference text NOT NULL CONSTRAINT bank_reference_has_an_end CHECK (length(bank_reference) BETWEEN 1 AND 64),
    attempt_id     text COLLATE "C" NOT NULL REFERENCES payment_attempts,
    received_minor bigint NOT NULL CONSTRAINT received_is_positive CHECK (received_minor > 0),
    currency       text COLLATE "C" NOT NULL,
    value_date     date NOT NULL,
    recorded_by    text NOT NULL,
    at             timestamptz NOT NULL,
    CONSTRAINT one_order_per_transfer PRIMARY KEY (provider, bank_reference)
);
CREATE INDEX transfers_by_attempt ON transfers (attempt_id);
CREATE TRIGGER transfers_history BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- The books of money: every capture, refund and dispute, as it became known. Payments are sums over it.
CREATE TABLE ledger (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id  text COLLATE "C" NOT NULL REFERENCES payments,
    attempt_id  text COLLATE "C" NOT NULL REFERENCES payment_attempts,
    refund_id   text COLLATE "C",
    kind        text NOT NULL CONSTRAINT entry_is_known
        CHECK (kind IN ('captured', 'refunded', 'refund_failed', 'disputed', 'dispute_won')),
    amount_minor bigint NOT NULL CONSTRAINT entry_is_positive CHECK (amount_minor > 0),
    source      text NOT NULL CONSTRAINT source_has_an_end CHECK (length(source) <= 100),
    at          timestamptz NOT NULL
);
CREATE INDEX ledger_by_payment ON ledger (payment_id, id);
CREATE TRIGGER ledger_history BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

CREATE TABLE refunds (
    id           text COLLATE "C" PRIMARY KEY,
    payment_id   text COLLATE "C" NOT NULL REFERENCES payments,
    attempt_id   text COLLATE "C" NOT NULL REFERENCES payment_attempts,
    order_id     text COLLATE "C" NOT NULL REFERENCES orders,
    provider     text NOT NULL,
    provider_ref text COLLATE "C",
    state        text NOT NULL CONSTRAINT refund_state_is_known
        CHECK (state IN ('requested', 'pending', 'succeeded', 'failed')),
    ours         boolean NOT NULL DEFAULT true,
    amount_minor bigint NOT NULL CONSTRAINT amount_is_positive CHECK (amount_minor > 0),
    currency     text COLLATE "C" NOT NULL,
    reason       text NOT NULL CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    actor        text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    lease_until  timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    CONSTRAINT one_refund_per_provider_ref UNIQUE (provider, provider_ref)
) WITH (fillfactor = 80);
CREATE INDEX refunds_by_payment ON refunds (payment_id);
CREATE INDEX refunds_unfinished ON refunds (lease_until) WHERE state IN ('requested', 'pending');

-- A provider's event is applied once. Keys are kept for ever, bodies by the month.
CREATE TABLE provider_events (
    provider    text NOT NULL,
    event_key   text COLLATE "C" NOT NULL CONSTRAINT event_key_has_an_end CHECK (length(event_key) <= 255),
    state       text NOT NULL CONSTRAINT event_state_is_known
        CHECK (state IN ('applied', 'ignored', 'unmatched', 'failed')),
    kind        text NOT NULL CONSTRAINT kind_has_an_end CHECK (length(kind) <= 100),
    tries       integer NOT NULL DEFAULT 0,
    error       text CONSTRAINT error_has_an_end CHECK (length(error) <= 1000),
    received_at timestamptz NOT NULL,
    retry_at    timestamptz,
    CONSTRAINT event_is_applied_once PRIMARY KEY (provider, event_key)
) WITH (fillfactor = 80);
CREATE INDEX provider_events_to_retry ON provider_events (retry_at) WHERE retry_at IS NOT NULL;

CREATE TABLE provider_event_bodies (
    provider    text NOT NULL,
    event_key   text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    body        bytea NOT NULL
) PARTITION BY RANGE (received_at);
CREATE TABLE provider_event_bodies_rest PARTITION OF provider_event_bodies DEFAULT;
CREATE INDEX provider_event_bodies_by_event ON provider_event_bodies (provider, event_key);

-- migrate:down
DROP TABLE provider_event_bodies, provider_events, refunds, ledger, transfers, payment_attempts, payments;

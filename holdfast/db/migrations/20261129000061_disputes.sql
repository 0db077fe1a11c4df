-- migrate:up

-- The machine of dispute.state as data (refund/dispute.py: MOVES is the same table; a test holds them equal).
CREATE TABLE dispute_moves (
    from_state  text NOT NULL,
    event       text NOT NULL,
    to_state    text NOT NULL,
    PRIMARY KEY (from_state, event),
    CONSTRAINT dispute_move_is_whole UNIQUE (from_state, event, to_state)
);
INSERT INTO dispute_moves (from_state, event, to_state) VALUES
    ('new',          'opened',          'opened'),
    ('new',          'evidence_wanted', 'evidence_due'),
    ('opened',       'evidence_wanted', 'evidence_due'),
    ('under_review', 'evidence_wanted', 'evidence_due'),
    ('opened',       'answered',        'under_review'),
    ('evidence_due', 'answered',        'under_review'),
    ('new',          'won',             'won'),
    ('opened',       'won',             'won'),
    ('evidence_due', 'won',             'won'),
    ('under_review', 'won',             'won'),
    ('lost',         'won',             'won'),
    ('new',          'lost',            'lost'),
    ('opened',       'lost',            'lost'),
    ('evidence_due', 'lost',            'lost'),
    ('under_review', 'lost',            'lost'),
    ('won',          'lost',            'lost');

-- Money that buyers ask back at their bank. Whoever writes one holds the lock of its payment.
CREATE TABLE disputes (
    id           text COLLATE "C" PRIMARY KEY,
    payment_id   text COLLATE "C" NOT NULL REFERENCES payments,
    attempt_id   text COLLATE "C" NOT NULL REFERENCES payment_attempts,
    order_id     text COLLATE "C" NOT NULL REFERENCES orders,
    provider     text NOT NULL,
    provider_ref text COLLATE "C" NOT NULL,
    state        text NOT NULL,
    amount_minor bigint NOT NULL CONSTRAINT amount_is_positive CHECK (amount_minor > 0),
    currency     text COLLATE "C" NOT NULL CONSTRAINT money_has_a_currency CHECK (currency ~ '^[A-Z]{3}$'),
    due_at       timestamptz,
    created_at   timestamptz NOT NULL,
    CONSTRAINT one_dispute_per_provider_ref UNIQUE (provider, provider_ref)
) WITH (fillfactor = 80);
CREATE INDEX disputes_by_payment ON disputes (payment_id);

CREATE TABLE dispute_events (
    dispute_id  text COLLATE "C" NOT NULL REFERENCES disputes,
    position    bigint GENERATED ALWAYS AS IDENTITY,
    event       text NOT NULL,
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    at          timestamptz NOT NULL,
    PRIMARY KEY (dispute_id, position),
    CONSTRAINT dispute_move_is_in_the_table FOREIGN KEY (from_state, event, to_state)
        REFERENCES dispute_moves (from_state, event, to_state)
);
CREATE TRIGGER dispute_events_history BEFORE UPDATE OR DELETE OR TRUNCATE ON dispute_events
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- disputed: what a bank has not decided about. lost: what it took for good.
ALTER TABLE payments ADD COLUMN lost_minor bigint NOT NULL DEFAULT 0
    CONSTRAINT lost_is_not_negative CHECK (lost_minor >= 0);
ALTER TABLE ledger DROP CONSTRAINT entry_is_known, ADD CONSTRAINT entry_is_known CHECK (kind IN
    ('captured', 'refunded', 'refund_failed', 'disputed', 'dispute_won', 'dispute_lost', 'dispute_reversed'));

-- migrate:down
ALTER TABLE payments DROP COLUMN lost_minor;
DROP TABLE dispute_events, disputes, dispute_moves;

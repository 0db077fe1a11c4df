-- migrate:up

-- Units that the order no longer has, and units whose money went back although they are not cancelled.
ALTER TABLE order_lines
    ADD COLUMN cancelled bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT units_are_cancelled_once CHECK (cancelled >= 0 AND cancelled + owed <= quantity),
    ADD CONSTRAINT units_give_their_money_back_once CHECK (refunded >= 0 AND cancelled + refunded <= quantity),
    ADD CONSTRAINT units_packed_are_not_cancelled CHECK (packed + owed + cancelled <= quantity);

-- What became of a part of an order: by as much as its units are worth less is due.
CREATE TABLE order_cancellations (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    text COLLATE "C" NOT NULL,
    position    integer NOT NULL,
    quantity    bigint NOT NULL CONSTRAINT cancels_something CHECK (quantity > 0),
    worth_minor bigint NOT NULL CONSTRAINT worth_is_not_negative CHECK (worth_minor >= 0),
    reason      text NOT NULL CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    at          timestamptz NOT NULL,
    FOREIGN KEY (order_id, position) REFERENCES order_lines
);
CREATE INDEX order_cancellations_by_order ON order_cancellations (order_id, position);
CREATE TRIGGER order_cancellations_history BEFORE UPDATE OR DELETE OR TRUNCATE ON order_cancellations
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- What staff want given back. Above the merchant's limit it waits until a second person has agreed.
CREATE TABLE refund_requests (
    id             text COLLATE "C" PRIMARY KEY,
    order_id       text COLLATE "C" NOT NULL REFERENCES orders,
    wish           jsonb NOT NULL,
    amount_minor   bigint NOT NULL CONSTRAINT amount_is_not_negative CHECK (amount_minor >= 0),
    tax_minor      bigint NOT NULL CONSTRAINT tax_is_part_of_the_amount CHECK (tax_minor BETWEEN 0 AND amount_minor),
    shipping_minor bigint NOT NULL CONSTRAINT shipping_is_not_negative CHECK (shipping_minor >= 0),
    currency       text COLLATE "C" NOT NULL CONSTRAINT money_has_a_currency CHECK (currency ~ '^[A-Z]{3}$'),
    reason         text NOT NULL CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    state          text NOT NULL CONSTRAINT request_state_is_known CHECK (state IN ('waiting', 'counted', 'refused')),
    recorded_by    text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(recorded_by) <= 200),
    decided_by     text,
    decided_at     timestamptz,
    at             timestamptz NOT NULL,
    CONSTRAINT request_is_decided_whole CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT waiting_is_undecided CHECK (state <> 'waiting' OR decided_by IS NULL),
    CONSTRAINT two_people_agree CHECK (state <> 'counted' OR decided_by IS DISTINCT FROM recorded_by)
);
CREATE INDEX refund_requests_by_order ON refund_requests (order_id, id);

-- For which units a request gives money back, written once it counts.
CREATE TABLE refund_lines (
    request_id     text COLLATE "C" NOT NULL REFERENCES refund_requests,
    order_id       text COLLATE "C" NOT NULL,
    position       integer NOT NULL,
    quantity       bigint NOT NULL CONSTRAINT refunds_something CHECK (quantity > 0),
    restock        boolean NOT NULL,
    total_minor    bigint NOT NULL,
    discount_minor bigint NOT NULL,
    tax_minor      bigint NOT NULL,
    worth_minor    bigint NOT NULL,
    at             timestamptz NOT NULL,
    CONSTRAINT line_sums_are_not_negative CHECK (least(total_minor, discount_minor, tax_minor, worth_minor) >= 0),
    PRIMARY KEY (request_id, position),
    FOREIGN KEY (order_id, position) REFERENCES order_lines
);
CREATE INDEX refund_lines_by_order ON refund_lines (order_id, position);
CREATE TRIGGER refund_lines_history BEFORE UPDATE OR DELETE OR TRUNCATE ON refund_lines
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- That a person has sent a refund: cash, or a transfer of the shop's bank. Large ones are agreed to by two.
CREATE TABLE refunds_by_hand (
    id             text COLLATE "C" PRIMARY KEY,
    refund_id      text COLLATE "C" NOT NULL REFERENCES refunds,
    reference      text NOT NULL CONSTRAINT bank_reference_has_an_end CHECK (length(reference) BETWEEN 1 AND 64),
    state          text NOT NULL CONSTRAINT by_hand_state_is_known CHECK (state IN ('waiting', 'counted', 'refused')),
    recorded_by    text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(recorded_by) <= 200),
    decided_by     text,
    decided_at     timestamptz,
    at             timestamptz NOT NULL,
    CONSTRAINT by_hand_is_decided_whole CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT waiting_is_undecided CHECK (state <> 'waiting' OR decided_by IS NULL),
    CONSTRAINT two_people_agree CHECK (state <> 'counted' OR decided_by IS DISTINCT FROM recorded_by)
);
CREATE UNIQUE INDEX a_refund_is_sent_once ON refunds_by_hand (refund_id) WHERE state <> 'refused';

CREATE FUNCTION refund_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state = 'waiting' AND (to_jsonb(NEW) - '{state,decided_by,decided_at}'::text[])
                                   = (to_jsonb(OLD) - '{state,decided_by,decided_at}'::text[]) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a refund is recorded once and decided once: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'refund_is_decided_once';
END $$;
CREATE TRIGGER refund_requests_history BEFORE UPDATE OR DELETE ON refund_requests
    FOR EACH ROW EXECUTE FUNCTION refund_is_decided_once();
CREATE TRIGGER refund_requests_stay BEFORE TRUNCATE ON refund_requests
    FOR EACH STATEMENT EXECUTE FUNCTION refund_is_decided_once();
CREATE TRIGGER refunds_by_hand_history BEFORE UPDATE OR DELETE ON refunds_by_hand
    FOR EACH ROW EXECUTE FUNCTION refund_is_decided_once();
CREATE TRIGGER refunds_by_hand_stay BEFORE TRUNCATE ON refunds_by_hand
    FOR EACH STATEMENT EXECUTE FUNCTION refund_is_decided_once();

-- waived: the order is worth as much as before, and the shop gives this all the same. What is due does not fall with it.
ALTER TABLE refunds
    ADD COLUMN request_id text COLLATE "C" REFERENCES refund_requests,
    ADD COLUMN waived boolean NOT NULL DEFAULT false;
UPDATE refunds SET waived = true WHERE ours AND reason NOT IN ('paid more than was due', 'order cancelled');

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
    ('evidence_due', 'evidence_wanted', 'evidence_due'),
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

-- The machine of return.state as data (refund/rma.py: MOVES is the same table; a test holds them equal).
CREATE TABLE return_moves (
    from_state  text NOT NULL,
    event       text NOT NULL,
    to_state    text NOT NULL,
    PRIMARY KEY (from_state, event),
    CONSTRAINT return_move_is_whole UNIQUE (from_state, event, to_state)
);
INSERT INTO return_moves (from_state, event, to_state) VALUES
    ('new',       'requested', 'requested'),
    ('requested', 'approved',  'approved'),
    ('requested', 'refused',   'refused'),
    ('requested', 'withdrawn', 'withdrawn'),
    ('approved',  'withdrawn', 'withdrawn'),
    ('approved',  'received',  'received'),
    ('received',  'refunded',  'refunded'),
    ('received',  'exchanged', 'exchanged'),
    ('received',  'credited',  'credited'),
    ('received',  'closed',    'closed');

-- What the returns of an order say of it, for its status; written by the one writer of orders.
ALTER TABLE orders ADD COLUMN goods_back text
    CONSTRAINT goods_back_is_known CHECK (goods_back IN ('return_requested', 'returned'));
-- Units that are on their way back or back.
ALTER TABLE order_lines ADD COLUMN returned bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT units_come_back_once CHECK (returned >= 0 AND cancelled + returned <= quantity);

-- Goods that come back. Whoever writes one holds the lock of its order. The buyer's words may be erased.
CREATE TABLE returns (
    id         text COLLATE "C" PRIMARY KEY,
    order_id   text COLLATE "C" NOT NULL REFERENCES orders,
    state      text NOT NULL,
    comment    text NOT NULL DEFAULT '' CONSTRAINT comment_has_an_end CHECK (length(comment) <= 1000),
    request_id text COLLATE "C" REFERENCES refund_requests,
    created_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX returns_by_order ON returns (order_id, id);
CREATE INDEX returns_by_state ON returns (state, id);
CREATE INDEX returns_by_request ON returns (request_id) WHERE request_id IS NOT NULL;

CREATE TABLE return_lines (
    return_id   text COLLATE "C" NOT NULL REFERENCES returns,
    order_id    text COLLATE "C" NOT NULL,
    position    integer NOT NULL,
    quantity    bigint NOT NULL CONSTRAINT returns_something CHECK (quantity > 0),
    reason      text NOT NULL CONSTRAINT return_reason_is_known CHECK (reason IN
        ('damaged', 'wrong_item', 'not_as_described', 'too_late', 'changed_mind', 'other')),
    restocked   bigint NOT NULL DEFAULT 0,
    written_off bigint NOT NULL DEFAULT 0,
    CONSTRAINT no_more_arrives_than_was_sent
        CHECK (least(restocked, written_off) >= 0 AND restocked + written_off <= quantity),
    PRIMARY KEY (return_id, position),
    FOREIGN KEY (order_id, position) REFERENCES order_lines
);
CREATE INDEX return_lines_by_order ON return_lines (order_id, position);

CREATE TABLE return_events (
    return_id   text COLLATE "C" NOT NULL REFERENCES returns,
    position    bigint GENERATED ALWAYS AS IDENTITY,
    event       text NOT NULL,
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    reason      text NOT NULL DEFAULT '' CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    at          timestamptz NOT NULL,
    PRIMARY KEY (return_id, position),
    CONSTRAINT return_move_is_in_the_table FOREIGN KEY (from_state, event, to_state)
        REFERENCES return_moves (from_state, event, to_state)
);
CREATE TRIGGER return_events_history BEFORE UPDATE OR DELETE OR TRUNCATE ON return_events
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- What buyers show of it: personal data, so not history.
CREATE TABLE return_photos (
    id        text COLLATE "C" PRIMARY KEY,
    return_id text COLLATE "C" NOT NULL REFERENCES returns,
    body      bytea NOT NULL CONSTRAINT file_has_an_end CHECK (length(body) <= 5242880),
    at        timestamptz NOT NULL
);
CREATE INDEX return_photos_by_return ON return_photos (return_id);

-- migrate:down
DROP TABLE return_photos, return_events, return_lines, returns, return_moves;
ALTER TABLE order_lines DROP CONSTRAINT units_come_back_once, DROP COLUMN returned;
ALTER TABLE orders DROP COLUMN goods_back;
ALTER TABLE payments DROP COLUMN lost_minor;
DROP TABLE dispute_events, disputes, dispute_moves;
ALTER TABLE ledger DROP CONSTRAINT entry_is_known, ADD CONSTRAINT entry_is_known
    CHECK (kind IN ('captured', 'refunded', 'refund_failed', 'disputed', 'dispute_won')) NOT VALID;
ALTER TABLE refunds DROP COLUMN waived, DROP COLUMN request_id;
DROP TABLE refunds_by_hand, refund_lines, refund_requests, order_cancellations;
DROP FUNCTION refund_is_decided_once();
ALTER TABLE order_lines DROP CONSTRAINT units_packed_are_not_cancelled,
    DROP CONSTRAINT units_give_their_money_back_once, DROP CONSTRAINT units_are_cancelled_once,
    DROP COLUMN refunded, DROP COLUMN cancelled;

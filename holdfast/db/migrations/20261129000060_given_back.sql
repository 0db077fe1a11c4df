-- migrate:up

-- Units that the order no longer has, and units whose money went back although they are not cancelled.
ALTER TABLE order_lines
    ADD COLUMN cancelled bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT units_are_cancelled_once CHECK (cancelled >= 0 AND cancelled + owed <= quantity),
    ADD CONSTRAINT units_give_their_money_back_once CHECK (refunded >= 0 AND cancelled + refunded <= quantity);

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

-- migrate:down
ALTER TABLE refunds DROP COLUMN waived, DROP COLUMN request_id;
DROP TABLE refunds_by_hand, refund_lines, refund_requests, order_cancellations;
DROP FUNCTION refund_is_decided_once();
ALTER TABLE order_lines DROP CONSTRAINT units_give_their_money_back_once, DROP CONSTRAINT units_are_cancelled_once,
    DROP COLUMN refunded, DROP COLUMN cancelled;

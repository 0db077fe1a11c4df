-- migrate:up

-- What providers say they have paid out, line by line, as their files had it.
CREATE TABLE settlement_lines (
    provider     text NOT NULL,
    line_key     text COLLATE "C" NOT NULL CONSTRAINT line_key_has_an_end CHECK (length(line_key) BETWEEN 1 AND 200),
    kind         text NOT NULL CONSTRAINT line_kind_is_known CHECK (kind IN ('payment', 'refund', 'other')),
    reference    text COLLATE "C" NOT NULL CONSTRAINT reference_has_an_end CHECK (length(reference) <= 255),
    amount_minor bigint NOT NULL CONSTRAINT amount_is_not_negative CHECK (amount_minor >= 0),
    fee_minor    bigint CONSTRAINT fee_is_not_negative CHECK (fee_minor >= 0),
    currency     text COLLATE "C" NOT NULL CONSTRAINT money_has_a_currency CHECK (currency ~ '^[A-Z]{3}$'),
    settled_on   date,
    attempt_id   text COLLATE "C" REFERENCES payment_attempts,
    refund_id    text COLLATE "C" REFERENCES refunds,
    file         text NOT NULL CONSTRAINT file_has_an_end CHECK (length(file) <= 200),
    imported_by  text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(imported_by) <= 200),
    at           timestamptz NOT NULL,
    CONSTRAINT line_is_kept_once PRIMARY KEY (provider, line_key)
);
CREATE INDEX settlement_lines_by_attempt ON settlement_lines (attempt_id) WHERE attempt_id IS NOT NULL;
CREATE TRIGGER settlement_lines_history BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_lines
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- migrate:down
DROP TABLE settlement_lines;

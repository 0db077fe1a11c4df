-- migrate:up

-- A transfer above the merchant's limit counts once a second person has agreed. One that was refused may be
-- recorded again, for the order that it really pays.
DROP TRIGGER transfers_history ON transfers;
ALTER TABLE transfers
    ADD COLUMN id text COLLATE "C",
    ADD COLUMN state text NOT NULL DEFAULT 'counted'
        CONSTRAINT transfer_state_is_known CHECK (state IN ('waiting', 'counted', 'refused')),
    ADD COLUMN decided_by text,
    ADD COLUMN decided_at timestamptz;
UPDATE transfers SET id = 'trf_' || upper(substr(md5(provider || '/' || bank_reference), 1, 26));
ALTER TABLE transfers DROP CONSTRAINT one_order_per_transfer;
ALTER TABLE transfers
    ALTER COLUMN state DROP DEFAULT,
    ADD PRIMARY KEY (id),
    ADD CONSTRAINT transfer_is_decided_whole CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    ADD CONSTRAINT waiting_is_undecided CHECK (state <> 'waiting' OR decided_by IS NULL),
    ADD CONSTRAINT two_people_agree CHECK (state <> 'counted' OR decided_by IS DISTINCT FROM recorded_by);
CREATE UNIQUE INDEX one_order_per_transfer ON transfers (provider, bank_reference) WHERE state <> 'refused';

CREATE FUNCTION transfer_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state = 'waiting' AND (to_jsonb(NEW) - '{state,decided_by,decided_at}'::text[])
                                   = (to_jsonb(OLD) - '{state,decided_by,decided_at}'::text[]) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a transfer is recorded once and decided once: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transfer_is_decided_once';
END $$;
CREATE TRIGGER transfers_history BEFORE UPDATE OR DELETE ON transfers
    FOR EACH ROW EXECUTE FUNCTION transfer_is_decided_once();
CREATE TRIGGER transfers_stay BEFORE TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION transfer_is_decided_once();

-- What buyers say about their transfers: a hint for the staff. Personal data, so not history.
CREATE TABLE transfer_proofs (
    id             text COLLATE "C" PRIMARY KEY,
    attempt_id     text COLLATE "C" NOT NULL REFERENCES payment_attempts,
    bank_reference text CONSTRAINT bank_reference_has_an_end CHECK (length(bank_reference) BETWEEN 1 AND 64),
    media_type     text CONSTRAINT media_type_is_known CHECK (media_type IN ('image/jpeg', 'application/pdf')),
    body           bytea CONSTRAINT file_has_an_end CHECK (length(body) <= 5242880),
    at             timestamptz NOT NULL,
    CONSTRAINT proof_says_something CHECK (num_nonnulls(bank_reference, body) > 0),
    CONSTRAINT file_has_a_type CHECK ((media_type IS NULL) = (body IS NULL))
);
CREATE INDEX transfer_proofs_by_attempt ON transfer_proofs (attempt_id);

-- migrate:down
DROP TABLE transfer_proofs;
DROP TRIGGER transfers_stay ON transfers;
DROP TRIGGER transfers_history ON transfers;
DROP FUNCTION transfer_is_decided_once();
DROP INDEX one_order_per_transfer;
DELETE FROM transfers WHERE state <> 'counted';
ALTER TABLE transfers DROP CONSTRAINT two_people_agree, DROP CONSTRAINT waiting_is_undecided,
    DROP CONSTRAINT transfer_is_decided_whole, DROP CONSTRAINT transfers_pkey,
    DROP COLUMN decided_at, DROP COLUMN decided_by, DROP COLUMN state, DROP COLUMN id,
    ADD CONSTRAINT one_order_per_transfer PRIMARY KEY (provider, bank_reference);
CREATE TRIGGER transfers_history BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

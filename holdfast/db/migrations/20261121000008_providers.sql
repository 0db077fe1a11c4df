-- migrate:up

-- Where the money of an attempt lies at its provider, if that has an id of its own: an intent inside a session,
-- a capture of an order. Refunds and disputes name it, and one charge is never two attempts'.
ALTER TABLE payment_attempts ADD COLUMN charge_ref text COLLATE "C";
ALTER TABLE payment_attempts ADD CONSTRAINT one_attempt_per_charge UNIQUE (provider, charge_ref);

-- What is set aside and to be taken when its order has come so far.
CREATE INDEX payment_attempts_set_aside ON payment_attempts (order_id) WHERE state = 'authorized';
CREATE INDEX attention_capture_failed ON attention (subject) WHERE kind = 'capture_failed';

-- Money that is set aside lets goods go, whatever was tried before.
INSERT INTO order_moves (from_state, event, to_state) VALUES
    ('pending_payment', 'authorized', 'confirmed'),
    ('payment_failed',  'authorized', 'confirmed'),
    ('expired',         'authorized', 'confirmed');

-- An event whose signature does not prove its body waits until the provider has been asked.
ALTER TABLE provider_events DROP CONSTRAINT event_state_is_known;
ALTER TABLE provider_events ADD CONSTRAINT event_state_is_known
    CHECK (state IN ('applied', 'ignored', 'unmatched', 'failed', 'unconfirmed'));
DROP INDEX provider_events_waiting;
CREATE INDEX provider_events_waiting ON provider_events (received_at)
    WHERE state IN ('unmatched', 'unconfirmed', 'failed');

-- migrate:down
DROP INDEX provider_events_waiting;
CREATE INDEX provider_events_waiting ON provider_events (received_at) WHERE state IN ('unmatched', 'failed');
ALTER TABLE provider_events DROP CONSTRAINT event_state_is_known;
ALTER TABLE provider_events ADD CONSTRAINT event_state_is_known
    CHECK (state IN ('applied', 'ignored', 'unmatched', 'failed'));
DELETE FROM order_moves WHERE event = 'authorized';
DROP INDEX attention_capture_failed;
DROP INDEX payment_attempts_set_aside;
ALTER TABLE payment_attempts DROP CONSTRAINT one_attempt_per_charge;
ALTER TABLE payment_attempts DROP COLUMN charge_ref;

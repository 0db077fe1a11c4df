-- name: record
-- The bank's reference is the key: no row comes back for a transfer that was recorded before, unless it was refused.
INSERT INTO transfers (id, provider, bank_reference, attempt_id, received_minor, currency, value_date, state,
                       recorded_by, at)
VALUES (:id, :provider, :bank_reference, :attempt_id, :received_minor, :currency, :value_date, :state,
        :recorded_by, :at)
ON CONFLICT (provider, bank_reference) WHERE state <> 'refused' DO NOTHING
RETURNING id;

-- name: find
-- Looked up before the locks: whose it is never changes.
SELECT t.id, a.order_id, t.bank_reference, t.received_minor, t.currency, t.value_date, t.state, t.recorded_by,
       t.decided_by, t.at
FROM transfers t JOIN payment_attempts a ON a.id = t.attempt_id WHERE t.id = :id;

-- name: decide
-- Once: of two who decide at the same moment the second finds nothing that waits.
UPDATE transfers SET state = :state, decided_by = :actor, decided_at = :at WHERE id = :id AND state = 'waiting';

-- name: of_order
-- By the index on their attempts.
SELECT t.id, a.order_id, t.bank_reference, t.received_minor, t.currency, t.value_date, t.state, t.recorded_by,
       t.decided_by, t.at
FROM payment_attempts a JOIN transfers t ON t.attempt_id = a.id
WHERE a.payment_id = (SELECT p.id FROM payments p WHERE p.order_id = :order_id) ORDER BY t.at, t.id;

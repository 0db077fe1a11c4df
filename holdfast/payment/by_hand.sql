-- name: cart_of
-- Looked up before the locks, which go cart first; an order never changes its cart.
SELECT cart_id FROM orders WHERE id = :order_id;

-- name: record
-- The bank's reference is the key: no row comes back for a transfer that was recorded before.
INSERT INTO transfers (provider, bank_reference, attempt_id, received_minor, currency, value_date, recorded_by, at)
VALUES (:provider, :bank_reference, :attempt_id, :received_minor, :currency, :value_date, :recorded_by, :at)
ON CONFLICT (provider, bank_reference) DO NOTHING
RETURNING received_minor;

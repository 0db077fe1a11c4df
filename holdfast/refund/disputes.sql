-- name: find_attempt
-- The provider names its own payment, or the charge in it; ours is the attempt that has it.
SELECT id AS attempt_id, order_id, live, captured_minor FROM payment_attempts
WHERE provider = :provider AND (provider_ref = :payment_ref OR charge_ref = :payment_ref)
ORDER BY id LIMIT 1;

-- name: find
-- What a dispute is about never changes; its state only under its payment's lock.
SELECT id, payment_id, attempt_id, order_id, provider, provider_ref, state, amount_minor, currency, due_at, created_at
FROM disputes WHERE id = :id;

-- name: known
-- By the provider's own id, under the payment's lock.
SELECT id, payment_id, attempt_id, order_id, provider, provider_ref, state, amount_minor, currency, due_at, created_at
FROM disputes WHERE provider = :provider AND provider_ref = :provider_ref;

-- name: create
-- Born with its first event, which the same transaction writes.
INSERT INTO disputes (id, payment_id, attempt_id, order_id, provider, provider_ref, state, amount_minor, currency,
                      due_at, created_at)
VALUES (:id, :payment_id, :attempt_id, :order_id, :provider, :provider_ref, :state, :amount_minor, :currency, :due_at,
        :created_at);

-- name: move
-- State and event in one statement; the foreign key to the table of moves has the last word.
WITH moved AS (
    UPDATE disputes SET state = :state, due_at = :due_at WHERE id = :id RETURNING id
)
INSERT INTO dispute_events (dispute_id, event, from_state, to_state, actor, at)
SELECT :id, :event, :from_state, :state, :actor, :at;

-- name: page
-- Ids sort by birth, so the id is the cursor.
SELECT id, payment_id, attempt_id, order_id, provider, provider_ref, state, amount_minor, currency, due_at, created_at
FROM disputes WHERE id < :before AND (:order_id::text IS NULL OR order_id = :order_id)
ORDER BY id DESC LIMIT :rows_max;

-- name: due_soon
-- By a partial index over the few that wait for an answer. What has just been told of is not told again.
SELECT d.id, d.due_at FROM disputes d
WHERE d.state = 'evidence_due' AND d.due_at > :at AND d.due_at <= :until
  AND NOT EXISTS (SELECT FROM dispute_events e WHERE e.dispute_id = d.id AND e.at > :told_before)
ORDER BY d.due_at LIMIT :rows_max;

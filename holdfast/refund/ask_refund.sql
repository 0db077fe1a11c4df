-- name: take_lease
-- Compare and set: one asker at a time. A refund is born without a lease: a later one means that somebody had it.
-- While a bank has not decided about its payment, one that the provider does not have waits. What a bank took of one
-- charge is not gone from another.
WITH free AS (
    SELECT id, state, lease_until > created_at AS asked_before FROM refunds
    WHERE id = :id AND state IN ('requested', 'pending') AND lease_until <= :at
    FOR NO KEY UPDATE
)
UPDATE refunds r SET lease_until = :lease_until
FROM free f, payment_attempts a, payments p
WHERE r.id = f.id AND a.id = r.attempt_id AND a.provider_ref IS NOT NULL AND p.id = r.payment_id
  AND (f.state = 'pending' OR p.disputed_minor = 0)
RETURNING r.id, r.payment_id, r.provider, f.state, a.provider_ref, a.charge_ref, a.live, r.amount_minor, r.currency,
    f.asked_before,
    a.captured_minor - coalesce((SELECT sum(d.amount_minor) FROM disputes d
                                 WHERE d.payment_id = p.id AND d.attempt_id = a.id AND d.state <> 'won'), 0)
        >= (SELECT sum(o.amount_minor) FROM refunds o
            WHERE o.payment_id = p.id AND o.attempt_id = a.id AND o.state <> 'failed') AS covered;

-- name: unfinished
-- Whoever was to ask is gone, or the provider took its time and its webhook may be lost. Those by hand are shown.
SELECT id FROM refunds
WHERE provider = ANY(:providers::text[])
  AND (state = 'requested' AND lease_until <= :silent_since
       AND NOT EXISTS (SELECT FROM payments p WHERE p.id = refunds.payment_id AND p.disputed_minor > 0)
       OR state = 'pending' AND lease_until <= :pending_since)
ORDER BY lease_until LIMIT :rows_max;

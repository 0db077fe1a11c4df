-- name: over
-- Of each charge, since a bank takes back what one charge brought; and no more than the smaller of the two, for either may
-- be told before the charge is. A refund that its provider was never asked for has not gone: it waits for the bank, or
-- fails. Its first lease, which is as old as itself, is nobody's.
SELECT p.order_id,
       coalesce((
           SELECT sum(greatest(0, least(r.refunded, d.taken, r.refunded + d.taken - a.captured_minor)))
           FROM payment_attempts a
           CROSS JOIN LATERAL (
               SELECT coalesce(sum(x.amount_minor), 0) AS refunded FROM refunds x
               WHERE x.payment_id = p.id AND x.attempt_id = a.id AND x.state <> 'failed'
                 AND (x.state <> 'requested' OR x.lease_until > x.created_at)) r
           CROSS JOIN LATERAL (
               SELECT coalesce(sum(x.amount_minor), 0) AS taken FROM disputes x
               WHERE x.payment_id = p.id AND x.attempt_id = a.id AND x.state <> 'won') d
           WHERE a.payment_id = p.id), 0)::bigint AS over_minor,
       EXISTS (SELECT FROM attention m
               WHERE m.kind = 'given_back_twice' AND m.subject = p.id AND m.resolved_at IS NULL) AS told
FROM payments p WHERE p.id = :payment_id;

-- name: over
-- Of each charge, since a bank takes back what one charge brought. A refund that its provider was never asked for has not
-- gone: it waits for the bank, or fails. Its first lease, which is as old as itself, is nobody's.
SELECT p.order_id,
       coalesce((SELECT sum(greatest(0,
           coalesce((SELECT sum(r.amount_minor) FROM refunds r
                     WHERE r.payment_id = p.id AND r.attempt_id = a.id AND r.state <> 'failed'
                       AND (r.state <> 'requested' OR r.lease_until > r.created_at)), 0)
           + coalesce((SELECT sum(d.amount_minor) FROM disputes d
                       WHERE d.payment_id = p.id AND d.attempt_id = a.id AND d.state <> 'won'), 0)
           - a.captured_minor)) FROM payment_attempts a WHERE a.payment_id = p.id), 0)::bigint AS over_minor,
       EXISTS (SELECT FROM attention m
               WHERE m.kind = 'given_back_twice' AND m.subject = p.id AND m.resolved_at IS NULL) AS told
FROM payments p WHERE p.id = :payment_id;

-- name: over
-- A refund that its provider was never asked for has not gone: it waits for the bank, or fails. Its first lease, which
-- is as old as itself, is nobody's.
SELECT p.order_id,
       (coalesce((SELECT sum(r.amount_minor) FROM refunds r
                  WHERE r.payment_id = p.id AND r.state <> 'failed'
                    AND (r.state <> 'requested' OR r.lease_until > r.created_at)), 0)
        + p.disputed_minor + p.lost_minor - p.captured_minor)::bigint AS over_minor,
       EXISTS (SELECT FROM attention m
               WHERE m.kind = 'given_back_twice' AND m.subject = p.id AND m.resolved_at IS NULL) AS told
FROM payments p WHERE p.id = :payment_id;

-- name: expiring
-- Asked in the grace between what the buyer sees and what counts; settled attempts are not in the partial index.
-- Where the units were let go before there is nothing to drop, and the attempt is polled like any other.
SELECT a.id FROM payment_attempts a
JOIN holds h ON h.order_id = a.order_id
JOIN orders o ON o.id = a.order_id
WHERE a.poll_at IS NOT NULL AND h.expires_at <= :at AND o.state IN ('pending_payment', 'payment_failed')
  AND a.state IN ('intended', 'pending', 'requires_action')
  AND EXISTS (SELECT FROM hold_lines l WHERE l.hold_id = h.id AND l.state = 'active')
ORDER BY h.expires_at LIMIT :rows_max;

-- name: unpaid
-- By a partial index over unpaid orders; those that hold units expire with them.
SELECT id FROM orders
WHERE unpaid_until <= :at AND state IN ('pending_payment', 'payment_failed', 'expired')
  AND NOT EXISTS (SELECT FROM holds h JOIN hold_lines l ON l.hold_id = h.id
                  WHERE h.order_id = orders.id AND l.state = 'active')
ORDER BY unpaid_until LIMIT :rows_max;

-- name: holding
-- Asked again under the orders' locks: a buyer may have taken units while we came for them.
SELECT DISTINCT h.order_id FROM holds h JOIN hold_lines l ON l.hold_id = h.id
WHERE h.order_id = ANY(:order_ids::text[]) AND l.state = 'active';

-- name: cart_of
-- Looked up before the locks, which go cart first; an order never changes its cart.
SELECT cart_id FROM orders WHERE id = :order_id;

-- name: needs
-- Demand is summed per SKU first.
SELECT sku, sum(quantity)::bigint AS quantity FROM order_lines
WHERE order_id = :order_id AND tracked GROUP BY sku ORDER BY sku;

-- name: intended
-- Committed, and not yet known at the provider. By the payment: attempts have no index by order.
SELECT a.id FROM payments p JOIN payment_attempts a ON a.payment_id = p.id
WHERE p.order_id = :order_id AND a.state = 'intended' AND NOT a.superseded ORDER BY a.id;

-- name: unsettled
-- Whatever may still change, superseded or not: its money would be real.
SELECT a.id FROM payments p JOIN payment_attempts a ON a.payment_id = p.id
WHERE p.order_id = :order_id AND a.state IN ('intended', 'pending', 'requires_action', 'authorized') ORDER BY a.id;

-- name: number
-- What people call the order by.
SELECT number FROM orders WHERE id = :order_id;

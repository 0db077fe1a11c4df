-- name: cart_of
-- Looked up before the locks, which go cart first; an order never changes its cart.
SELECT cart_id FROM orders WHERE id = :order_id;

-- name: needs
-- Demand is summed per SKU first.
SELECT sku, sum(quantity)::bigint AS quantity FROM order_lines
WHERE order_id = :order_id AND tracked GROUP BY sku ORDER BY sku;

-- name: intended
-- Committed, and not yet known at the provider.
SELECT id FROM payment_attempts WHERE order_id = :order_id AND state = 'intended' AND NOT superseded ORDER BY id;

-- name: unsettled
-- Whatever may still change, superseded or not: its money would be real.
SELECT id FROM payment_attempts
WHERE order_id = :order_id AND state IN ('intended', 'pending', 'requires_action', 'authorized') ORDER BY id;

-- name: number
-- What people call the order by.
SELECT number FROM orders WHERE id = :order_id;

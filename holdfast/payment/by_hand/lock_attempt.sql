-- name: cart_of
-- Looked up before the locks, which go cart first; an order never changes its cart.
SELECT cart_id FROM orders WHERE id = :order_id;

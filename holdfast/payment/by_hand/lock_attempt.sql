-- name: carts_of
-- Looked up before the locks, which go cart first; an order never changes its cart.
SELECT DISTINCT cart_id FROM orders WHERE id = ANY(:order_ids::text[]) AND cart_id IS NOT NULL ORDER BY cart_id;

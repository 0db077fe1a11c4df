-- name: checkout
-- Looked up before the locks, which go cart first.
SELECT cart_id, state, expires_at FROM checkouts WHERE id = :id;

-- name: lock
-- After its cart.
SELECT cart_id, state, expires_at FROM checkouts WHERE id = :id FOR NO KEY UPDATE;

-- name: tabs
-- Open checkouts of one cart belong to one buyer; the cart's lock keeps them as they are.
SELECT id FROM checkouts WHERE cart_id = ANY(:cart_ids::text[]) AND state = 'open';

-- name: owner
-- An order's hold is let go by cancelling the order.
SELECT checkout_id FROM holds WHERE id = :hold_id AND order_id IS NULL;

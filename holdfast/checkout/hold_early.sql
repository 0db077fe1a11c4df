-- name: checkouts
-- Looked up before the locks, which go cart first; the cart of a checkout never changes.
SELECT id, cart_id FROM checkouts WHERE id = ANY(:ids::text[]);

-- name: lock
-- After their carts, sorted.
SELECT id, cart_id, state, expires_at FROM checkouts WHERE id = ANY(:ids::text[]) ORDER BY id FOR NO KEY UPDATE;

-- name: tabs
-- Open checkouts of one cart belong to one buyer; the cart's lock keeps them as they are.
SELECT id, cart_id FROM checkouts WHERE cart_id = ANY(:cart_ids::text[]) AND state = 'open';

-- name: owner
-- An order's hold is let go by cancelling the order.
SELECT checkout_id FROM holds WHERE id = :hold_id AND order_id IS NULL;

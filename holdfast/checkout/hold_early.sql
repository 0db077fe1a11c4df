-- name: checkouts
-- Looked up before the locks, which go cart first; the cart of a checkout never changes.
SELECT id, cart_id FROM checkouts WHERE id = ANY(:ids::text[]);

-- name: lock
-- After their carts, sorted.
SELECT id, cart_id, state, email, expires_at FROM checkouts WHERE id = ANY(:ids::text[]) ORDER BY id FOR NO KEY UPDATE;

-- name: tabs
-- Open checkouts of one cart, and of those merged into it, belong to one buyer; the cart's lock keeps them as they are.
WITH RECURSIVE family AS (
    SELECT id, id AS lives_in FROM carts WHERE id = ANY(:cart_ids::text[])
    UNION ALL
    SELECT c.id, f.lives_in FROM family f JOIN carts c ON c.merged_into = f.id
)
SELECT x.id, f.lives_in AS cart_id FROM family f
CROSS JOIN LATERAL (SELECT id FROM checkouts WHERE cart_id = f.id AND state = 'open' OFFSET 0) x;

-- name: owner
-- An order's hold is let go by cancelling the order.
SELECT h.checkout_id, k.customer_id FROM holds h JOIN checkouts c ON c.id = h.checkout_id JOIN carts k ON k.id = c.cart_id
WHERE h.id = :hold_id AND h.order_id IS NULL;

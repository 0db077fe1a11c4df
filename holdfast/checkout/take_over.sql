-- name: carts_of
-- Looked up before the locks, which go cart first; a checkout never changes its cart.
SELECT id, cart_id FROM checkouts WHERE id = ANY(:ids::text[]);

-- name: lock_checkouts
-- After their carts, sorted.
SELECT id, cart_id, state, email, shipping_address, billing_address, shipping_option, payment_method, expires_at
FROM checkouts WHERE id = ANY(:ids::text[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: open_of
-- Any of them may hold units early; the cart's lock keeps it so.
SELECT id, cart_id FROM checkouts WHERE cart_id = ANY(:cart_ids::text[]) AND state = 'open';

-- name: orders_of
-- Under the checkout's lock: a second completion finds the first one's order.
SELECT checkout_id, id AS order_id FROM orders WHERE checkout_id = ANY(:ids::text[]);

-- name: complete
-- Before its order is written, whose unique checkout makes sure that there is one.
UPDATE checkouts SET state = 'completed' WHERE id = ANY(:ids::text[]) RETURNING id;

-- name: merged_into
-- Carts that were merged into these (locked) ones, over any number of merges; who merges locks both.
WITH RECURSIVE family AS (
    SELECT c.id, c.merged_into AS lives_in FROM carts c WHERE c.merged_into = ANY(:ids::text[])
    UNION ALL
    SELECT c.id, f.lives_in FROM family f JOIN carts c ON c.merged_into = f.id
)
SELECT id, lives_in FROM family;

-- name: unpaid_of
-- By the partial unique index there is at most one per cart (of a cart and those merged into it: one each); the
-- cart's lock keeps it so.
SELECT cart_id, id AS order_id FROM orders
WHERE cart_id = ANY(:cart_ids::text[]) AND state IN ('pending_payment', 'payment_failed', 'expired');

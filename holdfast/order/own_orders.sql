-- name: cart
-- Whose it is stands in the WHERE.
SELECT EXISTS (SELECT FROM carts WHERE id = :id AND customer_id = :user_id);

-- name: checkout
-- A checkout is of whose cart it is.
SELECT EXISTS (SELECT FROM checkouts x JOIN carts c ON c.id = x.cart_id WHERE x.id = :id AND c.customer_id = :user_id);

-- name: order
-- Placed while logged in, or as a guest under an address that is proved today.
SELECT EXISTS (
    SELECT FROM orders o JOIN users u ON u.id = :user_id
    WHERE o.id = :id
      AND (o.customer_id = u.id
           OR (o.customer_id IS NULL AND u.email_verified_at IS NOT NULL AND lower(o.email) = lower(u.email)))
);

-- name: page
-- Two walks along two indexes, each no longer than the page; ids sort by birth, so the id is the cursor.
WITH own AS (
    (SELECT o.id FROM orders o
     WHERE o.customer_id = :user_id AND o.id < :before
     ORDER BY o.id DESC LIMIT :rows_max)
    UNION ALL
    (SELECT o.id FROM users u JOIN orders o ON lower(o.email) = lower(u.email)
     WHERE u.id = :user_id AND u.email_verified_at IS NOT NULL AND o.customer_id IS NULL AND o.id < :before
     ORDER BY o.id DESC LIMIT :rows_max)
)
SELECT o.id, o.number, o.status, o.state, o.currency, o.total_minor, o.email, o.reference, o.placed_at,
       o.payment_method, p.state AS payment_state
FROM own JOIN orders o ON o.id = own.id JOIN payments p ON p.order_id = o.id
ORDER BY o.id DESC LIMIT :rows_max;

-- name: claim
-- Whose the address is stands in the WHERE, locked so that it stays it; sorted before they are locked, like all orders.
WITH owner AS (
    SELECT email FROM users WHERE id = :user_id AND email_verified_at IS NOT NULL FOR NO KEY UPDATE
), theirs AS (
    SELECT o.id FROM owner u JOIN orders o ON lower(o.email) = lower(u.email)
    WHERE o.customer_id IS NULL ORDER BY o.id FOR NO KEY UPDATE OF o
)
UPDATE orders o SET customer_id = :user_id FROM theirs WHERE o.id = theirs.id;

-- name: claim_unpaid
-- A cart's secret opens no order that was paid, with its address; of unpaid ones there is one per cart, which is locked.
WITH theirs AS (
    SELECT o.id FROM orders o JOIN carts c ON c.id = o.cart_id AND c.customer_id = :user_id
    WHERE o.cart_id = ANY(:cart_ids::text[]) AND o.state IN ('pending_payment', 'payment_failed', 'expired')
      AND o.customer_id IS NULL
    ORDER BY o.id FOR NO KEY UPDATE OF o
)
UPDATE orders o SET customer_id = :user_id FROM theirs WHERE o.id = theirs.id;

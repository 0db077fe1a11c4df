-- name: lock_customer
-- Before any cart: who logs in twice at once finds one cart of their own.
SELECT email FROM users WHERE id = :id FOR NO KEY UPDATE;

-- name: newest
-- The one with something in it that was begun last; ids sort by birth.
SELECT c.id FROM carts c
WHERE c.customer_id = :customer_id AND c.state = 'open' AND c.currency = :currency
  AND EXISTS (SELECT FROM cart_lines l WHERE l.cart_id = c.id)
ORDER BY c.id DESC LIMIT 1;

-- name: family
-- The cart, and those that were merged into it over any number of merges: checkouts and orders still name them.
WITH RECURSIVE family AS (
    SELECT id FROM carts WHERE id = :cart_id
    UNION ALL
    SELECT c.id FROM family f JOIN carts c ON c.merged_into = f.id
)
SELECT id FROM family;

-- name: held
-- A buyer is not bounded by what they hold themselves: lines that count, of early holds and of unpaid orders.
WITH RECURSIVE family AS (
    SELECT id FROM carts WHERE id = ANY(:cart_ids::text[])
    UNION
    SELECT c.id FROM family f JOIN carts c ON c.merged_into = f.id
), mine AS (
    SELECT h.id, h.order_id FROM family f
    JOIN orders o ON o.cart_id = f.id AND o.state IN ('pending_payment', 'payment_failed', 'expired')
    JOIN holds h ON h.order_id = o.id
    UNION
    SELECT h.id, h.order_id FROM family f
    CROSS JOIN LATERAL (SELECT id FROM checkouts WHERE cart_id = f.id AND state = 'open' OFFSET 0) x
    JOIN holds h ON h.checkout_id = x.id
)
SELECT coalesce(m.order_id, m.id) AS counted_as, l.sku, sum(l.quantity)::bigint AS quantity
FROM mine m JOIN hold_lines l ON l.hold_id = m.id
WHERE l.state = 'active' AND l.drops_at > :at
GROUP BY counted_as, l.sku;

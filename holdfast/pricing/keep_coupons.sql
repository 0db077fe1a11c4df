-- name: terms
-- Read before anything is locked: whoever changes a coupon meanwhile comes after the order.
SELECT code, kind, currency, percent_bp, amount_minor, subtotal_min_minor, starts_at, ends_at, uses_max,
       uses_per_buyer_max, combinable, active
FROM coupons WHERE code = ANY(:codes::text[]);

-- name: used_up
-- To show, not to promise. What is used by unpaid orders of a cart, and of those merged into it, is free for the order
-- that replaces them.
WITH RECURSIVE family AS (
    SELECT id AS lives_in, id FROM carts WHERE id = ANY(:cart_ids::text[])
    UNION ALL
    SELECT f.lives_in, c.id FROM family f JOIN carts c ON c.merged_into = f.id
)
SELECT w.cart_id, c.code
FROM unnest(:cart_ids::text[], :codes::text[]) AS w(cart_id, code)
JOIN coupons c ON c.code = w.code AND c.uses >= c.uses_max
WHERE NOT EXISTS (
    SELECT FROM family f
    JOIN orders o ON o.cart_id = f.id AND o.state IN ('pending_payment', 'payment_failed', 'expired')
    JOIN coupon_uses u ON u.order_id = o.id AND u.code = c.code
    WHERE f.lives_in = w.cart_id);

-- name: lock
-- After the stock, in the order of the codes; those of orders that are about to end, too, since their uses go back.
SELECT c.code, c.uses, c.uses_max, c.uses_per_buyer_max FROM coupons c
WHERE c.code = ANY(:codes::text[])
   OR c.code IN (SELECT code FROM coupon_uses WHERE order_id = ANY(:ending::text[]) AND state = 'counted')
ORDER BY c.code FOR NO KEY UPDATE;

-- name: used_by
-- A statement of its own after the lock, so that it sees what those who were waited for have used. From each buyer to
-- the orders by the primary key.
SELECT b.code, b.buyer, b.order_id
FROM unnest(:codes::text[], :buyers::text[]) AS w(code, buyer)
JOIN coupon_buyers b ON b.code = w.code AND b.buyer = w.buyer
JOIN coupon_uses u ON u.code = b.code AND u.order_id = b.order_id AND u.state <> 'given_back';

-- name: used_in
-- What is free again once these end, by the index on orders.
SELECT code, order_id FROM coupon_uses WHERE order_id = ANY(:order_ids::text[]) AND state = 'counted';

-- name: count
-- Together with the orders they name; the coupons are locked, and the constraint says that the last use goes once.
WITH used AS (
    INSERT INTO coupon_uses (code, order_id, kind, discount_minor, state, placed_at)
    SELECT n.code, n.order_id, n.kind, n.discount, 'counted', :used_at
    FROM unnest(:used_codes::text[], :used_in::text[], :used_kinds::text[], :used_discounts::bigint[])
         AS n(code, order_id, kind, discount)
    ORDER BY n.code, n.order_id
    RETURNING code, order_id
), users AS (
    INSERT INTO coupon_buyers (code, buyer, order_id)
    SELECT n.code, n.buyer, n.order_id
    FROM unnest(:taken_codes::text[], :buyers::text[], :taken_in::text[]) AS n(code, buyer, order_id)
    ORDER BY n.code, n.buyer, n.order_id
)
UPDATE coupons c SET uses = c.uses + u.uses
FROM (SELECT code, count(*) AS uses FROM used GROUP BY code) u WHERE c.code = u.code
RETURNING c.code;

-- name: also_used_by
-- A guest's uses by orders that are unpaid, from the carts, which are locked; the guest stays counted too.
INSERT INTO coupon_buyers (code, buyer, order_id)
SELECT DISTINCT b.code, :buyer, b.order_id FROM orders o JOIN coupon_buyers b ON b.order_id = o.id
WHERE o.cart_id = ANY(:cart_ids::text[]) AND o.state IN ('pending_payment', 'payment_failed', 'expired')
  AND o.customer_id IS NULL
ORDER BY b.code, b.order_id
ON CONFLICT (code, buyer, order_id) DO NOTHING;

-- name: end_uses
-- Once: a use that counts no more is not found again. The orders and the coupons are locked.
WITH ended AS (
    UPDATE coupon_uses SET state = CASE WHEN order_id = ANY(:keeping::text[]) THEN 'kept' ELSE 'given_back' END
    WHERE order_id = ANY(:order_ids::text[]) AND state = 'counted'
    RETURNING code, state
)
UPDATE coupons c SET uses = c.uses - e.uses
FROM (SELECT code, count(*) AS uses FROM ended WHERE state = 'given_back' GROUP BY code) e WHERE c.code = e.code;

-- name: set
-- What was used stays counted. A limit below it would be broken already.
INSERT INTO coupons AS c (code, kind, currency, percent_bp, amount_minor, subtotal_min_minor, starts_at, ends_at, uses_max,
                          uses_per_buyer_max, combinable, active, created_at)
VALUES (:code, :kind, :currency, :percent_bp, :amount_minor, :subtotal_min_minor, :starts_at, :ends_at, :uses_max,
        :uses_per_buyer_max, :combinable, :active, :at)
ON CONFLICT (code) DO UPDATE SET
    kind = excluded.kind, currency = excluded.currency, percent_bp = excluded.percent_bp,
    amount_minor = excluded.amount_minor, subtotal_min_minor = excluded.subtotal_min_minor,
    starts_at = excluded.starts_at, ends_at = excluded.ends_at, uses_max = excluded.uses_max,
    uses_per_buyer_max = excluded.uses_per_buyer_max, combinable = excluded.combinable, active = excluded.active
WHERE excluded.uses_max IS NULL OR c.uses <= excluded.uses_max
RETURNING c.uses;

-- name: page
-- By code, which is the cursor.
SELECT code, kind, currency, percent_bp, amount_minor, subtotal_min_minor, starts_at, ends_at, uses_max,
       uses_per_buyer_max, combinable, active, uses
FROM coupons WHERE code > :after ORDER BY code LIMIT :rows_max;

-- name: uses
-- What explains the number of uses, by the primary key.
SELECT order_id, kind, discount_minor, state, placed_at FROM coupon_uses
WHERE code = :code AND order_id < :before ORDER BY order_id DESC LIMIT :rows_max;

-- name: create
-- The id was minted by us, so that a commit whose answer was lost is recognised by it.
INSERT INTO carts (id, currency, customer_id, created_at, updated_at) VALUES (:id, :currency, :customer_id, :at, :at);

-- name: read
-- One statement, so that a reader never sees a cart between two others; an empty one answers a row without a line.
WITH RECURSIVE trail AS (
    SELECT id, merged_into FROM carts WHERE id = :id
    UNION ALL
    SELECT c.id, c.merged_into FROM trail t JOIN carts c ON c.id = t.merged_into
)
SELECT c.id, c.currency, c.customer_id, c.coupons, l.sku, l.quantity, c.notes
FROM carts c LEFT JOIN cart_lines l ON l.cart_id = c.id
WHERE c.id = (SELECT id FROM trail WHERE merged_into IS NULL)
ORDER BY l.added_at, l.sku;

-- name: lock
-- merged_into never changes again, so the trail needs no lock; its end may become merged while we wait.
WITH RECURSIVE trail AS (
    SELECT id AS asked, id, merged_into FROM carts WHERE id = ANY(:cart_ids::text[])
    UNION ALL
    SELECT t.asked, c.id, c.merged_into FROM trail t JOIN carts c ON c.id = t.merged_into
)
SELECT t.asked, c.id, c.currency, c.state, c.customer_id, c.coupons
FROM carts c JOIN trail t ON t.id = c.id AND t.merged_into IS NULL
ORDER BY c.id
FOR NO KEY UPDATE OF c;

-- name: lines
-- A statement of its own after the lock: it sees what was written by those whom we waited for.
SELECT cart_id, sku, quantity FROM cart_lines
WHERE cart_id = ANY(:cart_ids::text[])
ORDER BY cart_id, added_at, sku;

-- name: write
-- Quantities are set, not added: the carts' locks are held since their lines were read. Who changes a cart has seen
-- what merging noted.
WITH gone AS (
    DELETE FROM cart_lines l USING unnest(:gone_from::text[], :gone::text[]) AS g(cart_id, sku)
    WHERE l.cart_id = g.cart_id AND l.sku = g.sku
), kept AS (
    INSERT INTO cart_lines (cart_id, sku, quantity, added_at)
    SELECT w.cart_id, w.sku, w.quantity, :at
    FROM unnest(:put_into::text[], :skus::text[], :quantities::bigint[]) AS w(cart_id, sku, quantity)
    ORDER BY w.cart_id, w.sku
    ON CONFLICT (cart_id, sku) DO UPDATE SET quantity = excluded.quantity
)
UPDATE carts SET updated_at = :at, notes = CASE WHEN :dismiss_notes::boolean THEN NULL ELSE notes END
WHERE id = ANY(:cart_ids::text[]);

-- name: close
-- Once: both carts were locked while they were open. Notes of earlier merges, of either, stay until the owner changes
-- something.
WITH closed AS (
    UPDATE carts SET state = 'merged', merged_into = :merged_into WHERE id = :id AND state = 'open' RETURNING notes
)
UPDATE carts c SET notes = nullif(coalesce(c.notes, '[]') || coalesce(s.notes, '[]') || :notes::jsonb, '[]'),
    coupons = :coupons::text[], updated_at = :at
FROM closed s WHERE c.id = :merged_into;

-- name: enter
-- Set, not added: the cart's lock is held since they were read.
UPDATE carts SET coupons = :coupons::text[], updated_at = :at WHERE id = :id;

-- name: belong
-- Carts that were merged before are the customer's too, since checkouts still name them; somebody else's never are.
UPDATE carts SET customer_id = :customer_id WHERE id = ANY(:cart_ids::text[]) AND customer_id IS NULL;

-- name: clear_bought
-- Sums per SKU, because an order may name one twice; what was added to a line since stays. Coupons that were used go.
WITH RECURSIVE trail AS (
    SELECT o.id AS order_id, c.id, c.merged_into FROM orders o JOIN carts c ON c.id = o.cart_id
    WHERE o.id = ANY(:order_ids::text[])
    UNION ALL
    SELECT t.order_id, c.id, c.merged_into FROM trail t JOIN carts c ON c.id = t.merged_into
), bought AS (
    SELECT t.id AS cart_id, l.sku, sum(l.quantity)::bigint AS quantity
    FROM trail t JOIN order_lines l ON l.order_id = t.order_id
    WHERE t.merged_into IS NULL
    GROUP BY t.id, l.sku
), gone AS (
    DELETE FROM cart_lines c USING bought b
    WHERE c.cart_id = b.cart_id AND c.sku = b.sku AND c.quantity <= b.quantity
), fewer AS (
    UPDATE cart_lines c SET quantity = c.quantity - b.quantity FROM bought b
    WHERE c.cart_id = b.cart_id AND c.sku = b.sku AND c.quantity > b.quantity
)
UPDATE carts c SET updated_at = :at, coupons = ARRAY(
    SELECT code FROM unnest(c.coupons) WITH ORDINALITY AS entered(code, place)
    WHERE code <> ALL (ARRAY(SELECT u.code FROM trail t JOIN coupon_uses u ON u.order_id = t.order_id WHERE t.id = c.id))
    ORDER BY place)
WHERE id IN (SELECT cart_id FROM bought);

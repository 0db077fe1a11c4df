-- name: lock
-- Who buys the same limited goods as the same buyer waits; advisory, since a first purchase has no row yet. Sorted, and
-- two pairs that share a number only wait for each other in vain.
SELECT pg_advisory_xact_lock(number)
FROM (SELECT DISTINCT hashtextextended(w.buyer || ' ' || w.sku, 0) AS number
      FROM unnest(:skus::text[], :buyers::text[]) AS w(sku, buyer)
      ORDER BY number) sorted;

-- name: limits
-- After the lock: what counts is the limit as it is now, not as it was remembered.
SELECT sku, units_max, hours FROM purchase_limits WHERE sku = ANY(:skus::text[]);

-- name: bought
-- A statement of its own after the lock, so that it sees what those who were waited for have bought. From the pairs to
-- their purchases by the primary key; what is held and no order yet counts by the hold's own living lines.
SELECT p.sku, p.buyer, p.order_id, p.quantity
FROM unnest(:skus::text[], :buyers::text[]) AS w(sku, buyer)
JOIN purchase_limits l ON l.sku = w.sku
JOIN purchases p ON p.sku = w.sku AND p.buyer = w.buyer AND p.placed_at > :at::timestamptz - make_interval(hours => l.hours)
JOIN orders o ON o.id = p.order_id AND o.state <> 'cancelled'
    AND (o.state <> 'archived' OR o.goods_out)
UNION ALL
SELECT w.sku, w.buyer, h.id, sum(x.quantity)::bigint
FROM unnest(:skus::text[], :buyers::text[]) AS w(sku, buyer)
JOIN hold_buyers b ON b.buyer = w.buyer AND b.until > :at::timestamptz
JOIN holds h ON h.id = b.hold_id AND h.order_id IS NULL
JOIN hold_lines x ON x.hold_id = h.id AND x.sku = w.sku AND x.state = 'active' AND x.drops_at > :at::timestamptz
GROUP BY w.sku, w.buyer, h.id;

-- name: record
-- Together with the orders they name.
INSERT INTO purchases (sku, buyer, order_id, quantity, placed_at)
SELECT n.sku, n.buyer, n.order_id, n.quantity, :at
FROM unnest(:bought_skus::text[], :bought_by::text[], :bought_in::text[], :bought_units::bigint[])
     AS n(sku, buyer, order_id, quantity)
ORDER BY n.sku, n.buyer, n.order_id
RETURNING order_id;

-- name: hold_for
-- Together with the holds they name; a hold that is extended counts for longer.
INSERT INTO hold_buyers (hold_id, buyer, until)
SELECT n.hold_id, n.buyer, n.until
FROM unnest(:hold_ids::text[], :buyers::text[], :untils::timestamptz[]) AS n(hold_id, buyer, until)
ORDER BY n.hold_id, n.buyer
ON CONFLICT (hold_id, buyer) DO UPDATE SET until = excluded.until;

-- name: counted_unpaid
-- From the carts, which are locked, to their unpaid orders and early holds; sorted, as the buyers are locked.
SELECT p.sku FROM orders o JOIN purchases p ON p.order_id = o.id
WHERE o.cart_id = ANY(:cart_ids::text[]) AND o.state IN ('pending_payment', 'payment_failed', 'expired')
  AND o.customer_id IS NULL
UNION
SELECT l.sku FROM checkouts x JOIN holds h ON h.checkout_id = x.id AND h.order_id IS NULL
JOIN hold_buyers b ON b.hold_id = h.id
JOIN hold_lines l ON l.hold_id = h.id
JOIN purchase_limits p ON p.sku = l.sku
WHERE x.cart_id = ANY(:cart_ids::text[]) AND x.state = 'open'
ORDER BY sku;

-- name: also_bought_by
-- Each of an order's buyers has a row of the same units; the guest stays counted too.
INSERT INTO purchases (sku, buyer, order_id, quantity, placed_at)
SELECT DISTINCT p.sku, :buyer, p.order_id, p.quantity, p.placed_at
FROM orders o JOIN purchases p ON p.order_id = o.id
WHERE o.cart_id = ANY(:cart_ids::text[]) AND o.state IN ('pending_payment', 'payment_failed', 'expired')
  AND o.customer_id IS NULL
ORDER BY p.sku, p.order_id
ON CONFLICT (sku, buyer, order_id) DO NOTHING;

-- name: also_held_for
-- The same of early holds.
INSERT INTO hold_buyers (hold_id, buyer, until)
SELECT b.hold_id, :buyer, max(b.until)
FROM checkouts x JOIN holds h ON h.checkout_id = x.id AND h.order_id IS NULL
JOIN hold_buyers b ON b.hold_id = h.id
WHERE x.cart_id = ANY(:cart_ids::text[]) AND x.state = 'open'
GROUP BY b.hold_id ORDER BY b.hold_id
ON CONFLICT (hold_id, buyer) DO NOTHING;

-- name: sweep
-- By the index on the end.
DELETE FROM hold_buyers WHERE until < :before;

-- name: page
-- Few goods are limited.
SELECT sku, units_max, hours FROM purchase_limits ORDER BY sku;

-- name: skus
-- What every process remembers.
SELECT sku FROM purchase_limits ORDER BY sku;

-- name: limit_to
-- Only a SKU that exists; a second limit takes the place of the first.
INSERT INTO purchase_limits (sku, units_max, hours)
SELECT v.sku, :units_max, :hours FROM variants v WHERE v.sku = :sku
ON CONFLICT (sku) DO UPDATE SET units_max = excluded.units_max, hours = excluded.hours
RETURNING sku, units_max, hours;

-- name: lift
-- What was bought stays counted, for a limit that comes again.
DELETE FROM purchase_limits WHERE sku = :sku RETURNING sku;

-- name: tell
-- Every process reads again which SKUs are limited when this commits.
SELECT pg_notify('holdfast_changed', 'purchase_limits');

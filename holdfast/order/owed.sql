-- name: owing
-- By the partial index over lines that are owed something.
SELECT DISTINCT l.order_id FROM order_lines l JOIN orders o ON o.id = l.order_id
WHERE l.sku = :sku AND l.owed > 0 AND o.state = 'awaiting_stock';

-- name: skus
-- By the same index: a shop owes little.
SELECT DISTINCT l.sku FROM order_lines l JOIN orders o ON o.id = l.order_id
WHERE l.owed > 0 AND o.state = 'awaiting_stock';

-- name: lines
-- Ids sort by birth: who paid first is served first.
SELECT order_id, position, owed FROM order_lines
WHERE order_id = ANY(:order_ids::text[]) AND sku = :sku AND owed > 0
ORDER BY order_id, position;

-- name: fill
-- The units are committed in the same transaction.
UPDATE order_lines SET owed = owed - :units WHERE order_id = :order_id AND position = :position;

-- name: still_owed
-- An order moves on when none of its lines is owed anything.
SELECT DISTINCT order_id FROM order_lines WHERE order_id = ANY(:order_ids::text[]) AND owed > 0;

-- name: owe
-- What is owed of a SKU is spread over the order's lines of it, first lines first.
UPDATE order_lines l SET owed = s.owed
FROM (
    SELECT x.order_id, x.position,
           greatest(0, least(x.quantity, m.quantity - coalesce(sum(x.quantity) OVER (
               PARTITION BY x.order_id, x.sku ORDER BY x.position
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))::bigint AS owed
    FROM order_lines x
    JOIN holds h ON h.order_id = x.order_id AND h.id = :hold_id
    JOIN unnest(:skus::text[], :quantities::bigint[]) AS m(sku, quantity) ON m.sku = x.sku
    WHERE x.tracked
) s
WHERE l.order_id = s.order_id AND l.position = s.position;

-- name: lines
-- Under the order's lock, which every writer of its lines takes.
SELECT l.position, l.sku, l.tracked, l.quantity, l.owed, l.cancelled, l.refunded, l.returned, l.packed, l.total_minor,
       l.discount_minor, l.tax_minor, o.tax_inclusive
FROM order_lines l JOIN orders o ON o.id = l.order_id
WHERE l.order_id = :order_id ORDER BY l.position;

-- name: cancel
-- Counter and history in one statement; the constraints of the line have the last word.
WITH gone AS (
    SELECT * FROM unnest(:positions::int[], :quantities::bigint[], :owed::bigint[], :worths::bigint[])
        AS u(position, quantity, owed, worth)
), history AS (
    INSERT INTO order_cancellations (order_id, position, quantity, worth_minor, reason, actor, at)
    SELECT :order_id, position, quantity, worth, :reason, :actor, :at FROM gone
)
UPDATE order_lines l SET cancelled = l.cancelled + g.quantity, owed = l.owed - g.owed
FROM gone g WHERE l.order_id = :order_id AND l.position = g.position;

-- name: refund
-- The history of it is the refund's lines.
UPDATE order_lines l SET refunded = l.refunded + u.quantity
FROM unnest(:positions::int[], :quantities::bigint[]) AS u(position, quantity)
WHERE l.order_id = :order_id AND l.position = u.position;

-- name: come_back
-- The lines of returns say which; the constraint of the line has the last word.
UPDATE order_lines l SET returned = l.returned + u.quantity
FROM unnest(:positions::int[], :quantities::bigint[]) AS u(position, quantity)
WHERE l.order_id = :order_id AND l.position = u.position;

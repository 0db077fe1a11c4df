-- name: lines
-- All lines of all asked orders at once, in their order; what was cancelled of a line is not its any more.
SELECT order_id, position, sku, tracked, quantity - cancelled AS quantity, owed, packed, shipped, vendor_id
FROM order_lines
WHERE order_id = ANY(:order_ids::text[])
ORDER BY order_id, position;

-- name: count
-- Differences, summed per line before: a row is written once by a statement.
UPDATE order_lines l SET packed = l.packed + c.packed, shipped = l.shipped + c.shipped
FROM unnest(:order_ids::text[], :positions::int[], :packed::bigint[], :shipped::bigint[])
    AS c(order_id, position, packed, shipped)
WHERE l.order_id = c.order_id AND l.position = c.position;

-- name: needs
-- Demand is summed per SKU first: one order may have a SKU on several lines.
SELECT order_id, sku, sum(quantity - cancelled)::bigint AS quantity FROM order_lines
WHERE order_id = ANY(:order_ids::text[]) AND tracked
GROUP BY order_id, sku ORDER BY order_id, sku;

-- name: tracked
-- Whatever is missing here cannot have stock.
SELECT v.sku, l.low_at FROM variants v LEFT JOIN stock_levels l ON l.sku = v.sku
WHERE v.sku = ANY(:skus::text[]) AND v.tracked
ORDER BY v.sku;

-- name: look
-- As they are locked for the deed, but without a lock; holds past their moment promise nothing.
SELECT s.sku, s.location_id, s.on_hand, s.committed, (s.held - coalesce((
           SELECT sum(l.quantity) FROM hold_lines l
           WHERE l.sku = s.sku AND l.location_id = s.location_id AND l.state = 'active' AND l.drops_at <= :at), 0)
       )::bigint AS held, s.backorder_limit, s.turn
FROM stock s WHERE s.sku = ANY(:skus::text[])
ORDER BY s.sku, s.location_id;

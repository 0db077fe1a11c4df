-- name: write_limits
-- A shortfall is raised to what is promised beyond the new limit; the trigger lowers it where that is less.
UPDATE stock s
SET backorder_limit = w.backorder_limit, shortfall = greatest(0, s.held + s.committed - s.on_hand - w.backorder_limit)
FROM unnest(:skus::text[], :location_ids::text[], :limits::bigint[]) AS w(sku, location_id, backorder_limit)
WHERE s.sku = w.sku AND s.location_id = w.location_id;

-- name: owed
-- By the partial index over lines that are owed something.
SELECT DISTINCT sku FROM order_lines WHERE sku = ANY(:skus::text[]) AND owed > 0 ORDER BY sku;

-- name: unknown
-- Whatever is not a tracked SKU.
SELECT w.sku FROM unnest(:skus::text[]) AS w(sku)
WHERE NOT EXISTS (SELECT FROM variants v WHERE v.sku = w.sku AND v.tracked)
ORDER BY w.sku;

-- name: write_thresholds
-- Sorted, because unique inserts wait for each other; the alarm stays as it is until the next look.
INSERT INTO stock_levels (sku, low_at)
SELECT w.sku, w.low_at FROM unnest(:skus::text[], :low_ats::bigint[]) AS w(sku, low_at)
ORDER BY w.sku
ON CONFLICT (sku) DO UPDATE SET low_at = excluded.low_at;

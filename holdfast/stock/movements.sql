-- name: unknown
-- Whatever is not a tracked SKU at an existing location.
SELECT w.sku
FROM unnest(:skus::text[], :location_ids::text[]) AS w(sku, location_id)
LEFT JOIN variants v ON v.sku = w.sku AND v.tracked
LEFT JOIN locations l ON l.id = w.location_id
WHERE v.sku IS NULL OR l.id IS NULL
ORDER BY w.sku;

-- name: create_rows
-- A SKU's first units at a location bring its row; sorted, because unique inserts wait for each other too.
INSERT INTO stock (sku, location_id)
SELECT w.sku, w.location_id FROM unnest(:skus::text[], :location_ids::text[]) AS w(sku, location_id)
ORDER BY w.sku, w.location_id
ON CONFLICT DO NOTHING;

-- name: move
-- Counter and history in one statement.
WITH moved AS (
    SELECT * FROM unnest(:skus::text[], :location_ids::text[], :quantities::bigint[]) AS m(sku, location_id, quantity)
), history AS (
    INSERT INTO movements (sku, location_id, kind, quantity, reason, actor, at)
    SELECT sku, location_id, :kind, quantity, :reason, :actor, :at FROM moved
)
UPDATE stock s SET on_hand = s.on_hand + d.quantity
FROM (SELECT sku, location_id, sum(quantity)::bigint AS quantity FROM moved GROUP BY sku, location_id) d
WHERE s.sku = d.sku AND s.location_id = d.location_id;

-- name: available
-- Lines past their moment are still in the counter until somebody lets them go; a reader subtracts them.
SELECT v.sku, v.tracked, coalesce(sum(s.on_hand), 0)::bigint AS on_hand,
       coalesce(sum(greatest(0, s.on_hand + s.backorder_limit - s.committed - s.held + coalesce((
           SELECT sum(l.quantity) FROM hold_lines l
           WHERE l.sku = s.sku AND l.location_id = s.location_id AND l.state = 'active' AND l.drops_at <= :at), 0))),
       0)::bigint AS available
FROM variants v LEFT JOIN stock s ON s.sku = v.sku
WHERE v.sku = ANY(:skus::text[])
GROUP BY v.sku, v.tracked
ORDER BY v.sku;

-- name: unknown
-- Whatever is not a tracked SKU at an existing location.
SELECT w.sku
FROM unnest(:skus::text[], :location_ids::text[]) AS w(sku, location_id)
LEFT JOIN variants v ON v.sku = w.sku AND v.tracked
LEFT JOIN locations l ON l.id = w.location_id
WHERE v.sku IS NULL OR l.id IS NULL
ORDER BY w.sku;

-- name: create_rows
-- A SKU's first units at a location bring its row; sorted, because unique inserts wait for each other too. The
-- location is locked, so that it is not switched off between its row being read and this one being seen.
INSERT INTO stock (sku, location_id, turn)
SELECT w.sku, l.id, CASE WHEN l.open THEN l.priority END
FROM unnest(:skus::text[], :location_ids::text[]) AS w(sku, location_id)
JOIN locations l ON l.id = w.location_id
ORDER BY w.sku, w.location_id
FOR SHARE OF l
ON CONFLICT DO NOTHING;

-- name: move
-- Counter and history in one statement. A shortfall is raised to what is promised and gone, where that may be.
WITH moved AS (
    SELECT * FROM unnest(:skus::text[], :location_ids::text[], :quantities::bigint[], :kinds::text[], :reasons::text[],
                         :subjects::text[]) AS m(sku, location_id, quantity, kind, reason, subject)
), history AS (
    INSERT INTO movements (sku, location_id, kind, quantity, reason, subject, actor, at)
    SELECT sku, location_id, kind, quantity, reason, subject, :actor, :at FROM moved
)
UPDATE stock s
SET on_hand = s.on_hand + d.quantity,
    shortfall = CASE WHEN :promised::boolean
        THEN greatest(0, s.held + s.committed - s.on_hand - d.quantity - s.backorder_limit) ELSE s.shortfall END
FROM (SELECT sku, location_id, sum(quantity)::bigint AS quantity FROM moved GROUP BY sku, location_id) d
WHERE s.sku = d.sku AND s.location_id = d.location_id;

-- name: promised
-- Who has which units there: sold ones before held ones, each in the order in which they were promised.
SELECT l.sku, l.location_id, l.state, l.quantity, h.order_id, h.checkout_id, l.drops_at
FROM unnest(:skus::text[], :location_ids::text[]) AS w(sku, location_id)
JOIN LATERAL (
    SELECT * FROM hold_lines WHERE sku = w.sku AND location_id = w.location_id AND state = 'committed'
    UNION ALL
    SELECT * FROM hold_lines WHERE sku = w.sku AND location_id = w.location_id AND state = 'active'
) l ON true
JOIN holds h ON h.id = l.hold_id
ORDER BY l.sku, l.location_id, l.state DESC, h.id;

-- name: owed
-- By the partial index over lines that are owed something; who owes holds the stock row's lock.
SELECT DISTINCT sku FROM order_lines WHERE sku = ANY(:skus::text[]) AND owed > 0 ORDER BY sku;

-- name: available
-- Lines past their moment are still in the counter until somebody lets them go; a reader subtracts them. What lies
-- at a place that is switched off is there, and cannot be had.
SELECT v.sku, v.tracked, coalesce(sum(s.on_hand), 0)::bigint AS on_hand,
       coalesce(sum(greatest(0, s.on_hand + s.backorder_limit - s.committed - s.held + coalesce((
           SELECT sum(l.quantity) FROM hold_lines l
           WHERE l.sku = s.sku AND l.location_id = s.location_id AND l.state = 'active' AND l.drops_at <= :at), 0)))
           FILTER (WHERE s.turn IS NOT NULL),
       0)::bigint AS available
FROM variants v LEFT JOIN stock s ON s.sku = v.sku
WHERE v.sku = ANY(:skus::text[])
GROUP BY v.sku, v.tracked
ORDER BY v.sku;

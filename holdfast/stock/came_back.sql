-- name: unknown
-- Whatever is to lie at a location that does not exist.
SELECT w.sku FROM unnest(:skus::text[], :location_ids::text[]) AS w(sku, location_id)
LEFT JOIN locations l ON l.id = w.location_id WHERE l.id IS NULL ORDER BY w.sku;

-- name: create_rows
-- A SKU's first units at a location bring its row; sorted, because unique inserts wait for each other too.
INSERT INTO stock (sku, location_id)
SELECT DISTINCT w.sku, w.location_id FROM unnest(:skus::text[], :location_ids::text[]) AS w(sku, location_id)
JOIN variants v ON v.sku = w.sku AND v.tracked
ORDER BY w.sku, w.location_id
ON CONFLICT DO NOTHING;

-- name: come_back
-- Counter and history in one statement. What is written off never raises the counter: it could not be lowered again
-- where more is promised than lies there.
WITH arrived AS (
    SELECT w.* FROM unnest(:skus::text[], :location_ids::text[], :restocked::bigint[], :written_off::bigint[])
        AS w(sku, location_id, restocked, written_off)
    JOIN variants v ON v.sku = w.sku AND v.tracked
), history AS (
    INSERT INTO movements (sku, location_id, kind, quantity, subject, actor, at)
    SELECT sku, location_id, 'returned', restocked + written_off, :subject, :actor, :at::timestamptz FROM arrived
    WHERE restocked + written_off > 0
    UNION ALL
    SELECT sku, location_id, 'written_off', -written_off, :subject, :actor, :at FROM arrived WHERE written_off > 0
)
UPDATE stock s SET on_hand = s.on_hand + d.quantity
FROM (SELECT sku, location_id, sum(restocked)::bigint AS quantity FROM arrived GROUP BY sku, location_id) d
WHERE s.sku = d.sku AND s.location_id = d.location_id;

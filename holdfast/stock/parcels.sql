-- name: explain
-- Runs together with what it explains; the subject is the parcel.
INSERT INTO movements (sku, location_id, kind, quantity, subject, actor, at)
SELECT m.sku, m.location_id, :kind, m.quantity, m.subject, :actor, :at
FROM unnest(:subjects::text[], :skus::text[], :location_ids::text[], :quantities::bigint[])
    AS m(subject, sku, location_id, quantity);

-- name: return_units
-- Counter and history in one statement: what is written off came back, and went.
WITH back AS (
    SELECT * FROM unnest(:subjects::text[], :skus::text[], :location_ids::text[], :quantities::bigint[])
        AS b(subject, sku, location_id, quantity)
), history AS (
    INSERT INTO movements (sku, location_id, kind, quantity, subject, actor, at)
    SELECT sku, location_id, 'returned', quantity, subject, :actor::text, :at::timestamptz FROM back
    UNION ALL
    SELECT sku, location_id, 'written_off', -quantity, subject, :actor, :at FROM back WHERE NOT :restock
)
UPDATE stock s SET on_hand = s.on_hand + d.quantity
FROM (SELECT sku, location_id, sum(quantity)::bigint AS quantity FROM back WHERE :restock GROUP BY sku, location_id) d
WHERE s.sku = d.sku AND s.location_id = d.location_id;

-- name: left
-- A sum over history by its partial index, so that coming back twice brings nothing the second time.
SELECT subject AS shipment_id, sku, location_id, (-sum(quantity))::bigint AS quantity
FROM movements WHERE subject = ANY(:shipment_ids::text[]) AND kind IN ('shipped', 'returned')
GROUP BY subject, sku, location_id HAVING sum(quantity) < 0
ORDER BY sku, location_id, subject;

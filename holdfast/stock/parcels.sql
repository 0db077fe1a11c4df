-- name: explain
-- Runs together with what it explains; the subject is the parcel.
INSERT INTO movements (sku, location_id, kind, quantity, subject, actor, at)
SELECT m.sku, m.location_id, :kind, m.quantity, m.subject, :actor, :at
FROM unnest(:subjects::text[], :skus::text[], :location_ids::text[], :quantities::bigint[])
    AS m(subject, sku, location_id, quantity);

-- name: left
-- A sum over history by its partial index, so that coming back twice brings nothing the second time.
SELECT subject AS shipment_id, sku, location_id, (-sum(quantity))::bigint AS quantity
FROM movements WHERE subject = ANY(:shipment_ids::text[]) AND kind IN ('shipped', 'returned')
GROUP BY subject, sku, location_id HAVING sum(quantity) < 0
ORDER BY sku, location_id, subject;

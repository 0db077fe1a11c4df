-- name: since
-- What the books said of a moment is what they say now without what came later. The difference of an earlier count is
-- no such thing: whenever it was entered, it belongs to the moment of that count.
SELECT w.sku, w.location_id,
       coalesce((SELECT sum(m.quantity) FROM movements m
                 WHERE m.sku = w.sku AND m.location_id = w.location_id AND m.at > w.moment
                   AND NOT EXISTS (SELECT FROM stock_counts c WHERE c.id = m.subject)), 0)::bigint AS units,
       (SELECT max(c.counted_at) FROM stock_count_lines c
        WHERE c.sku = w.sku AND c.location_id = w.location_id) AS counted_at
FROM unnest(:skus::text[], :location_ids::text[], :moments::timestamptz[]) AS w(sku, location_id, moment);

-- name: add
-- Lines without a difference are kept, too: they say that somebody looked. The unique key lets nobody enter a
-- count a second time under another idempotency key.
WITH head AS (
    INSERT INTO stock_counts (id, reason, actor, at) VALUES (:id, :reason, :actor, :at)
)
INSERT INTO stock_count_lines (count_id, sku, location_id, counted_at, counted, booked, at)
SELECT :id, l.sku, l.location_id, l.moment, l.counted, l.booked, :at
FROM unnest(:skus::text[], :location_ids::text[], :moments::timestamptz[], :counted::bigint[], :booked::bigint[])
    AS l(sku, location_id, moment, counted, booked);

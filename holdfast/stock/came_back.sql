-- name: unknown
-- Whatever is to lie at a location that does not exist.
SELECT w.sku FROM unnest(:skus::text[], :location_ids::text[]) AS w(sku, location_id)
LEFT JOIN locations l ON l.id = w.location_id WHERE l.id IS NULL ORDER BY w.sku;

-- name: tracked
-- Only these have a shelf.
SELECT sku FROM variants WHERE sku = ANY(:skus::text[]) AND tracked ORDER BY sku;

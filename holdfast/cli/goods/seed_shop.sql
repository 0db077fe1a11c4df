-- name: stocked
-- A stock row, even an empty one, says that somebody looks after this SKU.
SELECT DISTINCT sku FROM stock WHERE sku = ANY(:skus::text[]);

-- name: newest
-- Ids sort by birth, so the primary key is walked backwards and stops at a full page.
WITH RECURSIVE below AS (
    SELECT id FROM categories WHERE slug = :category
    UNION
    SELECT c.id FROM categories c JOIN below b ON c.parent_id = b.id
)
SELECT p.id, p.slug, p.name, p.description, c.slug AS category, s.slug AS vendor, p.review_count AS reviews, p.rating,
       '' AS key
FROM products p LEFT JOIN categories c ON c.id = p.category_id LEFT JOIN vendors s ON s.id = p.vendor_id
WHERE p.published AND p.id < :after_id
  AND (:category::text IS NULL OR p.category_id IN (SELECT id FROM below))
  AND (:words::text IS NULL OR p.search @@ to_tsquery('simple', :words))
  AND (:vendor::text IS NULL OR s.slug = :vendor)
  AND EXISTS (SELECT FROM variants v
              WHERE v.product_id = p.id
                AND v.price_minor BETWEEN coalesce(:price_min::bigint, 0) AND coalesce(:price_max::bigint, 9999999999))
ORDER BY p.id DESC
LIMIT :rows_max;

-- name: in_order
-- Every order becomes one text key, so that one comparison with the cursor serves them all.
WITH RECURSIVE below AS (
    SELECT id FROM categories WHERE slug = :category
    UNION
    SELECT c.id FROM categories c JOIN below b ON c.parent_id = b.id
), fitting AS (
    SELECT p.id, p.slug, p.name, p.description, c.slug AS category, s.slug AS vendor, p.review_count AS reviews, p.rating,
           CASE :sort WHEN 'price' THEN lpad(v.price_minor::text, 10, '0')
                      WHEN 'price_desc' THEN lpad((9999999999 - v.price_minor)::text, 10, '0')
                      ELSE lower(p.name) END COLLATE "C" AS key
    FROM products p
    LEFT JOIN categories c ON c.id = p.category_id
    LEFT JOIN vendors s ON s.id = p.vendor_id
    JOIN LATERAL (
        SELECT min(price_minor) AS price_minor FROM variants
        WHERE product_id = p.id
          AND price_minor BETWEEN coalesce(:price_min::bigint, 0) AND coalesce(:price_max::bigint, 9999999999)
    ) v ON v.price_minor IS NOT NULL
    WHERE p.published
      AND (:category::text IS NULL OR p.category_id IN (SELECT id FROM below))
      AND (:words::text IS NULL OR p.search @@ to_tsquery('simple', :words))
      AND (:vendor::text IS NULL OR s.slug = :vendor)
)
SELECT id, slug, name, description, category, vendor, reviews, rating, key FROM fitting
WHERE (key, id) > (:after_key::text, :after_id::text)
ORDER BY key, id
LIMIT :rows_max;

-- name: named
-- What is not published does not exist for a buyer.
SELECT p.id, p.slug, p.name, p.description, c.slug AS category, s.slug AS vendor, p.review_count AS reviews, p.rating,
       '' AS key
FROM products p LEFT JOIN categories c ON c.id = p.category_id LEFT JOIN vendors s ON s.id = p.vendor_id
WHERE p.slug = ANY(:slugs::text[]) AND p.published;

-- name: listed
-- Lines past their moment are still in the counter until somebody lets them go; a reader subtracts them. Places that
-- are switched off offer nothing; OFFSET keeps the lines from being summed up twice.
SELECT v.product_id, v.sku, p.name AS product_name, v.name AS variant_name, v.price_minor, v.currency, v.tracked,
       p.published, coalesce(a.available, 0)::bigint AS available, coalesce(a.ready, 0)::bigint AS ready,
       v.available_from
FROM variants v
JOIN products p ON p.id = v.product_id
LEFT JOIN LATERAL (
    SELECT sum(greatest(0, s.free + s.backorder_limit)) AS available, sum(greatest(0, s.free)) AS ready
    FROM (
        SELECT x.backorder_limit, x.on_hand - x.committed - x.held + coalesce((
            SELECT sum(l.quantity) FROM hold_lines l
            WHERE l.sku = x.sku AND l.location_id = x.location_id AND l.state = 'active' AND l.drops_at <= :at), 0)
            AS free
        FROM stock x WHERE x.sku = v.sku AND v.tracked AND x.turn IS NOT NULL
        OFFSET 0
    ) s
) a ON true
WHERE v.product_id = ANY(:product_ids::text[]) OR v.sku = ANY(:skus::text[])
ORDER BY v.product_id, v.position, v.sku;

-- name: for_sale
-- Every order asks this, so it joins two rows per SKU, its vendor's where it has one, and nothing else.
SELECT v.sku, p.name AS product_name, v.name AS variant_name, v.price_minor, v.currency, v.tracked, p.vendor_id,
       coalesce(s.commission_bp, 0) AS commission_bp
FROM variants v JOIN products p ON p.id = v.product_id LEFT JOIN vendors s ON s.id = p.vendor_id
WHERE v.sku = ANY(:skus::text[]) AND p.published AND s.active IS NOT FALSE;

-- name: categories
-- A shop has few, so the tree is put together in Python.
SELECT c.slug, c.name, above.slug AS parent
FROM categories c LEFT JOIN categories above ON above.id = c.parent_id
ORDER BY c.position, c.slug;

-- name: lock_categories
-- All of them, in order: two imports could each close one half of a circle.
SELECT c.slug, c.name, (SELECT a.slug FROM categories a WHERE a.id = c.parent_id) AS parent
FROM categories c
ORDER BY c.slug
FOR NO KEY UPDATE OF c;

-- name: add_categories
-- New ones first and without a parent, because a parent may be new as well.
INSERT INTO categories (id, slug, name)
SELECT w.id, w.slug, w.name FROM unnest(:ids::text[], :slugs::text[], :names::text[]) AS w(id, slug, name)
ORDER BY w.slug
ON CONFLICT (slug) DO NOTHING;

-- name: write_categories
-- Only rows that really change are written.
UPDATE categories c SET name = w.name, parent_id = above.id, position = w.position
FROM unnest(:slugs::text[], :names::text[], :parents::text[], :positions::int[]) AS w(slug, name, parent, position)
LEFT JOIN categories above ON above.slug = w.parent
WHERE c.slug = w.slug
  AND (c.name, c.parent_id, c.position) IS DISTINCT FROM (w.name, above.id, w.position);

-- name: unknown_categories
-- A slug that names nothing would leave its product without a place.
SELECT DISTINCT w.slug FROM unnest(:slugs::text[]) AS w(slug)
WHERE w.slug IS NOT NULL AND NOT EXISTS (SELECT FROM categories c WHERE c.slug = w.slug)
ORDER BY w.slug;

-- name: unknown_vendors
-- What nobody sells would count as the shop's own.
SELECT DISTINCT w.slug FROM unnest(:slugs::text[]) AS w(slug)
WHERE w.slug IS NOT NULL AND NOT EXISTS (SELECT FROM vendors s WHERE s.slug = w.slug)
ORDER BY w.slug;

-- name: lock_variants
-- Sorted before they are locked, so that two imports never wait for each other.
SELECT sku, tracked FROM variants WHERE sku = ANY(:skus::text[]) ORDER BY sku FOR NO KEY UPDATE;

-- name: lock_promised
-- held is the sum of active lines and committed of committed ones, and both change only under this lock.
SELECT sku, held + committed AS units FROM stock
WHERE sku = ANY(:skus::text[])
ORDER BY sku, location_id
FOR NO KEY UPDATE;

-- name: write_products
-- Only rows that really change are written; a product keeps its birth, and so its place among the newest. What a closed
-- vendor sells stays off the shop.
INSERT INTO products AS p (id, slug, name, description, category_id, published, created_at, vendor_id)
SELECT w.id, w.slug, w.name, w.description, c.id, w.published AND s.active IS NOT FALSE, :at, s.id
FROM unnest(:ids::text[], :slugs::text[], :names::text[], :descriptions::text[], :categories::text[],
            :published::boolean[], :vendors_given::boolean[], :vendors::text[])
    AS w(id, slug, name, description, category, published, vendor_given, vendor)
LEFT JOIN categories c ON c.slug = w.category
LEFT JOIN products old ON old.slug = w.slug
LEFT JOIN vendors s ON CASE WHEN w.vendor_given THEN s.slug = w.vendor ELSE s.id = old.vendor_id END
ORDER BY w.slug
ON CONFLICT (slug) DO UPDATE
    SET name = excluded.name, description = excluded.description, category_id = excluded.category_id,
        published = excluded.published, vendor_id = excluded.vendor_id
    WHERE (p.name, p.description, p.category_id, p.published, p.vendor_id) IS DISTINCT FROM
          (excluded.name, excluded.description, excluded.category_id, excluded.published, excluded.vendor_id);

-- name: write_variants
-- Only rows that really change are written.
INSERT INTO variants AS v (sku, product_id, name, price_minor, currency, tracked, position, available_from)
SELECT w.sku, p.id, w.name, w.price, w.currency, w.tracked, w.position,
       CASE WHEN w.day_given THEN w.day ELSE old.available_from END
FROM unnest(:skus::text[], :products::text[], :names::text[], :prices::bigint[], :currencies::text[],
            :tracked::boolean[], :positions::int[], :days_given::boolean[], :days::timestamptz[])
    AS w(sku, product, name, price, currency, tracked, position, day_given, day)
JOIN products p ON p.slug = w.product
LEFT JOIN variants old ON old.sku = w.sku
ORDER BY w.sku
ON CONFLICT (sku) DO UPDATE
    SET product_id = excluded.product_id, name = excluded.name, price_minor = excluded.price_minor,
        currency = excluded.currency, tracked = excluded.tracked, position = excluded.position,
        available_from = excluded.available_from
    WHERE (v.product_id, v.name, v.price_minor, v.currency, v.tracked, v.position, v.available_from) IS DISTINCT FROM
          (excluded.product_id, excluded.name, excluded.price_minor, excluded.currency, excluded.tracked,
           excluded.position, excluded.available_from);

-- name: take_off
-- By the index on the vendor; sorted before they are locked, like an import's.
WITH theirs AS (
    SELECT id FROM products WHERE vendor_id = :vendor_id AND published ORDER BY slug FOR NO KEY UPDATE
)
UPDATE products p SET published = false FROM theirs t WHERE p.id = t.id;

-- name: lock
-- What is counted next must not grow meanwhile.
SELECT id FROM users WHERE id = :user_id FOR NO KEY UPDATE;

-- name: of_user
-- Whose they are stands in the WHERE; there are never more than the bound of `add`.
SELECT w.sku, p.slug AS product, w.added_at
FROM wishes w JOIN variants v ON v.sku = w.sku JOIN products p ON p.id = v.product_id
WHERE w.user_id = :user_id AND p.published
ORDER BY w.added_at DESC, w.sku;

-- name: buyable
-- What is not published does not exist for a buyer.
SELECT v.sku FROM variants v JOIN products p ON p.id = v.product_id WHERE v.sku = :sku AND p.published;

-- name: add
-- Adding twice is adding once, also to a full list; a wish keeps the moment at which it was made.
INSERT INTO wishes (user_id, sku, added_at)
SELECT :user_id, :sku, :at
WHERE (SELECT count(*) FROM wishes WHERE user_id = :user_id AND sku <> :sku) < :most::int
ON CONFLICT (user_id, sku) DO UPDATE SET added_at = wishes.added_at
RETURNING sku;

-- name: remove
-- Whose it is stands in the WHERE.
DELETE FROM wishes WHERE user_id = :user_id AND sku = :sku;

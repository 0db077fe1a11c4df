-- name: product
-- What is not published does not exist for a buyer.
SELECT id FROM products WHERE slug = :slug AND published;

-- name: approved
-- A walk along the index of those that are shown, no longer than the page; ids sort by birth.
SELECT id, author, stars, title, body, written_at
FROM reviews
WHERE product_id = :product_id AND state = 'approved' AND id < :before
ORDER BY id DESC
LIMIT :rows_max;

-- name: of_user
-- Whose they are stands in the WHERE; nobody has more than one for each product that they bought.
SELECT r.id, p.slug AS product, r.state, r.version, r.author, r.stars, r.title, r.body, r.written_at, r.decided_at,
       r.reason
FROM reviews r JOIN products p ON p.id = r.product_id
WHERE r.user_id = :user_id AND r.id < :before
ORDER BY r.id DESC
LIMIT :rows_max;

-- name: in_state
-- The state is always given, so that few that wait are found among many that are shown.
SELECT r.id, p.slug AS product, r.state, r.version, r.author, r.stars, r.title, r.body, r.written_at, r.decided_at,
       r.reason
FROM reviews r JOIN products p ON p.id = r.product_id
WHERE r.state = :state AND r.id > :after
ORDER BY r.id
LIMIT :rows_max;

-- name: lock_author
-- One who writes twice at once writes one after the other, also where there is no review yet to be locked.
SELECT FROM users WHERE id = :user_id FOR NO KEY UPDATE;

-- name: own
-- Locked, because what the product counts follows from what is read here; whose it is stands in the WHERE.
SELECT r.id, p.slug AS product, r.state, r.version, r.author, r.stars, r.title, r.body, r.written_at, r.decided_at,
       r.reason
FROM reviews r JOIN products p ON p.id = r.product_id
WHERE r.user_id = :user_id AND p.slug = :slug
FOR NO KEY UPDATE OF r;

-- name: one
-- Locked, because what the product counts follows from what is read here.
SELECT r.id, p.slug AS product, r.state, r.version, r.author, r.stars, r.title, r.body, r.written_at, r.decided_at,
       r.reason
FROM reviews r JOIN products p ON p.id = r.product_id
WHERE r.id = :id
FOR NO KEY UPDATE OF r;

-- name: was_sent
-- Both walks are along the indexes of own_orders: placed while logged in, or as a guest under an address that is proved.
SELECT EXISTS (
    SELECT FROM users u
    CROSS JOIN LATERAL (
        SELECT o.id FROM orders o WHERE o.customer_id = u.id
        UNION ALL
        SELECT o.id FROM orders o
        WHERE u.email_verified_at IS NOT NULL AND o.customer_id IS NULL AND lower(o.email) = lower(u.email)
    ) own
    JOIN shipments s ON s.order_id = own.id AND s.state IN ('shipped', 'in_transit', 'delivered')
    JOIN shipment_lines x ON x.shipment_id = s.id
    JOIN order_lines l ON l.order_id = x.order_id AND l.position = x.position
    JOIN variants v ON v.sku = l.sku AND v.product_id = :product_id
    WHERE u.id = :user_id
) AS was_sent;

-- name: add
-- New ones wait for the staff.
INSERT INTO reviews (id, product_id, user_id, author, stars, title, body, written_at)
VALUES (:id, :product_id, :user_id, :author, :stars, :title, :body, :at);

-- name: rewrite
-- Waits for the staff again, and is shown and counted no more until then.
WITH written AS (
    UPDATE reviews
    SET author = :author, stars = :stars, title = :title, body = :body, written_at = :at, version = version + 1,
        state = 'pending', decided_at = NULL, reason = NULL
    WHERE id = :id
    RETURNING product_id
)
UPDATE products p SET review_count = p.review_count - 1, stars_sum = p.stars_sum - :stars_before
FROM written w WHERE p.id = w.product_id AND :was_shown::boolean;

-- name: decide
-- `more` is how many more are shown than before it, one, none or one less.
WITH decided AS (
    UPDATE reviews SET state = :state, reason = :reason, decided_at = :at WHERE id = :id
    RETURNING product_id, stars
)
UPDATE products p SET review_count = p.review_count + :more::int, stars_sum = p.stars_sum + :more::int * d.stars
FROM decided d WHERE p.id = d.product_id AND :more::int <> 0;

-- name: remove
-- What the product counts falls with it, if it was shown. A statement of its own after the lock, whose picture of the
-- product has the review in it: the constraint is asked of the row as it was seen, before anybody looks for a newer one.
WITH gone AS (
    DELETE FROM reviews WHERE id = :id RETURNING product_id, stars
)
UPDATE products p SET review_count = p.review_count - 1, stars_sum = p.stars_sum - g.stars
FROM gone g WHERE p.id = g.product_id AND :was_shown::boolean;

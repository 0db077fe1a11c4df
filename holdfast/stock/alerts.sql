-- name: page_end
-- The table is walked along its key, a page at a time, so that a look at everything needs no index that sales would
-- have to carry.
SELECT max(sku) AS sku FROM (
    SELECT sku FROM stock WHERE sku > :after ORDER BY sku, location_id LIMIT :rows_max
) page HAVING max(sku) IS NOT NULL;

-- name: levels
-- Only SKUs whose alarm differs from their level: most pages have none.
SELECT s.sku, s.units <= coalesce(l.low_at, :low_at::bigint) AS low
FROM (
    SELECT x.sku, coalesce(sum(x.on_hand - x.committed) FILTER (WHERE x.turn IS NOT NULL), 0) AS units
    FROM stock x WHERE x.sku > :after AND x.sku <= :last GROUP BY x.sku
) s
JOIN variants v ON v.sku = s.sku AND v.tracked
LEFT JOIN stock_levels l ON l.sku = s.sku
WHERE (s.units <= coalesce(l.low_at, :low_at::bigint)) <> (l.below_since IS NOT NULL)
ORDER BY s.sku;

-- name: fell
-- Several sweepers may have seen the same: the first one rings.
INSERT INTO stock_levels (sku, below_since)
SELECT w.sku, :at FROM unnest(:skus::text[]) AS w(sku) ORDER BY w.sku
ON CONFLICT (sku) DO UPDATE SET below_since = excluded.below_since WHERE stock_levels.below_since IS NULL
RETURNING sku;

-- name: rose
-- Armed again.
UPDATE stock_levels SET below_since = NULL WHERE sku = ANY(:skus::text[]) AND below_since IS NOT NULL;

-- name: low
-- Along the partial index over those that are low.
SELECT l.sku, coalesce((SELECT sum(s.on_hand - s.committed) FROM stock s WHERE s.sku = l.sku AND s.turn IS NOT NULL),
                       0)::bigint AS units,
       coalesce(l.low_at, :low_at::bigint) AS low_at, l.below_since
FROM stock_levels l
WHERE l.below_since IS NOT NULL AND l.sku > :after
ORDER BY l.sku LIMIT :rows_max;

-- name: buyable
-- What is not published does not exist for a buyer.
SELECT v.sku FROM variants v JOIN products p ON p.id = v.product_id WHERE v.sku = :sku AND p.published;

-- name: waiting
-- Counted no further than the limit.
SELECT count(*) FROM (SELECT FROM stock_alerts WHERE sku = :sku LIMIT :most) counted;

-- name: ask
-- One row per buyer and SKU; who has asked before is told once all the same.
INSERT INTO stock_alerts (id, sku, email, created_at) VALUES (:id, :sku, :email, :at) ON CONFLICT DO NOTHING;

-- name: of_user
-- By the index on the address, which counts only where it was proved: anybody may have typed it.
SELECT a.id, a.sku, a.created_at
FROM users u JOIN stock_alerts a ON lower(a.email) = lower(u.email)
WHERE u.id = :user_id AND u.email_verified_at IS NOT NULL
ORDER BY a.id DESC LIMIT :most;

-- name: drop_own
-- Whose it is stands in the WHERE.
DELETE FROM stock_alerts a USING users u
WHERE a.id = :id AND u.id = :user_id AND u.email_verified_at IS NOT NULL AND lower(a.email) = lower(u.email);

-- name: back
-- By the index over those who wait; lines past their moment do not count, as for a buyer.
SELECT w.sku FROM (SELECT DISTINCT sku FROM stock_alerts WHERE due_at IS NULL) w
JOIN variants v ON v.sku = w.sku
JOIN products p ON p.id = v.product_id AND p.published
WHERE NOT v.tracked OR EXISTS (
    SELECT FROM stock s
    WHERE s.sku = w.sku AND s.turn IS NOT NULL
      AND s.on_hand + s.backorder_limit - s.committed - s.held + coalesce((
          SELECT sum(l.quantity) FROM hold_lines l
          WHERE l.sku = s.sku AND l.location_id = s.location_id AND l.state = 'active' AND l.drops_at <= :at), 0) > 0)
ORDER BY w.sku LIMIT :rows_max;

-- name: fallen
-- Along the partial index over those that are low.
SELECT l.sku, coalesce((SELECT sum(s.on_hand - s.committed) FROM stock s WHERE s.sku = l.sku AND s.turn IS NOT NULL),
                       0)::bigint AS units,
       coalesce(l.low_at, :low_at::bigint) AS low_at, l.below_since
FROM stock_levels l
WHERE l.below_since IS NOT NULL AND l.below_since = :below_since
ORDER BY l.sku LIMIT :rows_max;

-- name: mark_due
-- Once: a row that is due stays due until its letter is on its way.
UPDATE stock_alerts SET due_at = :at WHERE sku = :sku AND due_at IS NULL RETURNING id;

-- name: find
-- What is not sold any more has no page to lead to.
SELECT a.id, a.sku, a.email, p.slug, p.name
FROM stock_alerts a JOIN variants v ON v.sku = a.sku JOIN products p ON p.id = v.product_id AND p.published
WHERE a.id = :id;

-- name: forget_told
-- By the index over what is due. An address is kept no longer than it is needed.
DELETE FROM stock_alerts a USING letters l
WHERE a.due_at IS NOT NULL AND l.kind = :kind AND l.subject = a.id AND l.state <> 'waiting';

-- name: stop
-- Those whose letter is due as well.
DELETE FROM stock_alerts WHERE lower(email) = lower(:email);

-- name: forget_before
-- By age.
DELETE FROM stock_alerts WHERE created_at < :before;

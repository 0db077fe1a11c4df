-- name: every
-- A shop has few.
SELECT id, name, priority, open FROM locations ORDER BY priority, id;

-- name: number
-- Two people may both add the last one: the limit is there for the eye, not a promise.
SELECT count(*) FROM (SELECT FROM locations LIMIT :most) counted;

-- name: add
-- An id that is taken stays what it is.
INSERT INTO locations (id, name, priority, open) VALUES (:id, :name, :priority, :open) ON CONFLICT DO NOTHING;

-- name: lock
-- Before its stock rows; who makes a new one waits here, and sees what has become of the place.
SELECT id, name, priority, open FROM locations WHERE id = :id FOR NO KEY UPDATE;

-- name: write
-- Under its lock.
UPDATE locations SET name = :name, priority = :priority, open = :open WHERE id = :id;

-- name: take_turns
-- By SKU, as everybody locks them; a row that really is written is read again by whoever waited for it.
WITH rows AS (
    SELECT sku, location_id FROM stock WHERE location_id = :id ORDER BY sku FOR NO KEY UPDATE
)
UPDATE stock s SET turn = :turn FROM rows WHERE s.sku = rows.sku AND s.location_id = rows.location_id;

-- name: lying
-- Along the index of the place.
SELECT sku, on_hand, held, committed, backorder_limit, shortfall AS short FROM stock
WHERE location_id = :location_id AND sku > :after
ORDER BY sku LIMIT :rows_max;

-- name: add
-- Head, lines and the first leg at once.
WITH head AS (
    INSERT INTO stock_transfers (id, from_location_id, to_location_id, reason, actor, sent_at)
    VALUES (:id, :from_location, :to_location, :reason, :actor, :at)
), units AS (
    SELECT * FROM unnest(:skus::text[], :quantities::bigint[]) AS u(sku, quantity)
), lines AS (
    INSERT INTO stock_transfer_lines (transfer_id, sku, sent) SELECT :id, sku, quantity FROM units
)
INSERT INTO stock_transfer_legs (transfer_id, sku, kind, quantity, reason, actor, at)
SELECT :id, sku, 'sent', quantity, :reason, :actor, :at FROM units;

-- name: lock
-- Legs of one transfer come one after the other, so that nobody decides on units that somebody else has unpacked.
SELECT id, from_location_id AS from_location, to_location_id AS to_location, reason, actor, sent_at
FROM stock_transfers WHERE id = :id
FOR NO KEY UPDATE;

-- name: found
-- Ids sort by birth, so the id is the cursor.
SELECT t.id, t.from_location_id AS from_location, t.to_location_id AS to_location, t.reason, t.actor, t.sent_at
FROM stock_transfers t
WHERE t.id > :after AND (:ids::text[] IS NULL OR t.id = ANY(:ids::text[]))
  AND (NOT :under_way::boolean OR EXISTS (
      SELECT FROM stock_transfer_lines l WHERE l.transfer_id = t.id AND l.received + l.lost < l.sent))
ORDER BY t.id LIMIT :rows_max;

-- name: lines
-- A statement of its own, so that it sees what was written before the transfer was locked.
SELECT transfer_id, sku, sent, received, lost, sent - received - lost AS in_transit FROM stock_transfer_lines
WHERE transfer_id = ANY(:ids::text[])
ORDER BY transfer_id, sku;

-- name: leg
-- Counters and history in one statement.
WITH units AS (
    SELECT * FROM unnest(:skus::text[], :quantities::bigint[]) AS u(sku, quantity)
), history AS (
    INSERT INTO stock_transfer_legs (transfer_id, sku, kind, quantity, reason, actor, at)
    SELECT :id, sku, :kind, quantity, :reason, :actor, :at FROM units
)
UPDATE stock_transfer_lines l
SET received = l.received + CASE WHEN :kind = 'received' THEN u.quantity ELSE 0 END,
    lost = l.lost + CASE WHEN :kind = 'lost' THEN u.quantity ELSE 0 END
FROM units u
WHERE l.transfer_id = :id AND l.sku = u.sku;

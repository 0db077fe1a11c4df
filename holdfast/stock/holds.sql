-- name: lock_of_owners
-- Sorted before it is locked; a hold may belong to a checkout first and to its order later.
SELECT id, order_id, checkout_id, expires_at, created_at
FROM holds
WHERE order_id = ANY(:order_ids::text[]) OR checkout_id = ANY(:checkout_ids::text[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: lock_shelves
-- The one lock order of stock: by SKU, then location, before anything is written. The SKUs are one array, so that
-- the primary key serves them.
SELECT sku, location_id, on_hand, committed, held, backorder_limit, turn
FROM stock
WHERE sku = ANY(ARRAY(
    SELECT unnest(:skus::text[]) UNION SELECT l.sku FROM hold_lines l WHERE l.hold_id = ANY(:hold_ids::text[])
))
ORDER BY sku, location_id
FOR NO KEY UPDATE;

-- name: lines
-- A statement of its own, so that it sees what the transactions wrote that held the stock rows before us.
SELECT hold_id, sku, location_id, quantity, state, drops_at
FROM hold_lines
WHERE hold_id = ANY(:hold_ids::text[])
ORDER BY hold_id, sku, location_id;

-- name: dead_lines
-- Locked without waiting: who waits for a line while holding stock would lock out of order.
SELECT hold_id, sku, location_id, quantity, state, drops_at
FROM hold_lines
WHERE sku = ANY(:skus::text[]) AND state = 'active' AND drops_at <= :at
ORDER BY hold_id, sku, location_id
FOR UPDATE SKIP LOCKED;

-- name: dead_count
-- What was skipped above is missing in the comparison of the two.
SELECT count(*) FROM hold_lines WHERE sku = ANY(:skus::text[]) AND state = 'active' AND drops_at <= :at;

-- name: write
-- Holds, lines and counters in one statement, however many: no moment shows one without the others.
WITH owners AS (
    INSERT INTO holds (id, order_id, checkout_id, expires_at, created_at)
    SELECT * FROM unnest(:new_ids::text[], :order_ids::text[], :checkout_ids::text[], :expires_ats::timestamptz[],
                         :created_ats::timestamptz[])
    ON CONFLICT (id) DO UPDATE SET order_id = excluded.order_id, checkout_id = excluded.checkout_id,
                                   expires_at = excluded.expires_at, created_at = excluded.created_at
), hold_lines_written AS (
    INSERT INTO hold_lines (hold_id, sku, location_id, quantity, state, drops_at)
    SELECT * FROM unnest(:hold_ids::text[], :skus::text[], :location_ids::text[], :quantities::bigint[],
                         :states::text[], :drops_ats::timestamptz[])
    ON CONFLICT (hold_id, sku, location_id) DO UPDATE
        SET quantity = excluded.quantity, state = excluded.state, drops_at = excluded.drops_at
)
UPDATE stock s SET held = s.held + d.held, committed = s.committed + d.committed, on_hand = s.on_hand + d.on_hand
FROM unnest(:moved_skus::text[], :moved_locations::text[], :moved_held::bigint[], :moved_committed::bigint[],
            :moved_on_hand::bigint[])
    AS d(sku, location_id, held, committed, on_hand)
WHERE s.sku = d.sku AND s.location_id = d.location_id
RETURNING s.sku;

-- name: dropping
-- The oldest first, so that a sweeper that fell behind catches up in order; and the holds of unpaid orders whose
-- last lines a buyer's batch has let go of (it cannot move those orders: their locks come before those of stock).
SELECT id, order_id, checkout_id, expires_at, created_at FROM holds WHERE id IN (
    (SELECT hold_id FROM hold_lines WHERE state = 'active' AND drops_at <= :at ORDER BY drops_at LIMIT :rows_max)
    UNION ALL
    (SELECT h.id FROM orders o JOIN holds h ON h.order_id = o.id
     WHERE o.state IN ('pending_payment', 'payment_failed') AND h.expires_at <= :at
       AND EXISTS (SELECT FROM hold_lines l WHERE l.hold_id = h.id AND l.state = 'expired')
       AND NOT EXISTS (SELECT FROM hold_lines l WHERE l.hold_id = h.id AND l.state = 'active')
     LIMIT :rows_max)
)
ORDER BY id;

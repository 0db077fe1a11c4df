-- name: arrived_at
-- The buyer has had the goods since then: delivered, else shipped, else (what is not shipped at all) paid.
SELECT coalesce(max(at) FILTER (WHERE event = 'delivered'), max(at) FILTER (WHERE event = 'shipped'),
                max(at) FILTER (WHERE event IN ('paid', 'authorized', 'confirmed', 'stock_arrived'))) AS at
FROM order_events WHERE order_id = :order_id;

-- name: sent
-- What was bought of a SKU and is neither committed nor owed has left the shop, and is out unless its parcel came back;
-- what is not tracked always has left. Under the order's lock.
SELECT l.position, l.sku, l.quantity, l.cancelled, l.returned,
       (sum(l.quantity - l.cancelled - l.owed - l.returned - coalesce((
              SELECT sum(x.quantity) FROM shipments s JOIN shipment_lines x ON x.shipment_id = s.id AND x.position = l.position
              WHERE s.order_id = l.order_id AND s.state = 'returned'), 0)) OVER (PARTITION BY l.sku)
        - CASE WHEN l.tracked THEN coalesce((
              SELECT sum(x.quantity) FROM holds h JOIN hold_lines x ON x.hold_id = h.id
              WHERE h.order_id = l.order_id AND x.sku = l.sku AND x.state = 'committed'), 0) ELSE 0 END)::bigint AS out
FROM order_lines l WHERE l.order_id = :order_id ORDER BY l.position;

-- name: create
-- With its lines; its first event is written by the same transaction.
WITH born AS (
    INSERT INTO returns (id, order_id, state, comment, created_at) VALUES (:id, :order_id, 'new', :comment, :at)
)
INSERT INTO return_lines (return_id, order_id, position, quantity, reason)
SELECT :id, :order_id, w.position, w.quantity, w.reason
FROM unnest(:positions::int[], :quantities::bigint[], :reasons::text[]) AS w(position, quantity, reason);

-- name: find
-- Whose it is never changes; its state only under its order's lock.
SELECT id, order_id, state, comment, request_id, created_at FROM returns WHERE id = :id;

-- name: by_request
-- By a partial index over those that a refund was asked for.
SELECT id, order_id, state, comment, request_id, created_at FROM returns WHERE request_id = :request_id;

-- name: of_order
-- By the index on their order.
SELECT id, order_id, state, comment, request_id, created_at FROM returns WHERE order_id = :order_id ORDER BY id;

-- name: lines
-- All lines of all asked returns at once.
SELECT r.return_id, r.position, l.sku, r.quantity, r.reason, r.restocked, r.written_off
FROM return_lines r JOIN order_lines l ON l.order_id = r.order_id AND l.position = r.position
WHERE r.return_id = ANY(:return_ids::text[]) ORDER BY r.return_id, r.position;

-- name: why
-- The newest of its events; their key begins with the return.
SELECT reason FROM return_events WHERE return_id = :return_id ORDER BY position DESC LIMIT 1;

-- name: move
-- State and event in one statement; the foreign key to the table of moves has the last word.
WITH moved AS (
    UPDATE returns SET state = :state WHERE id = :id
)
INSERT INTO return_events (return_id, event, from_state, to_state, actor, reason, at)
VALUES (:id, :event, :from_state, :state, :actor, :reason, :at);

-- name: receive
-- Once: a return is received once.
UPDATE return_lines r SET restocked = a.restocked, written_off = a.written_off
FROM unnest(:positions::int[], :restocked::bigint[], :written_off::bigint[]) AS a(position, restocked, written_off)
WHERE r.return_id = :return_id AND r.position = a.position;

-- name: set_request
-- Which refund was asked for it; none again once that was refused.
UPDATE returns SET request_id = :request_id WHERE id = :id;

-- name: page
-- Ids sort by birth, so the id is the cursor.
SELECT id, order_id, state, comment, request_id, created_at FROM returns
WHERE id < :before AND (:state::text IS NULL OR state = :state)
ORDER BY id DESC LIMIT :rows_max;

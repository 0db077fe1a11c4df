-- name: orders_of
-- Looked up before the locks; whose parcels they are stands in the WHERE, where somebody may not see all.
SELECT DISTINCT order_id FROM shipments
WHERE id = ANY(:ids::text[]) AND (:vendor_id::text IS NULL OR vendor_id = :vendor_id);

-- name: of_orders
-- Ids sort by birth.
SELECT id, order_id, state FROM shipments WHERE order_id = ANY(:order_ids::text[]) ORDER BY id;

-- name: lines
-- All lines of all asked parcels at once.
SELECT shipment_id, position, quantity FROM shipment_lines
WHERE shipment_id = ANY(:ids::text[])
ORDER BY shipment_id, position;

-- name: create
-- Three tables in one statement, however many parcels: the foreign keys are checked at its end. Events are numbered in
-- the order in which they are given.
WITH born AS (
    INSERT INTO shipments (id, order_id, state, carrier, tracking_number, tracking_url, created_at, vendor_id)
    SELECT n.id, n.order_id, n.state, n.carrier, n.tracking_number, n.tracking_url, :at, n.vendor_id
    FROM unnest(:ids::text[], :order_ids::text[], :states::text[], :carriers::text[], :numbers::text[], :urls::text[],
                :vendors::text[])
        AS n(id, order_id, state, carrier, tracking_number, tracking_url, vendor_id)
), lines AS (
    INSERT INTO shipment_lines (shipment_id, order_id, position, quantity)
    SELECT * FROM unnest(:line_shipments::text[], :line_orders::text[], :positions::int[], :quantities::bigint[])
)
INSERT INTO shipment_events (shipment_id, event, from_state, to_state, actor, reason, at)
SELECT e.shipment_id, e.event, e.from_state, e.to_state, :actor, :reason, :at
FROM unnest(:event_shipments::text[], :events::text[], :from_states::text[], :to_states::text[])
    WITH ORDINALITY AS e(shipment_id, event, from_state, to_state, place)
ORDER BY e.place;

-- name: move
-- The state that was read under the order's lock is in the WHERE, and the event is written by the same statement.
WITH wanted AS (
    SELECT * FROM unnest(:ids::text[], :from_states::text[], :to_states::text[]) AS w(id, from_state, to_state)
), moved AS (
    UPDATE shipments s SET state = w.to_state
    FROM wanted w WHERE s.id = w.id AND s.state = w.from_state
    RETURNING w.*
)
INSERT INTO shipment_events (shipment_id, event, from_state, to_state, actor, reason, at)
SELECT id, :event, from_state, to_state, :actor, :reason, :at FROM moved;

-- name: relabel
-- A label is no state: the last one counts. Whose it is stands in the WHERE, where somebody may not see all.
UPDATE shipments SET carrier = :carrier, tracking_number = :tracking_number, tracking_url = :tracking_url
WHERE id = :id AND (:vendor_id::text IS NULL OR vendor_id = :vendor_id);

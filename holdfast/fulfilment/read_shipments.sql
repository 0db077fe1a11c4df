-- name: of_order
-- One row per parcel with what belongs to it.
SELECT s.id, s.state, s.carrier, s.tracking_number, s.tracking_url, s.created_at,
       (SELECT jsonb_agg(jsonb_build_object('position', l.position, 'sku', o.sku, 'name', o.name,
                                            'quantity', l.quantity) ORDER BY l.position)
        FROM shipment_lines l JOIN order_lines o ON o.order_id = l.order_id AND o.position = l.position
        WHERE l.shipment_id = s.id) AS lines,
       (SELECT jsonb_agg(jsonb_build_object('event', e.event, 'from_state', e.from_state, 'to_state', e.to_state,
                                            'actor', e.actor, 'reason', e.reason, 'at', e.at) ORDER BY e.position)
        FROM shipment_events e WHERE e.shipment_id = s.id) AS timeline
FROM shipments s WHERE s.order_id = :order_id
ORDER BY s.id;

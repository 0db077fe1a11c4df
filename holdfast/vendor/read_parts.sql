-- name: page
-- By the index on (vendor_id, order_id), which gives every order once; one that was never secured is not theirs yet.
SELECT DISTINCT l.order_id FROM order_lines l
WHERE l.vendor_id = :vendor_id AND l.order_id < :before
  AND EXISTS (SELECT FROM order_events e
              WHERE e.order_id = l.order_id AND e.to_state IN ('awaiting_stock', 'paid', 'confirmed'))
ORDER BY l.order_id DESC LIMIT :rows_max::int;

-- name: parts
-- One row per order with the vendor's own lines and parcels. The address is there while goods of theirs may have to go
-- to it.
SELECT o.id, o.number, o.state, o.placed_at, o.shipping_option,
       CASE WHEN o.state IN ('awaiting_stock', 'paid', 'confirmed', 'processing', 'ready_for_shipment', 'shipped',
                             'in_transit')
                 AND EXISTS (SELECT FROM order_lines x
                             WHERE x.order_id = o.id AND x.vendor_id = :vendor_id AND x.quantity > x.cancelled)
            THEN o.shipping_address END AS shipping_address,
       (SELECT jsonb_agg(jsonb_build_object('position', l.position, 'sku', l.sku, 'name', l.name,
                                            'quantity', l.quantity - l.cancelled, 'packed', l.packed,
                                            'shipped', l.shipped) ORDER BY l.position)
        FROM order_lines l WHERE l.order_id = o.id AND l.vendor_id = :vendor_id) AS lines,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'id', s.id, 'state', s.state, 'carrier', s.carrier, 'tracking_number', s.tracking_number,
                   'tracking_url', s.tracking_url,
                   'lines', (SELECT jsonb_agg(jsonb_build_object('position', u.position, 'quantity', u.quantity)
                                              ORDER BY u.position)
                             FROM shipment_lines u WHERE u.shipment_id = s.id)) ORDER BY s.id), '[]')
        FROM shipments s WHERE s.order_id = o.id AND s.vendor_id = :vendor_id) AS shipments
FROM orders o
WHERE o.id = ANY(:order_ids::text[])
  AND EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.vendor_id = :vendor_id)
  AND EXISTS (SELECT FROM order_events e
              WHERE e.order_id = o.id AND e.to_state IN ('awaiting_stock', 'paid', 'confirmed'))
ORDER BY o.id DESC;

-- name: has_part
-- Whose it is stands in the WHERE; a line never changes its vendor.
SELECT l.order_id FROM order_lines l
WHERE l.vendor_id = :vendor_id AND l.order_id = :order_id
  AND EXISTS (SELECT FROM order_events e
              WHERE e.order_id = l.order_id AND e.to_state IN ('awaiting_stock', 'paid', 'confirmed'))
LIMIT 1;

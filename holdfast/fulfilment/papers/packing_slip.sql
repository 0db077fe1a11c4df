-- name: lines
-- Of a parcel what lies in it, else what has neither left nor is owed; and where the order has units of it committed.
-- Whose lines they are stands in the WHERE, where somebody may not see all.
SELECT l.position, w.quantity::bigint AS quantity,
       (SELECT coalesce(string_agg(x.location_id, ', ' ORDER BY x.location_id), '')
        FROM holds h JOIN hold_lines x ON x.hold_id = h.id
        WHERE h.order_id = l.order_id AND x.sku = l.sku AND x.state IN ('committed', 'shipped')) AS locations
FROM order_lines l
CROSS JOIN LATERAL (
    SELECT CASE WHEN :shipment_id::text IS NULL THEN l.quantity - l.cancelled - l.shipped - l.owed
                ELSE (SELECT s.quantity FROM shipment_lines s
                      WHERE s.shipment_id = :shipment_id AND s.order_id = l.order_id AND s.position = l.position)
           END AS quantity
) w
WHERE l.order_id = :order_id AND w.quantity > 0 AND (:vendor_id::text IS NULL OR l.vendor_id = :vendor_id)
ORDER BY l.position;

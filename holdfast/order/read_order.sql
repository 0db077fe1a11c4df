-- name: orders
-- One row per order with what belongs to it once; the attempt is the newest that was not superseded.
SELECT o.id, o.number, o.state, o.status, o.currency, o.subtotal_minor, o.discount_minor, o.shipping_minor, o.tax_minor,
       o.tax_inclusive, o.total_minor, o.email, o.shipping_address, o.billing_address, o.shipping_option,
       o.payment_method, o.reference, o.placed_at, h.id AS hold_id, h.expires_at,
       p.id AS payment_id, p.state AS payment_state, p.due_minor, p.captured_minor, p.refunded_minor,
       p.disputed_minor, p.lost_minor,
       a.provider, a.next_action,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'id', r.id, 'amount', jsonb_build_object('amount', r.amount_minor, 'currency', r.currency),
                   'state', r.state) ORDER BY r.id), '[]')
        FROM refunds r WHERE r.payment_id = p.id) AS refunds,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'id', s.id, 'state', s.state, 'carrier', s.carrier, 'tracking_number', s.tracking_number,
                   'tracking_url', s.tracking_url,
                   'lines', (SELECT jsonb_agg(jsonb_build_object('position', l.position, 'quantity', l.quantity)
                                              ORDER BY l.position)
                             FROM shipment_lines l WHERE l.shipment_id = s.id)) ORDER BY s.id), '[]')
        FROM shipments s WHERE s.order_id = o.id AND s.state <> 'cancelled') AS shipments,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'code', u.code, 'kind', u.kind,
                   'discount', jsonb_build_object('amount', u.discount_minor, 'currency', o.currency))
                   ORDER BY u.code), '[]')
        FROM coupon_uses u WHERE u.order_id = o.id) AS coupons
FROM orders o
JOIN payments p ON p.order_id = o.id
LEFT JOIN holds h ON h.order_id = o.id AND o.state IN ('pending_payment', 'payment_failed')
    AND EXISTS (SELECT FROM hold_lines l WHERE l.hold_id = h.id AND l.state = 'active')
LEFT JOIN LATERAL (
    SELECT x.provider, CASE WHEN x.state IN ('pending', 'requires_action') THEN x.next_action END AS next_action
    FROM payment_attempts x WHERE x.payment_id = p.id AND NOT x.superseded
    ORDER BY x.id DESC LIMIT 1
) a ON true
WHERE o.id = ANY(:order_ids::text[])
ORDER BY o.id;

-- name: lines
-- All lines of all asked orders at once.
SELECT order_id, position, sku, name, quantity, owed, unit_price_minor, total_minor, discount_minor, tax_minor,
       shipped, cancelled, refunded, vendor_id
FROM order_lines WHERE order_id = ANY(:order_ids::text[])
ORDER BY order_id, position;

-- name: by_payment
-- A payment is for one order.
SELECT order_id FROM payments WHERE id = :payment_id;

-- name: timeline
-- In the order of their writing.
SELECT event, from_state, to_state, actor, reason, note, at FROM order_events
WHERE order_id = :order_id ORDER BY position;

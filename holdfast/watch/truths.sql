-- name: stock_on_hand_equals_its_movements
-- Counter and history change in one statement, so they never differ.
SELECT s.sku, s.location_id, s.on_hand, coalesce(m.moved, 0) AS moved
FROM stock s
LEFT JOIN (SELECT sku, location_id, sum(quantity) AS moved FROM movements GROUP BY sku, location_id) m
    USING (sku, location_id)
WHERE s.on_hand <> coalesce(m.moved, 0);

-- name: stock_held_equals_its_active_lines
-- Whoever writes a line moves the counter.
SELECT s.sku, s.location_id, s.held, s.committed, coalesce(l.held, 0) AS lines_held,
       coalesce(l.committed, 0) AS lines_committed
FROM stock s
LEFT JOIN (
    SELECT sku, location_id, sum(quantity) FILTER (WHERE state = 'active') AS held,
           sum(quantity) FILTER (WHERE state = 'committed') AS committed
    FROM hold_lines GROUP BY sku, location_id
) l USING (sku, location_id)
WHERE s.held <> coalesce(l.held, 0) OR s.committed <> coalesce(l.committed, 0);

-- name: stock_is_never_oversold
-- The constraint says so; this says that nobody dropped it.
SELECT sku, location_id FROM stock WHERE held + committed > on_hand + backorder_limit + shortfall;

-- name: stock_asks_its_places_in_their_turn
-- What allocation reads from the stock row is what was decided about the place.
SELECT s.sku, s.location_id, s.turn, l.priority, l.open FROM stock s JOIN locations l ON l.id = s.location_id
WHERE s.turn IS DISTINCT FROM CASE WHEN l.open THEN l.priority END;

-- name: units_in_transit_are_sent_less_received_less_lost
-- The counters of a transfer are the sums of its legs.
SELECT l.transfer_id, l.sku, l.sent, l.received, l.lost, g.sent AS legs_sent, g.received AS legs_received,
       g.lost AS legs_lost
FROM stock_transfer_lines l
LEFT JOIN (
    SELECT transfer_id, sku, coalesce(sum(quantity) FILTER (WHERE kind = 'sent'), 0) AS sent,
           coalesce(sum(quantity) FILTER (WHERE kind = 'received'), 0) AS received,
           coalesce(sum(quantity) FILTER (WHERE kind = 'lost'), 0) AS lost
    FROM stock_transfer_legs GROUP BY transfer_id, sku
) g USING (transfer_id, sku)
WHERE (l.sent, l.received, l.lost) IS DISTINCT FROM (g.sent, g.received, g.lost) OR l.sent < l.received + l.lost;

-- name: transfers_move_what_they_say
-- What has left one shelf and has not arrived on the other is in transit or lost, place by place.
SELECT t.id, l.sku, l.sent, l.received, m.gone, m.come
FROM stock_transfers t
JOIN stock_transfer_lines l ON l.transfer_id = t.id
LEFT JOIN (
    SELECT m.subject, m.sku, coalesce(sum(m.quantity) FILTER (WHERE m.location_id = x.from_location_id), 0) AS gone,
           coalesce(sum(m.quantity) FILTER (WHERE m.location_id = x.to_location_id), 0) AS come
    FROM movements m JOIN stock_transfers x ON x.id = m.subject
    WHERE m.kind = 'transferred' GROUP BY m.subject, m.sku
) m ON m.subject = t.id AND m.sku = l.sku
WHERE (-l.sent, l.received) IS DISTINCT FROM (m.gone, m.come);

-- name: counts_move_their_differences
-- A count changes what lies there by what it found, and by nothing else.
SELECT c.count_id, c.sku, c.location_id, c.counted - c.booked AS difference, m.moved
FROM stock_count_lines c
LEFT JOIN (SELECT m.subject, m.sku, m.location_id, sum(m.quantity) AS moved
           FROM movements m JOIN stock_counts x ON x.id = m.subject GROUP BY m.subject, m.sku, m.location_id) m
    ON (m.subject, m.sku, m.location_id) = (c.count_id, c.sku, c.location_id)
WHERE c.counted - c.booked <> coalesce(m.moved, 0);

-- name: short_places_are_shown
-- Whoever was promised what is not there stands in a matter, seen or not.
SELECT s.sku, s.location_id, s.shortfall FROM stock s
WHERE s.shortfall > 0 AND NOT EXISTS (
    SELECT FROM attention t WHERE t.kind = 'stock_short' AND t.subject = s.sku || '@' || s.location_id);

-- name: secured_orders_have_their_units
-- Per SKU: what a secured order bought is committed, owed or shipped.
SELECT o.id, n.sku, n.wanted, n.owed, n.shipped, coalesce(c.committed, 0) AS committed
FROM orders o
JOIN (SELECT order_id, sku, sum(quantity - cancelled) AS wanted, sum(owed) AS owed, sum(shipped) AS shipped
      FROM order_lines WHERE tracked
      GROUP BY order_id, sku) n ON n.order_id = o.id
LEFT JOIN (SELECT h.order_id, l.sku, sum(l.quantity) AS committed FROM holds h JOIN hold_lines l ON l.hold_id = h.id
           WHERE l.state = 'committed' GROUP BY h.order_id, l.sku) c ON c.order_id = o.id AND c.sku = n.sku
WHERE o.state IN ('paid', 'confirmed', 'processing', 'ready_for_shipment', 'shipped', 'in_transit', 'delivered')
  AND coalesce(c.committed, 0) + n.owed + n.shipped <> n.wanted;

-- name: shipped_orders_are_shipped_whole
-- A part is a status, not a state.
SELECT o.id, o.state, l.position, l.quantity, l.cancelled, l.shipped FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.state IN ('shipped', 'in_transit', 'delivered') AND l.shipped <> l.quantity - l.cancelled;

-- name: lines_count_what_lies_in_their_parcels
-- Counters and parcels change in one transaction, under the order's lock.
SELECT l.order_id, l.position, l.packed, l.shipped, p.packed AS in_parcels, p.shipped AS gone FROM order_lines l
LEFT JOIN (
    SELECT x.order_id, x.position, sum(x.quantity) AS packed,
           coalesce(sum(x.quantity) FILTER (WHERE s.state <> 'packed'), 0) AS shipped
    FROM shipment_lines x JOIN shipments s ON s.id = x.shipment_id WHERE s.state <> 'cancelled'
    GROUP BY x.order_id, x.position
) p ON p.order_id = l.order_id AND p.position = l.position
WHERE l.packed <> coalesce(p.packed, 0) OR l.shipped <> coalesce(p.shipped, 0);

-- name: parcels_hold_lines_of_their_own_order
-- A parcel goes to one buyer.
SELECT s.id, s.order_id, l.order_id AS of_order FROM shipments s JOIN shipment_lines l ON l.shipment_id = s.id
WHERE l.order_id <> s.order_id;

-- name: parcels_took_their_units_off_the_shelf
-- Per parcel and SKU: what left with it is what lies in it, and what came back is not away any more.
SELECT coalesce(p.shipment_id, m.subject) AS shipment_id, coalesce(p.sku, m.sku) AS sku, p.units, m.gone
FROM (
    SELECT l.shipment_id, o.sku, CASE WHEN s.state = 'returned' THEN 0 ELSE sum(l.quantity) END AS units
    FROM shipments s JOIN shipment_lines l ON l.shipment_id = s.id
    JOIN order_lines o ON o.order_id = l.order_id AND o.position = l.position
    WHERE o.tracked AND s.state NOT IN ('packed', 'cancelled')
    GROUP BY l.shipment_id, o.sku, s.state
) p
FULL JOIN (
    SELECT subject, sku, -sum(quantity) AS gone FROM movements
    WHERE subject LIKE 'shp\_%' AND kind IN ('shipped', 'returned') GROUP BY subject, sku
) m ON m.subject = p.shipment_id AND m.sku = p.sku
WHERE coalesce(p.units, 0) <> coalesce(m.gone, 0);

-- name: orders_know_whether_goods_are_out
-- What is out keeps an order from being cancelled.
SELECT o.id, o.state, o.goods_out FROM orders o
WHERE o.goods_out <> EXISTS (SELECT FROM shipments s WHERE s.order_id = o.id
                             AND s.state IN ('shipped', 'in_transit', 'delivered', 'lost'));

-- name: goods_of_delivered_orders_are_out
-- That tells an archived order that was delivered from one that was cancelled, and what is done with its money.
SELECT id, state FROM orders WHERE state = 'delivered' AND NOT goods_out;

-- name: shipment_state_is_its_last_event
-- One statement moves and records.
SELECT s.id, s.state, e.to_state FROM shipments s
LEFT JOIN LATERAL (
    SELECT to_state FROM shipment_events WHERE shipment_id = s.id ORDER BY position DESC LIMIT 1
) e ON true
WHERE e.to_state IS DISTINCT FROM s.state;

-- name: ended_orders_hold_nothing
-- Units of cancelled and expired orders are back on the shelf, or about to be (dead lines are let go when needed).
SELECT o.id, l.sku, l.state FROM orders o JOIN holds h ON h.order_id = o.id JOIN hold_lines l ON l.hold_id = h.id
WHERE (o.state IN ('cancelled', 'archived') AND l.state IN ('active', 'committed'))
   OR (o.state = 'expired' AND l.state IN ('active', 'committed'));

-- name: order_state_is_its_last_event
-- One statement moves and records.
SELECT o.id, o.state, e.to_state FROM orders o
LEFT JOIN LATERAL (SELECT to_state FROM order_events WHERE order_id = o.id ORDER BY position DESC LIMIT 1) e ON true
WHERE e.to_state IS DISTINCT FROM o.state;

-- name: order_events_are_a_chain
-- Every event starts where the one before it ended.
SELECT order_id, position, from_state, before FROM (
    SELECT order_id, position, from_state,
           lag(to_state, 1, 'new') OVER (PARTITION BY order_id ORDER BY position) AS before
    FROM order_events
) chain WHERE from_state <> before;

-- name: order_sums_equal_their_lines
-- The parts add up to the whole, tax included.
SELECT o.id FROM orders o
JOIN (SELECT order_id, sum(total_minor) AS total, sum(discount_minor) AS discount, sum(tax_minor) AS tax
      FROM order_lines GROUP BY order_id) l ON l.order_id = o.id
WHERE o.subtotal_minor <> l.total OR o.discount_minor <> l.discount OR l.tax > o.tax_minor;

-- name: order_discounts_are_its_coupons
-- Nothing else takes anything off the lines.
SELECT o.id, o.discount_minor, u.discount FROM orders o
LEFT JOIN (SELECT order_id, sum(discount_minor) FILTER (WHERE kind <> 'free_shipping') AS discount
           FROM coupon_uses GROUP BY order_id) u ON u.order_id = o.id
WHERE o.discount_minor <> coalesce(u.discount, 0);

-- name: coupon_uses_are_the_orders_that_use_it
-- Counted while the order stands; once it is called off, given back or kept. None is used more often than it may be.
SELECT c.code, c.uses, u.uses FROM coupons c
LEFT JOIN (SELECT code, count(*) FILTER (WHERE state <> 'given_back') AS uses FROM coupon_uses GROUP BY code) u
    ON u.code = c.code
WHERE c.uses <> coalesce(u.uses, 0) OR c.uses > c.uses_max;

-- name: coupon_uses_end_with_their_orders
-- Whoever cancels an order ends its uses in the same transaction.
SELECT u.code, u.order_id, u.state, o.state FROM coupon_uses u JOIN orders o ON o.id = u.order_id
WHERE (u.state = 'counted') = (o.state = 'cancelled' OR (o.state = 'archived' AND NOT o.goods_out));

-- name: payment_is_the_sum_of_its_ledger
-- Captured, refunded, disputed, lost: sums over append-only lines.
SELECT p.id, p.captured_minor, l.captured, p.refunded_minor, l.refunded, p.disputed_minor, l.disputed, p.lost_minor,
       l.lost FROM payments p
LEFT JOIN (
    SELECT payment_id,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'captured'), 0) AS captured,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'refunded'), 0)
             - coalesce(sum(amount_minor) FILTER (WHERE kind = 'refund_failed'), 0) AS refunded,
           coalesce(sum(amount_minor) FILTER (WHERE kind IN ('disputed', 'dispute_reversed')), 0)
             - coalesce(sum(amount_minor) FILTER (WHERE kind IN ('dispute_won', 'dispute_lost')), 0) AS disputed,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'dispute_lost'), 0)
             - coalesce(sum(amount_minor) FILTER (WHERE kind = 'dispute_reversed'), 0) AS lost
    FROM ledger GROUP BY payment_id
) l ON l.payment_id = p.id
WHERE p.captured_minor <> coalesce(l.captured, 0) OR p.refunded_minor <> coalesce(l.refunded, 0)
   OR p.disputed_minor <> coalesce(l.disputed, 0) OR p.lost_minor <> coalesce(l.lost, 0);

-- name: payment_is_the_sum_of_its_disputes
-- What is open is disputed, what was lost is lost; and a dispute stands where its last event has led it.
SELECT p.id, p.disputed_minor, d.disputed, p.lost_minor, d.lost FROM payments p
LEFT JOIN (SELECT payment_id,
                  sum(amount_minor) FILTER (WHERE state IN ('opened', 'evidence_due', 'under_review')) AS disputed,
                  sum(amount_minor) FILTER (WHERE state = 'lost') AS lost
           FROM disputes GROUP BY payment_id) d ON d.payment_id = p.id
WHERE p.disputed_minor <> coalesce(d.disputed, 0) OR p.lost_minor <> coalesce(d.lost, 0)
   OR EXISTS (SELECT FROM disputes x WHERE x.payment_id = p.id AND x.state IS DISTINCT FROM (
       SELECT e.to_state FROM dispute_events e WHERE e.dispute_id = x.id ORDER BY e.position DESC LIMIT 1));

-- name: payment_is_the_sum_of_its_attempts
-- No capture without an attempt of ours.
SELECT p.id, p.captured_minor, a.captured FROM payments p
JOIN (SELECT payment_id, sum(captured_minor) AS captured FROM payment_attempts GROUP BY payment_id) a
    ON a.payment_id = p.id
WHERE p.captured_minor <> a.captured;

-- name: refunding_is_the_sum_of_our_refunds
-- What we intend to give back, failed ones aside.
SELECT p.id, p.refunding_minor, coalesce(r.intended, 0) AS intended FROM payments p
LEFT JOIN (SELECT payment_id, sum(amount_minor) AS intended FROM refunds WHERE ours AND state <> 'failed'
           GROUP BY payment_id) r ON r.payment_id = p.id
WHERE p.refunding_minor <> coalesce(r.intended, 0);

-- name: every_order_has_its_payment
-- Born together; by what was cancelled of an order less is due.
SELECT o.id FROM orders o LEFT JOIN payments p ON p.order_id = o.id
LEFT JOIN (SELECT order_id, sum(worth_minor) AS worth FROM order_cancellations GROUP BY order_id) c
    ON c.order_id = o.id
WHERE p.id IS NULL OR p.due_minor <> o.total_minor - coalesce(c.worth, 0) OR p.currency <> o.currency;

-- name: returns_are_where_their_last_event_led_them
-- And the units on their way back, or back, are those of the returns that were not dropped.
SELECT r.id AS subject FROM returns r WHERE r.state IS DISTINCT FROM (
    SELECT e.to_state FROM return_events e WHERE e.return_id = r.id ORDER BY e.position DESC LIMIT 1)
UNION ALL
SELECT l.order_id FROM order_lines l
LEFT JOIN (SELECT x.order_id, x.position,
                  sum(CASE WHEN r.state IN ('refused', 'withdrawn') THEN 0
                           WHEN r.state IN ('requested', 'approved') THEN x.quantity
                           ELSE x.restocked + x.written_off END) AS units
           FROM return_lines x JOIN returns r ON r.id = x.return_id GROUP BY x.order_id, x.position) b
    ON b.order_id = l.order_id AND b.position = l.position
WHERE l.returned <> coalesce(b.units, 0);

-- name: lines_explain_what_was_given_back
-- Counters of a line are sums over what was written down of it.
SELECT l.order_id, l.position, l.cancelled, c.units AS cancellations, l.refunded, r.units AS refunds
FROM order_lines l
LEFT JOIN (SELECT order_id, position, sum(quantity) AS units FROM order_cancellations GROUP BY order_id, position) c
    USING (order_id, position)
LEFT JOIN (SELECT order_id, position, sum(quantity) AS units FROM refund_lines WHERE NOT restock
           GROUP BY order_id, position) r USING (order_id, position)
WHERE l.cancelled <> coalesce(c.units, 0) OR l.refunded <> coalesce(r.units, 0);

-- name: paid_orders_were_paid
-- No order is paid without the money: a capture, or what staff saw on the account or in the till.
SELECT o.id, o.state FROM orders o JOIN payments p ON p.order_id = o.id
WHERE o.state IN ('paid', 'awaiting_stock') AND p.captured_minor < p.due_minor;

-- name: confirmed_orders_are_secured
-- Goods go for money that came or is set aside, or for cash that staff have accepted; a matter tells of the rest.
SELECT o.id, o.state FROM orders o JOIN payments p ON p.order_id = o.id
WHERE o.state IN ('confirmed', 'processing', 'ready_for_shipment', 'shipped', 'in_transit', 'delivered')
  AND p.captured_minor < p.due_minor
  AND NOT EXISTS (SELECT FROM payment_attempts a WHERE a.payment_id = p.id
                  AND (a.state = 'authorized' OR a.provider = 'cash_on_delivery'
                       OR EXISTS (SELECT FROM attention t WHERE t.subject = a.id
                                  AND t.kind IN ('capture_failed', 'amount_differs'))));

-- name: deeds_are_sealed_or_wait_for_it
-- Every deed of the audit is in the chain of seals, or waits for its place in it.
SELECT coalesce(a.id, u.audit_id) AS id, s.position, u.audit_id AS waits FROM audit a
FULL JOIN audit_unsealed u ON u.audit_id = a.id LEFT JOIN audit_seals s ON s.audit_id = coalesce(a.id, u.audit_id)
WHERE a.id IS NULL OR (s.audit_id IS NULL) = (u.audit_id IS NULL);

-- name: captures_are_of_one_order
-- No capture without an order: a line of the ledger, its attempt and its payment are of the same one.
SELECT l.id, l.payment_id, l.attempt_id FROM ledger l
JOIN payment_attempts a ON a.id = l.attempt_id JOIN payments p ON p.id = l.payment_id
WHERE a.payment_id <> p.id OR a.order_id <> p.order_id;

-- name: no_event_is_applied_twice
-- One event, one line of the ledger for what it is about.
SELECT l.source, l.attempt_id, l.refund_id, l.kind, count(*) FROM ledger l WHERE l.source LIKE 'webhook:%'
GROUP BY l.source, l.attempt_id, l.refund_id, l.kind HAVING count(*) > 1;

-- name: refunds_never_exceed_captures
-- What we give back was captured, attempt by attempt; what a provider's own desk gave back beyond it is shown.
SELECT a.id, a.captured_minor, sum(r.amount_minor) AS back FROM payment_attempts a JOIN refunds r ON r.attempt_id = a.id
WHERE r.state <> 'failed'
GROUP BY a.id HAVING sum(r.amount_minor) FILTER (WHERE r.ours) > a.captured_minor
    OR sum(r.amount_minor) > a.captured_minor AND NOT EXISTS (
        SELECT FROM attention t JOIN refunds e ON e.id = t.subject
        WHERE t.kind = 'refund_elsewhere' AND e.attempt_id = a.id);

-- name: captured_money_is_owed_an_order_or_a_refund
-- Every captured penny belongs to a living order, a refund, a job that will issue one, or a matter for the staff.
SELECT o.id, o.state, p.captured_minor, coalesce(r.back, 0) AS back
FROM orders o
JOIN payments p ON p.order_id = o.id
LEFT JOIN (SELECT payment_id, sum(amount_minor) AS back,
                  coalesce(sum(amount_minor) FILTER (WHERE NOT waived), 0) AS owed_back
           FROM refunds WHERE state <> 'failed' GROUP BY payment_id) r
    ON r.payment_id = p.id
WHERE p.disputed_minor = 0 AND p.captured_minor - p.lost_minor > coalesce(r.back, 0)
  AND (o.state = 'cancelled' OR o.state = 'archived' AND NOT o.goods_out
       OR p.captured_minor - p.lost_minor - coalesce(r.owed_back, 0) > p.due_minor)
  AND NOT EXISTS (SELECT 1 FROM pgqueuer j WHERE j.entrypoint = 'refund_excess'
                  AND convert_from(j.payload, 'UTF8')::jsonb ->> 'id' = p.id)
  AND NOT EXISTS (SELECT 1 FROM attention t JOIN refunds r ON r.id = t.subject
                  WHERE t.kind = 'refund_failed' AND r.payment_id = p.id);

-- name: unpaid_orders_are_not_fully_paid
-- Money that is all there moves its order in the same transaction.
SELECT o.id, o.state FROM orders o JOIN payments p ON p.order_id = o.id
WHERE o.state IN ('pending_payment', 'payment_failed', 'expired') AND p.captured_minor >= p.due_minor;

-- name: attempts_are_polled_in_time
-- An open attempt at a provider that can be asked has a moment at which it will be, and no such moment has passed
-- for a day without a poll.
SELECT id, poll_at FROM payment_attempts
WHERE provider NOT IN ('bank_transfer', 'cash_on_delivery') AND NOT superseded
  AND state IN ('intended', 'pending', 'requires_action', 'authorized')
  AND (poll_at IS NULL OR poll_at < now() - interval '1 day');

-- name: purchases_are_of_their_orders
-- Limits count what was ordered, no more and no less.
SELECT p.order_id, p.sku, p.quantity, n.ordered
FROM purchases p
LEFT JOIN (SELECT order_id, sku, sum(quantity) AS ordered FROM order_lines GROUP BY order_id, sku) n
    ON n.order_id = p.order_id AND n.sku = p.sku
WHERE p.quantity IS DISTINCT FROM n.ordered;

-- name: invoices_are_numbered_without_gaps
-- The counter is locked by whoever issues one, and goes back when that is undone.
SELECT c.last_number, count(i.number) AS issued, max(i.number) AS highest
FROM invoice_counter c LEFT JOIN invoices i ON true
GROUP BY c.last_number HAVING c.last_number <> count(i.number) OR c.last_number <> coalesce(max(i.number), 0);

-- name: vendors_are_owed_what_their_lines_say
-- Of a paid order that was not cancelled: the worth of what was neither cancelled nor refunded, less the commission on
-- it; of others nothing. What went back is told by what was written down of it, not by the counters.
SELECT l.order_id, l.position, l.vendor_id, w.worth, w.kept, v.sold, v.taken
FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN payments p ON p.order_id = o.id
CROSS JOIN LATERAL (
    SELECT p.captured_minor >= p.due_minor AND o.state NOT IN ('pending_payment', 'payment_failed', 'expired')
           AND NOT EXISTS (SELECT FROM order_events e WHERE e.order_id = o.id AND e.to_state = 'cancelled') AS earns,
           l.total_minor - l.discount_minor + CASE WHEN o.tax_inclusive THEN 0 ELSE l.tax_minor END
             - (SELECT coalesce(sum(c.worth_minor), 0) FROM order_cancellations c
                WHERE c.order_id = l.order_id AND c.position = l.position)
             - (SELECT coalesce(sum(r.worth_minor), 0) FROM refund_lines r
                WHERE r.order_id = l.order_id AND r.position = l.position AND NOT r.restock) AS worth,
           l.commission_minor - div(2 * l.commission_minor * (l.cancelled + l.refunded) + l.quantity,
                                    2 * l.quantity) AS kept
) w
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount_minor) FILTER (WHERE kind IN ('sale', 'refund')), 0) AS sold,
           coalesce(-sum(amount_minor) FILTER (WHERE kind IN ('commission', 'commission_back')), 0) AS taken,
           coalesce(bool_and(e.vendor_id = l.vendor_id AND e.currency = o.currency), true) AS fits
    FROM vendor_ledger e WHERE e.order_id = l.order_id AND e.position = l.position
) v
WHERE l.vendor_id IS NOT NULL
  AND ((v.sold, v.taken) <> (CASE WHEN w.earns THEN w.worth ELSE 0 END, CASE WHEN w.earns THEN w.kept ELSE 0 END)
       OR NOT v.fits);

-- name: orders_know_whether_they_have_vendors
-- Whoever moves an order looks for vendors only where it says so; and nobody is owed for a line of the shop's own.
SELECT o.id FROM orders o
WHERE o.has_vendors <> EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.vendor_id IS NOT NULL)
UNION ALL
SELECT l.order_id FROM vendor_ledger e JOIN order_lines l ON l.order_id = e.order_id AND l.position = e.position
WHERE l.vendor_id IS NULL;

-- name: payouts_are_the_sum_of_their_entries
-- All of one vendor and one currency; an entry is in one payout at most by its key.
SELECT p.id, p.amount_minor, e.amount FROM vendor_payouts p
LEFT JOIN (
    SELECT x.payout_id, sum(v.amount_minor) AS amount, min(v.vendor_id) AS first_vendor, max(v.vendor_id) AS last_vendor,
           min(v.currency) AS first_currency, max(v.currency) AS last_currency
    FROM vendor_payout_entries x JOIN vendor_ledger v ON v.id = x.entry_id GROUP BY x.payout_id
) e ON e.payout_id = p.id
WHERE (p.amount_minor, p.vendor_id, p.vendor_id, p.currency, p.currency) IS DISTINCT FROM
      (e.amount, e.first_vendor, e.last_vendor, e.first_currency, e.last_currency);

-- name: vendors_parcels_hold_their_own_lines
-- Nobody sends what somebody else sells, but the shop itself.
SELECT s.id, s.vendor_id, l.position, o.vendor_id AS of_vendor
FROM shipments s JOIN shipment_lines l ON l.shipment_id = s.id
JOIN order_lines o ON o.order_id = l.order_id AND o.position = l.position
WHERE s.vendor_id IS NOT NULL AND o.vendor_id IS DISTINCT FROM s.vendor_id;

-- name: products_count_their_approved_reviews
-- Counted in the statement that shows a review or takes it away.
SELECT p.id, p.review_count, r.reviews, p.stars_sum, r.stars FROM products p
LEFT JOIN (SELECT product_id, count(*) AS reviews, sum(stars) AS stars FROM reviews WHERE state = 'approved'
           GROUP BY product_id) r ON r.product_id = p.id
WHERE p.review_count <> coalesce(r.reviews, 0) OR p.stars_sum <> coalesce(r.stars, 0);

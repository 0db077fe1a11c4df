-- name: shipping
-- The tax of shipping is what of the order's tax is not its lines'. Under the order's lock.
SELECT o.shipping_minor,
       (o.tax_minor - (SELECT sum(l.tax_minor) FROM order_lines l WHERE l.order_id = o.id))::bigint AS shipping_tax_minor,
       o.tax_inclusive,
       (SELECT coalesce(sum(r.shipping_minor), 0)::bigint FROM refund_requests r
        WHERE r.order_id = o.id AND r.state = 'counted') AS back_minor
FROM orders o WHERE o.id = :order_id;

-- name: record
-- The wish as it was, so that a second person agrees to what was asked for.
INSERT INTO refund_requests (id, order_id, wish, amount_minor, tax_minor, shipping_minor, currency, reason, state,
                             recorded_by, at)
VALUES (:id, :order_id, :wish, :amount_minor, :tax_minor, :shipping_minor, :currency, :reason, :state, :actor, :at);

-- name: find
-- Looked up before the locks: whose it is never changes.
SELECT id, order_id, wish, amount_minor, tax_minor, shipping_minor, currency, reason, state, recorded_by, decided_by, at
FROM refund_requests WHERE id = :id AND state = 'waiting';

-- name: decide
-- Once: of two who decide at the same moment the second finds nothing that waits.
UPDATE refund_requests SET state = :state, decided_by = :actor, decided_at = :at WHERE id = :id AND state = 'waiting';

-- name: enter_lines
-- Only ever added to; the counters of the lines are sums over it.
INSERT INTO refund_lines (request_id, order_id, position, quantity, restock, total_minor, discount_minor, tax_minor,
                          worth_minor, at)
SELECT :request_id, :order_id, g.position, g.quantity, g.restock, g.total, g.discount, g.tax, g.worth, :at
FROM unnest(:positions::int[], :quantities::bigint[], :restocks::boolean[], :totals::bigint[], :discounts::bigint[],
            :taxes::bigint[], :worths::bigint[]) AS g(position, quantity, restock, total, discount, tax, worth);

-- name: of_order
-- By the index on their order.
SELECT id, order_id, wish, amount_minor, tax_minor, shipping_minor, currency, reason, state, recorded_by, decided_by, at
FROM refund_requests WHERE order_id = :order_id ORDER BY id;

-- name: lines_of_order
-- By the index on their order.
SELECT request_id, position, quantity, restock, total_minor, discount_minor, tax_minor, worth_minor
FROM refund_lines WHERE order_id = :order_id ORDER BY request_id, position;

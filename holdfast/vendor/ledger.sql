-- name: lines
-- Under the locks of the orders. Of what was delivered goods are out; what is archived without them was cancelled.
SELECT l.order_id, l.position, l.vendor_id, o.currency,
       p.captured_minor >= p.due_minor
           AND o.state NOT IN ('pending_payment', 'payment_failed', 'expired', 'cancelled')
           AND (o.state <> 'archived' OR o.goods_out) AS earns,
       l.quantity, l.cancelled + l.refunded AS gone, l.total_minor, l.discount_minor, l.tax_minor, o.tax_inclusive,
       l.commission_minor,
       (SELECT coalesce(sum(v.amount_minor), 0)::bigint FROM vendor_ledger v
        WHERE v.order_id = l.order_id AND v.position = l.position AND v.kind IN ('sale', 'refund')) AS sold_minor,
       (SELECT coalesce(-sum(v.amount_minor), 0)::bigint FROM vendor_ledger v
        WHERE v.order_id = l.order_id AND v.position = l.position AND v.kind IN ('commission', 'commission_back'))
           AS kept_minor
FROM orders o JOIN payments p ON p.order_id = o.id JOIN order_lines l ON l.order_id = o.id
WHERE o.id = ANY(:order_ids::text[]) AND l.vendor_id IS NOT NULL
ORDER BY l.order_id, l.position;

-- name: enter
-- Only ever added to.
INSERT INTO vendor_ledger (vendor_id, order_id, position, kind, amount_minor, currency, actor, at)
SELECT e.vendor_id, e.order_id, e.position, e.kind, e.amount, e.currency, 'shop', :at
FROM unnest(:vendors::text[], :orders::text[], :positions::int[], :kinds::text[], :amounts::bigint[],
            :currencies::text[]) AS e(vendor_id, order_id, position, kind, amount, currency);

-- name: adjust
-- A reference of the vendor's row keeps out who does not exist.
INSERT INTO vendor_ledger (vendor_id, kind, amount_minor, currency, reason, actor, at)
VALUES (:vendor_id, 'adjustment', :amount_minor, :currency, :reason, :actor, :at);

-- name: page
-- By the index on (vendor_id, id); whose it is stands in the WHERE.
SELECT e.id, e.order_id, e.position, e.kind, e.amount_minor, e.currency, e.reason, x.payout_id, e.at
FROM vendor_ledger e LEFT JOIN vendor_payout_entries x ON x.entry_id = e.id
WHERE e.vendor_id = :vendor_id AND e.id < :before
ORDER BY e.id DESC LIMIT :rows_max::int;

-- name: without
-- Under the orders' locks. The rate is that of the rules that were in force when the order was born: history keeps them.
SELECT o.id AS order_id,
       (SELECT (s.document ->> 'tax_rate_bp')::int FROM shop_settings s WHERE s.at <= o.created_at
        ORDER BY s.version DESC LIMIT 1) AS rate_bp
FROM orders o
WHERE o.id = ANY(:order_ids::text[]) AND NOT EXISTS (SELECT FROM invoices i WHERE i.order_id = o.id)
ORDER BY o.id;

-- name: take_numbers
-- The row stays locked until the invoices are committed: a number that is not used goes back with everything else.
UPDATE invoice_counter SET last_number = last_number + :count RETURNING last_number;

-- name: create
-- Once per order: the unique key says so.
INSERT INTO invoices (id, number, order_id, document, actor, issued_at)
SELECT n.id, n.number, n.order_id, n.document, :actor, :at
FROM unnest(:ids::text[], :numbers::bigint[], :order_ids::text[], :documents::jsonb[])
    AS n(id, number, order_id, document);

-- name: of_order
-- As it was issued.
SELECT document FROM invoices WHERE order_id = :order_id;

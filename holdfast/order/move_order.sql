-- name: lock
-- Sorted before it is locked, so that two batches never wait for each other.
SELECT id, state, status, cart_id, checkout_id, payment_method, currency, total_minor, has_vendors,
       goods_out, goods_back
FROM orders
WHERE id = ANY(:order_ids::text[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: money
-- A statement of its own after the lock: a row joined to the locking one could be older than the lock.
SELECT order_id, captured_minor, refunded_minor, disputed_minor, lost_minor
FROM payments
WHERE order_id = ANY(:order_ids::text[]);

-- name: create
-- Three tables in one statement, however many orders: the foreign keys are checked at its end.
WITH born AS (
    INSERT INTO orders (id, checkout_id, cart_id, state, status, email, shipping_address, billing_address,
                        shipping_option, payment_method, reference, currency, subtotal_minor, discount_minor,
                        shipping_minor, tax_minor, tax_inclusive, total_minor, placed_at, created_at, unpaid_until,
                        customer_id, has_vendors)
    SELECT n.id, n.checkout_id, n.cart_id, :state, :status, n.email, n.shipping_address, n.billing_address,
           n.shipping_option, n.payment_method, n.reference, n.currency, n.subtotal, n.discount,
           n.shipping, n.tax, n.tax_inclusive, n.total, n.placed_at, :at, n.unpaid_until, n.customer_id,
           n.has_vendors
    FROM unnest(:ids::text[], :checkout_ids::text[], :cart_ids::text[], :emails::text[],
                :shipping_addresses::jsonb[], :billing_addresses::jsonb[], :shipping_options::text[],
                :payment_methods::text[], :order_references::text[], :currencies::text[], :subtotals::bigint[],
                :discounts::bigint[], :shippings::bigint[], :taxes::bigint[], :tax_inclusives::boolean[],
                :totals::bigint[], :placed_ats::timestamptz[], :unpaid_untils::timestamptz[], :customers::text[],
                :have_vendors::boolean[])
         AS n(id, checkout_id, cart_id, email, shipping_address, billing_address, shipping_option, payment_method,
              reference, currency, subtotal, discount, shipping, tax, tax_inclusive, total, placed_at, unpaid_until,
              customer_id, has_vendors)
    ORDER BY n.cart_id, n.id
    RETURNING id, number
), lines AS (
    INSERT INTO order_lines (order_id, position, sku, name, tracked, quantity, unit_price_minor, total_minor,
                             discount_minor, tax_minor, vendor_id, commission_bp, commission_minor)
    SELECT * FROM unnest(:line_orders::text[], :positions::int[], :skus::text[], :names::text[], :tracked::boolean[],
                         :quantities::bigint[], :unit_prices::bigint[], :line_totals::bigint[],
                         :line_discounts::bigint[], :line_taxes::bigint[],
                         :line_vendors::text[], :commission_bps::int[], :commissions::bigint[])
), events AS (
    INSERT INTO order_events (order_id, event, from_state, to_state, actor, at)
    SELECT e.id, :event, :from_state, :state, e.actor, :at
    FROM unnest(:ids::text[], :actors::text[]) AS e(id, actor)
)
SELECT id, number FROM born;

-- name: move
-- The state that was read under the lock is in the WHERE, and the event is written by the same statement.
WITH wanted AS (
    SELECT * FROM unnest(:ids::text[], :from_states::text[], :events::text[], :to_states::text[], :statuses::text[],
                         :actors::text[], :reasons::text[], :notes::text[], :goods_outs::boolean[])
        AS w(id, from_state, event, to_state, status, actor, reason, note, goods_out)
), moved AS (
    UPDATE orders o SET state = w.to_state, status = w.status, goods_out = w.goods_out
    FROM wanted w WHERE o.id = w.id AND o.state = w.from_state
    RETURNING w.*
)
INSERT INTO order_events (order_id, event, from_state, to_state, actor, reason, note, at)
SELECT id, event, from_state, to_state, actor, reason, note, :at FROM moved
RETURNING order_id;

-- name: restate
-- Only the rows whose status really changes are written.
UPDATE orders o SET status = w.status, goods_out = w.goods_out
FROM unnest(:ids::text[], :statuses::text[], :goods_outs::boolean[]) AS w(id, status, goods_out)
WHERE o.id = w.id AND (o.status <> w.status OR o.goods_out <> w.goods_out);

-- name: show_returns
-- A word beside the state: returns are a machine of their own.
UPDATE orders SET goods_back = :goods_back WHERE id = :id AND goods_back IS DISTINCT FROM :goods_back;

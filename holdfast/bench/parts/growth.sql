-- name: add_orders
-- A year of paid (nine of ten) and cancelled orders of one line, with all that belongs to them: one statement, at
-- whose end the foreign keys are checked. Their ids are older than any that the shop will mint.
WITH numbers AS (
    SELECT lpad(n::text, 26, '0') AS id, 'B' || to_char(1 + n::bigint * 7919 % :skus::int, 'FM000000') AS sku,
           n % 10 <> 0 AS paid, now() - interval '1 year' * (1 - n / :total::numeric)::float8 AS at
    FROM generate_series(:first::int, :last::int) AS n
), bought AS (
    SELECT n.*, v.price_minor AS price, v.price_minor + 395 AS total, p.name
    FROM numbers n JOIN variants v USING (sku) JOIN products p ON p.id = v.product_id
), born AS (
    INSERT INTO orders (id, state, status, email, shipping_address, shipping_option, payment_method, currency,
                        subtotal_minor, discount_minor, shipping_minor, tax_minor, tax_inclusive, total_minor,
                        placed_at, created_at, unpaid_until)
    SELECT 'ord_' || id, CASE WHEN paid THEN 'paid' ELSE 'cancelled' END,
           CASE WHEN paid THEN 'paid' ELSE 'cancelled' END, 'buyer@example.com',
           '{"name":"Ann Buyer","line1":"1 High Street","city":"London","postal_code":"N1 1AA","country":"GB"}',
           'standard', 'stripe', 'GBP', price, 0, 395, total / 6, true, total, at, at, at + interval '1 day'
    FROM bought ORDER BY id
), lines AS (
    INSERT INTO order_lines (order_id, position, sku, name, tracked, quantity, unit_price_minor, total_minor,
                             discount_minor, tax_minor)
    SELECT 'ord_' || id, 1, sku, name, true, 1, price, price, 0, price / 6 FROM bought ORDER BY id
), placed AS (
    INSERT INTO order_events (order_id, event, from_state, to_state, actor, at)
    SELECT 'ord_' || id, 'placed', 'new', 'pending_payment', 'guest', at FROM bought ORDER BY id
), collected AS (
    INSERT INTO payments (id, order_id, state, currency, due_minor, captured_minor, created_at)
    SELECT 'pay_' || id, 'ord_' || id, CASE WHEN paid THEN 'paid' ELSE 'cancelled' END, 'GBP', total,
           CASE WHEN paid THEN total ELSE 0 END, at
    FROM bought ORDER BY id
), tried AS (
    INSERT INTO payment_attempts (id, payment_id, order_id, provider, live, provider_ref, state, amount_minor,
                                  captured_minor, currency, lease_until, created_at)
    SELECT 'att_' || id, 'pay_' || id, 'ord_' || id, 'stripe', false, 'pi_' || id,
           CASE WHEN paid THEN 'captured' ELSE 'cancelled' END, total, CASE WHEN paid THEN total ELSE 0 END, 'GBP',
           at, at
    FROM bought ORDER BY id
), held AS (
    INSERT INTO holds (id, order_id, expires_at, created_at)
    SELECT 'hld_' || id, 'ord_' || id, at + interval '15 minutes', at FROM bought ORDER BY id
), kept AS (
    INSERT INTO idempotency_keys (principal, route, key, body_hash, subject, answer, status, lease_until, created_at)
    SELECT 'guest', 'POST /api/v1/orders', 'grown-' || id, sha256(id::bytea), 'ord_' || id,
           convert_to(repeat('x', 900), 'UTF8'), 201, at, at
    FROM bought WHERE at > now() - interval '30 days' ORDER BY id
)
INSERT INTO hold_lines (hold_id, sku, location_id, quantity, state, drops_at)
SELECT 'hld_' || id, sku, 'main', 1, CASE WHEN paid THEN 'committed' ELSE 'released' END, at + interval '17 minutes'
FROM bought ORDER BY id;

-- name: add_outcomes
-- After their births, so that the events of an order stand in their order.
WITH ended AS (
    SELECT p.id AS payment, o.id AS order_id, substr(o.id, 5) AS id, o.state, o.total_minor, o.placed_at AS at
    FROM orders o JOIN payments p ON p.order_id = o.id
    WHERE o.id BETWEEN 'ord_' || lpad((:first::int)::text, 26, '0') AND 'ord_' || lpad((:last::int)::text, 26, '0')
), moved AS (
    INSERT INTO order_events (order_id, event, from_state, to_state, actor, at)
    SELECT order_id, state, 'pending_payment', state, CASE state WHEN 'paid' THEN 'provider' ELSE 'guest' END, at
    FROM ended ORDER BY id
), told AS (
    INSERT INTO provider_events (provider, event_key, state, kind, tries, received_at)
    SELECT 'stripe', 'evt_' || id, 'applied', 'payment_intent.succeeded', 1, at
    FROM ended WHERE state = 'paid' ORDER BY id
)
INSERT INTO ledger (payment_id, attempt_id, kind, amount_minor, source, at)
SELECT payment, 'att_' || id, 'captured', total_minor, 'webhook:evt_' || id, at
FROM ended WHERE state = 'paid' ORDER BY id;

-- name: commit_units
-- The counters follow their lines.
UPDATE stock s SET committed = s.committed + l.units
FROM (SELECT sku, location_id, sum(quantity) AS units FROM hold_lines WHERE state = 'committed'
      GROUP BY sku, location_id) l
WHERE s.sku = l.sku AND s.location_id = l.location_id;

-- name: vacuum
-- Of the tables that have grown, and no empty ones: see vacuum_goods.
VACUUM (ANALYZE) categories, products, variants, stock, movements, orders, order_lines, order_events, payments,
    payment_attempts, holds, hold_lines, idempotency_keys, ledger, provider_events;

-- A whole order as placing writes one (checkout/place_order.py), statement by statement and in the same order: the key,
-- the lock of the stock row and the look at it, then the rows, in a transaction of its own. Nothing that could be
-- spared: no price is looked up, nothing is validated. Ids are made by pgbench and grow within a client, so that the
-- indexes are filled at few places.
\set n :n + 1
\set id (:run * 1000 + :client_id) * 10000000 + :n
\set sku random(1, :skus)
BEGIN;
INSERT INTO idempotency_keys (principal, route, key, body_hash, subject, lease_until, created_at)
VALUES ('guest', 'POST /api/v1/orders', 'reference-' || :id, '\x5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e',
        'ord_' || :id, now(), now())
ON CONFLICT DO NOTHING;
SELECT on_hand, committed, held, backorder_limit FROM stock
WHERE sku = 'B' || lpad(:sku, 6, '0') AND location_id = 'main' FOR NO KEY UPDATE;
INSERT INTO orders (id, state, status, email, shipping_address, shipping_option, payment_method, currency,
                    subtotal_minor, discount_minor, shipping_minor, tax_minor, tax_inclusive, total_minor,
                    placed_at, created_at, unpaid_until)
VALUES ('ord_' || :id, 'pending_payment', 'pending_payment', 'buyer@example.com',
        '{"name":"Ann Buyer","line1":"1 High Street","city":"London","postal_code":"N1 1AA","country":"GB"}',
        'standard', 'cash_on_delivery', 'GBP', 1000, 0, 395, 232, true, 1395, now(), now(), now() + interval '3 days')
RETURNING number;
INSERT INTO order_lines (order_id, position, sku, name, tracked, quantity, unit_price_minor, total_minor,
                         discount_minor, tax_minor)
VALUES ('ord_' || :id, 1, 'B' || lpad(:sku, 6, '0'), 'Bench product', true, 1, 1000, 1000, 0, 166);
INSERT INTO order_events (order_id, event, from_state, to_state, actor, at)
VALUES ('ord_' || :id, 'placed', 'new', 'pending_payment', 'guest', now());
INSERT INTO payments (id, order_id, state, currency, due_minor, created_at)
VALUES ('pay_' || :id, 'ord_' || :id, 'pending', 'GBP', 1395, now());
INSERT INTO payment_attempts (id, payment_id, order_id, provider, provider_ref, live, state, amount_minor, currency,
                              lease_until, created_at)
VALUES ('att_' || :id, 'pay_' || :id, 'ord_' || :id, 'cash_on_delivery', 'att_' || :id, true, 'pending', 1395, 'GBP',
        now(), now());
INSERT INTO holds (id, order_id, expires_at, created_at)
VALUES ('hld_' || :id, 'ord_' || :id, now() + interval '3 days', now());
INSERT INTO hold_lines (hold_id, sku, location_id, quantity, state, drops_at)
VALUES ('hld_' || :id, 'B' || lpad(:sku, 6, '0'), 'main', 1, 'active', now() + interval '3 days');
UPDATE stock SET held = held + 1
WHERE sku = 'B' || lpad(:sku, 6, '0') AND location_id = 'main';
UPDATE idempotency_keys SET status = 201, answer = convert_to(repeat('x', 900), 'UTF8')
WHERE principal = 'guest' AND route = 'POST /api/v1/orders' AND key = 'reference-' || :id;
COMMIT;

-- name: add_goods
-- Numbered products of one variant each, a million units of each on the shelf and the movement that explains them:
-- one statement, at whose end the foreign keys are checked.
WITH numbers AS (
    SELECT n, 'prd_' || lpad(n::text, 26, '0') AS product, 'B' || to_char(n, 'FM000000') AS sku
    FROM generate_series(:first::int, :last::int) AS n
), shop AS (
    INSERT INTO categories (id, slug, name) VALUES ('cat_00000000000000000000000001', 'bench', 'Bench')
    ON CONFLICT DO NOTHING
), shown AS (
    INSERT INTO products (id, slug, name, description, category_id, created_at)
    SELECT product, 'bench-' || n, 'Bench product ' || n, 'A thing that is bought often, number ' || n,
           'cat_00000000000000000000000001', now()
    FROM numbers
), bought AS (
    INSERT INTO variants (sku, product_id, name, price_minor, currency, tracked)
    SELECT sku, product, 'Plain', 1000 + n % 977, 'GBP', true FROM numbers
), shelves AS (
    INSERT INTO stock (sku, location_id, on_hand) SELECT sku, 'main', 1000000 FROM numbers
)
INSERT INTO movements (sku, location_id, kind, quantity, reason, actor, at)
SELECT sku, 'main', 'received', 1000000, 'bench', 'bench', now() FROM numbers;

-- name: add_carts
-- Numbered, and empty.
INSERT INTO carts (id, currency, created_at, updated_at)
SELECT 'crt_' || lpad(n::text, 26, '0'), 'GBP', now(), now() FROM generate_series(:first::int, :last::int) AS n;

-- name: add_checkouts
-- Numbered as their carts, which have one unit of one SKU each. They are open for a day.
WITH numbers AS (
    SELECT lpad(n::text, 26, '0') AS id FROM generate_series(:first::int, :last::int) AS n
), carts AS (
    INSERT INTO carts (id, currency, created_at, updated_at) SELECT 'crt_' || id, 'GBP', now(), now() FROM numbers
), lines AS (
    INSERT INTO cart_lines (cart_id, sku, quantity, added_at) SELECT 'crt_' || id, :sku, 1, now() FROM numbers
)
INSERT INTO checkouts (id, cart_id, expires_at, created_at)
SELECT 'chk_' || id, 'crt_' || id, now() + interval '1 day', now() FROM numbers;

-- name: add_coupon
-- So many uses that nobody comes to the end of them. Not limited by buyer: the bench's are all the same one.
INSERT INTO coupons (code, kind, currency, percent_bp, subtotal_min_minor, uses_max, combinable, active, created_at)
VALUES ('EVERYBODY', 'percent', 'GBP', 1000, 0, 1000000000, false, true, now());

-- name: turn_to_stripe
-- Orders that were placed to be paid on delivery, as if they waited for Stripe: all truths go on holding, and nobody
-- polls before the day is over.
WITH turned AS (
    UPDATE payment_attempts
    SET provider = 'stripe', provider_ref = 'pi_' || substr(id, 5), live = false, poll_at = now() + interval '1 day'
    WHERE provider = 'cash_on_delivery' AND state = 'pending'
    RETURNING order_id
)
UPDATE orders o SET payment_method = 'stripe' FROM turned t WHERE o.id = t.order_id;

-- name: unsettled
-- Oldest first, as their buyers would pay.
SELECT id AS attempt_id, order_id, provider_ref, amount_minor, currency FROM payment_attempts
WHERE provider = 'stripe' AND state = 'pending' ORDER BY id LIMIT :rows_max;

-- name: order_ids
-- The newest are those that buyers look at.
SELECT id FROM orders ORDER BY id DESC LIMIT :rows_max;

-- name: vacuum_goods
-- Only what was filled: of a table that was never looked at the planner assumes that it will grow, and of one that was
-- found empty it remembers just that, until autovacuum comes.
VACUUM (ANALYZE) categories, products, variants, stock, movements;

-- name: vacuum_payments
-- So that settling does not pay for the rows that turning them left dead.
VACUUM (ANALYZE) orders, payments, payment_attempts;

-- name: analyze
-- What autovacuum does within a shop's first minute: statements that were planned while tables were nearly empty are
-- planned anew. Tables that a part fills have rows by now.
ANALYZE;

-- name: checkpoint
-- So that no part writes what another one changed.
CHECKPOINT;

-- name: now
-- The clock that the shop's processes follow.
SELECT clock_timestamp() AS at;

-- name: orders_since
-- All orders of a batch are born at one moment.
SELECT count(*) AS rows, count(DISTINCT created_at) AS batches FROM orders WHERE created_at >= :since;

-- name: holds_since
-- Likewise; held for an order or for a checkout.
SELECT count(*) AS rows, count(DISTINCT created_at) AS batches FROM holds WHERE created_at >= :since;

-- name: lines_since
-- A cart's line keeps the moment at which it came.
SELECT count(*) AS rows, count(DISTINCT added_at) AS batches FROM cart_lines WHERE added_at >= :since;

-- name: settled_since
-- Events of one batch are received at one moment.
SELECT count(*) AS rows, count(DISTINCT received_at) AS batches FROM provider_events
WHERE received_at >= :since AND state = 'applied';

-- name: paid_since
-- An order that is paid has an event that says so.
SELECT count(*) AS rows, count(DISTINCT at) AS batches FROM order_events WHERE at >= :since AND to_state = 'paid';

-- name: backlog
-- What the worker has still to do, and what came before its time.
SELECT (SELECT count(*) FROM pgqueuer WHERE status IN ('queued', 'picked'))
     + (SELECT count(*) FROM provider_events WHERE state IN ('unmatched', 'failed')) AS waiting;

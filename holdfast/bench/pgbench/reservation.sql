-- One reservation as Holdfast stores one, in a transaction of its own: the hold of a checkout that was prepared, its
-- line, and the guarded update of the stock row, last, so that a hot row is locked briefly. Ids grow within a client.
\set n :n + 1
\set hold (:run * 1000 + :client_id) * 10000000 + :n
\set checkout :first_checkout + :client_id * :per_client + :n
\set sku random(1, :skus)
BEGIN;
INSERT INTO holds (id, checkout_id, expires_at, created_at)
VALUES ('hld_' || :hold, 'chk_' || lpad(:checkout, 26, '0'), now() + interval '10 minutes', now());
INSERT INTO hold_lines (hold_id, sku, location_id, quantity, state, drops_at)
VALUES ('hld_' || :hold, 'B' || lpad(:sku, 6, '0'), 'main', 1, 'active', now() + interval '10 minutes');
UPDATE stock SET held = held + 1
WHERE sku = 'B' || lpad(:sku, 6, '0') AND location_id = 'main' AND held + committed < on_hand + backorder_limit;
COMMIT;

-- One reservation in a transaction of its own: the guarded update of the stock row, which says whether there is
-- anything to reserve, then the hold of a checkout that was prepared, and its line. Ids grow within a client.
\set n :n + 1
\set hold (:run * 1000 + :client_id) * 10000000 + :n
\set checkout :first_checkout + :client_id * :per_client + :n
\set sku random(1, :skus)
BEGIN;
UPDATE stock SET held = held + 1
WHERE sku = 'B' || lpad(:sku, 6, '0') AND location_id = 'main' AND held + committed < on_hand + backorder_limit;
INSERT INTO holds (id, checkout_id, expires_at, created_at)
VALUES ('hld_' || :hold, 'chk_' || lpad(:checkout, 26, '0'), now() + interval '10 minutes', now());
INSERT INTO hold_lines (hold_id, sku, location_id, quantity, state, drops_at)
VALUES ('hld_' || :hold, 'B' || lpad(:sku, 6, '0'), 'main', 1, 'active', now() + interval '10 minutes');
COMMIT;

-- name: lock_customer
-- Before any cart, as at log-in; what only refers to the account goes on until lock_account.
SELECT id FROM users WHERE id = :user_id FOR NO KEY UPDATE;

-- name: lock_carts
-- Carts come before orders in the order of locks; whoever places an order from one holds it.
SELECT id FROM carts WHERE customer_id = :user_id ORDER BY id FOR NO KEY UPDATE;

-- name: checkouts
-- Of their carts, of their orders, and a guest's under their address: each by an index of its own.
SELECT y.id FROM carts c JOIN checkouts y ON y.cart_id = c.id WHERE c.customer_id = :user_id
UNION SELECT o.checkout_id FROM orders o WHERE o.id = ANY(:order_ids::text[]) AND o.checkout_id IS NOT NULL
UNION SELECT z.id FROM checkouts z
    WHERE lower(z.email) = ANY(:emails::text[]) AND (SELECT g.customer_id IS NULL FROM carts g WHERE g.id = z.cart_id)
ORDER BY id;

-- name: lock_account
-- Against the foreign keys of everything that is just being added to it; last, as they take it.
SELECT id FROM users WHERE id = :user_id FOR UPDATE;

-- name: still_open
-- OFFSET keeps the planner from joining everything that is open in the shop: it is looked up order by order.
SELECT DISTINCT x.order_id, x.what, x.subject
FROM unnest(:order_ids::text[]) AS w(id)
CROSS JOIN LATERAL (SELECT * FROM open_of_orders v WHERE v.order_id = w.id OFFSET 0) x
ORDER BY x.order_id, x.what, x.subject LIMIT :rows_max;

-- name: traces
-- Addresses and phones as they were typed, and the ids by which answers and providers call what happened lately. A return
-- happens to an order of any age, and writes no event of it.
WITH theirs AS (
    SELECT o.* FROM orders o WHERE o.id = ANY(:order_ids::text[])
), lately AS (
    SELECT t.id FROM theirs t
    CROSS JOIN LATERAL (SELECT max(e.at) AS at FROM order_events e WHERE e.order_id = t.id) happened
    CROSS JOIN LATERAL (SELECT max(l.at) AS at FROM payments p JOIN ledger l ON l.payment_id = p.id
                        WHERE p.order_id = t.id) moved
    CROSS JOIN LATERAL (SELECT max(e.at) AS at FROM returns r JOIN return_events e ON e.return_id = r.id
                        WHERE r.order_id = t.id) returned
    WHERE greatest(happened.at, moved.at, returned.at) >= :since
), written AS (
    SELECT x.email, x.shipping_address, x.billing_address FROM checkouts x
    WHERE lower(x.email) = ANY(:emails::text[]) AND (SELECT c.customer_id IS NULL FROM carts c WHERE c.id = x.cart_id)
    UNION ALL
    SELECT x.email, x.shipping_address, x.billing_address
    FROM carts c JOIN checkouts x ON x.cart_id = c.id WHERE c.customer_id = :user_id
    UNION ALL
    SELECT email, shipping_address, billing_address FROM theirs
    UNION ALL
    SELECT NULL, address, NULL FROM saved_addresses WHERE user_id = :user_id
)
SELECT DISTINCT x.trace
FROM (
    SELECT unnest(ARRAY[email, shipping_address ->> 'phone', billing_address ->> 'phone']) AS trace FROM written
    UNION ALL
    SELECT unnest(ARRAY[p.order_id, a.id, a.provider_ref, a.charge_ref])
    FROM lately t JOIN payments p ON p.order_id = t.id LEFT JOIN payment_attempts a ON a.payment_id = p.id
    UNION ALL
    SELECT id FROM reviews WHERE user_id = :user_id
) x
WHERE x.trace IS NOT NULL;

-- name: begin
-- What is to be looked for, until the job has looked.
INSERT INTO erasures (id, user_id, actor, asked_at, traces) VALUES (:id, :user_id, :actor, :at, :traces);

-- name: empty_carts
-- The carts are locked; they stay, since orders and holds name them.
DELETE FROM cart_lines l USING carts c WHERE c.id = l.cart_id AND c.customer_id = :user_id;

-- name: leave_carts
-- After them nobody owns the carts.
UPDATE carts SET customer_id = NULL, notes = NULL WHERE customer_id = :user_id;

-- name: forget_checkouts
-- Sorted before they are locked; whoever is at one of them finishes first, or finds it closed and writes nothing into it.
-- What one holds early goes back when its time is over.
WITH old AS (
    SELECT x.id FROM checkouts x WHERE x.id = ANY(:checkout_ids::text[]) ORDER BY x.id FOR NO KEY UPDATE
)
UPDATE checkouts x SET email = NULL, shipping_address = NULL, billing_address = NULL,
    state = CASE x.state WHEN 'open' THEN 'cancelled' ELSE x.state END
FROM old WHERE x.id = old.id;

-- name: forget_orders
-- Numbers, lines, amounts and states stay; the orders are locked.
UPDATE orders SET email = NULL, shipping_address = NULL, billing_address = NULL, customer_id = NULL
WHERE id = ANY(:order_ids::text[]);

-- name: forget_attempts
-- What the buyer had to do next, in the provider's words.
UPDATE payment_attempts a SET next_action = NULL FROM payments p
WHERE p.order_id = ANY(:order_ids::text[]) AND a.payment_id = p.id AND a.next_action IS NOT NULL;

-- name: forget_proofs
-- Receipts that the buyer sent; what came is in the books.
DELETE FROM transfer_proofs f USING payments p, payment_attempts a
WHERE p.order_id = ANY(:order_ids::text[]) AND a.payment_id = p.id AND f.attempt_id = a.id;

-- name: forget_refunds
-- What people wrote; the shop's own words name nobody.
UPDATE refunds r SET reason = '' FROM payments p
WHERE p.order_id = ANY(:order_ids::text[]) AND r.payment_id = p.id AND r.actor NOT IN ('shop', 'provider') AND r.reason <> '';

-- name: forget_returns
-- What the buyer wrote.
UPDATE returns SET comment = '' WHERE order_id = ANY(:order_ids::text[]) AND comment <> '';

-- name: forget_photos
-- What the buyer photographed.
DELETE FROM return_photos p USING returns r WHERE r.order_id = ANY(:order_ids::text[]) AND p.return_id = r.id;

-- name: forget_shipments
-- A carrier's page shows where the parcel went, and who took it in.
UPDATE shipments SET tracking_number = '', tracking_url = NULL
WHERE order_id = ANY(:order_ids::text[]) AND (tracking_number <> '' OR tracking_url IS NOT NULL);

-- name: forget_purchases
-- A digest of the address is a name, too; it counted towards limits of what is over.
DELETE FROM purchases WHERE order_id = ANY(:order_ids::text[]);

-- name: forget_hold_buyers
-- The same digest, of what their checkouts held early.
DELETE FROM hold_buyers b USING holds h WHERE h.checkout_id = ANY(:checkout_ids::text[]) AND b.hold_id = h.id;

-- name: forget_coupon_buyers
-- And of what they used coupons for; the uses stay, without them.
DELETE FROM coupon_buyers WHERE order_id = ANY(:order_ids::text[]);

-- name: forget_matters
-- None of them is open. Of what was told about them the order's id stays.
WITH about AS (
    SELECT o.id FROM unnest(:order_ids::text[]) AS o(id)
    UNION ALL SELECT p.id FROM payments p WHERE p.order_id = ANY(:order_ids::text[])
    UNION ALL SELECT a.id FROM payments p JOIN payment_attempts a ON a.payment_id = p.id WHERE p.order_id = ANY(:order_ids::text[])
    UNION ALL SELECT r.id FROM payments p JOIN refunds r ON r.payment_id = p.id WHERE p.order_id = ANY(:order_ids::text[])
    UNION ALL SELECT d.id FROM payments p JOIN disputes d ON d.payment_id = p.id WHERE p.order_id = ANY(:order_ids::text[])
    UNION ALL SELECT r.id FROM returns r WHERE r.order_id = ANY(:order_ids::text[])
    UNION ALL SELECT s.id FROM shipments s WHERE s.order_id = ANY(:order_ids::text[])
)
UPDATE attention m
SET detail = CASE WHEN m.detail ? 'order_id' THEN jsonb_build_object('order_id', m.detail -> 'order_id') ELSE '{}' END
FROM about WHERE m.subject = about.id;

-- name: forget_words
-- The owner's function: reasons and notes that people wrote into the history of orders that are over.
SELECT forget_words(:order_ids);

-- name: forget_logins
-- Whoever is logged in is not any more.
DELETE FROM sessions WHERE user_id = :user_id;

-- name: forget_places
-- By the key.
DELETE FROM login_places WHERE user_id = :user_id;

-- name: forget_failures
-- Those of the account, which is counted by a digest of its address.
DELETE FROM login_failures WHERE user_id = :user_id OR (scope = 'account' AND subject = :subject);

-- name: forget_codes
-- By the key.
DELETE FROM recovery_codes WHERE user_id = :user_id;

-- name: forget_totp
-- By the key.
DELETE FROM totp WHERE user_id = :user_id;

-- name: forget_addresses
-- By the index on their owner.
DELETE FROM saved_addresses WHERE user_id = :user_id;

-- name: forget_wishes
-- By the key.
DELETE FROM wishes WHERE user_id = :user_id;

-- name: lock_reviews
-- What products count follows from what is deleted next.
SELECT id FROM reviews WHERE user_id = :user_id ORDER BY id FOR NO KEY UPDATE;

-- name: forget_reviews
-- What the products count falls with those that were shown; nobody has two of one product.
WITH gone AS (
    DELETE FROM reviews WHERE user_id = :user_id RETURNING product_id, stars, state
)
UPDATE products p SET review_count = p.review_count - 1, stars_sum = p.stars_sum - g.stars
FROM gone g WHERE p.id = g.product_id AND g.state = 'approved';

-- name: forget_letters
-- Also those that wait to be sent: their job finds none, and sends none.
DELETE FROM account_letters WHERE user_id = :user_id OR lower(email) = ANY(:emails::text[]);

-- name: forget_alerts
-- By the index on the address.
DELETE FROM stock_alerts WHERE lower(email) = ANY(:emails::text[]);

-- name: delete_customer
-- The owner's function: the row goes, and with it the way in for whoever is still adding something.
SELECT delete_customer(:user_id);

-- name: invoices
-- They are kept whole.
SELECT count(*) FROM invoices WHERE order_id = ANY(:order_ids::text[]);

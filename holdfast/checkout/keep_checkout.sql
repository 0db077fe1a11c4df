-- name: lock_customer
-- Before any cart, as at log-in: a customer's checkouts are begun one after the other.
SELECT id FROM users WHERE id = :id FOR NO KEY UPDATE;

-- name: create
-- Several checkouts of one cart may be open (two tabs); the first that is completed counts. Counted under the locks of cart
-- and customer, so that they are never more than either may have. A customer's addresses go into no cart of somebody else's.
WITH saved AS (
    SELECT a.address, a.default_shipping, a.default_billing
    FROM saved_addresses a JOIN carts c ON c.id = :cart_id
    WHERE a.user_id = :customer_id AND (c.customer_id IS NULL OR c.customer_id = a.user_id)
), counted AS (
    SELECT (SELECT count(*) FROM checkouts WHERE cart_id = :cart_id AND state = 'open' AND expires_at > :at) AS of_cart,
           (SELECT count(*) FROM carts c
            CROSS JOIN LATERAL (SELECT FROM checkouts x
                                WHERE x.cart_id = c.id AND x.state = 'open' AND x.expires_at > :at OFFSET 0) open
            WHERE c.customer_id = :customer_id) AS of_customer
), made AS (
    INSERT INTO checkouts (id, cart_id, shipping_address, billing_address, expires_at, created_at)
    SELECT :id, :cart_id, (SELECT address FROM saved WHERE default_shipping),
           (SELECT address FROM saved WHERE default_billing), :expires_at, :at
    FROM counted WHERE of_cart < :of_cart_max::int AND of_customer < :open_max::int
    RETURNING id
)
SELECT (SELECT id FROM made) AS id, of_cart AS open_of_cart FROM counted;

-- name: read
-- With the order it has become, if it has. Whose it is says its own cart, also one that was merged.
SELECT c.id, c.cart_id, c.state, c.email, c.shipping_address, c.billing_address, c.shipping_option, c.payment_method,
       c.expires_at, k.customer_id, o.id AS order_id
FROM checkouts c JOIN carts k ON k.id = c.cart_id LEFT JOIN orders o ON o.checkout_id = c.id WHERE c.id = :id;

-- name: lines
-- The cart as it is now: the quote follows it until the order is placed.
WITH RECURSIVE trail AS (
    SELECT id, merged_into FROM carts WHERE id = :cart_id
    UNION ALL
    SELECT c.id, c.merged_into FROM trail t JOIN carts c ON c.id = t.merged_into
)
SELECT l.sku, l.quantity, c.id AS cart_id, c.coupons
FROM trail t JOIN carts c ON c.id = t.id JOIN cart_lines l ON l.cart_id = t.id
WHERE t.merged_into IS NULL
ORDER BY l.added_at, l.sku;

-- name: lock
-- Two changes of one checkout go one after the other.
SELECT c.id, c.cart_id, c.state, c.email, c.shipping_address, c.billing_address, c.shipping_option, c.payment_method,
       c.expires_at, k.customer_id, NULL::text AS order_id
FROM checkouts c JOIN carts k ON k.id = c.cart_id WHERE c.id = :id FOR NO KEY UPDATE OF c;

-- name: change
-- What is not given stays.
UPDATE checkouts SET email = coalesce(:email, email),
    shipping_address = coalesce(:shipping_address, shipping_address),
    billing_address = coalesce(:billing_address, billing_address),
    shipping_option = coalesce(:shipping_option, shipping_option),
    payment_method = coalesce(:payment_method, payment_method)
WHERE id = :id AND state = 'open';

-- name: cancel
-- Under its lock.
UPDATE checkouts SET state = 'cancelled' WHERE id = :id AND state = 'open';

-- name: logins
-- Those that are over, too, as long as they are kept.
SELECT client, place, created_at, used_at, expires_at, revoked_at FROM sessions WHERE user_id = :user_id ORDER BY id;

-- name: places
-- By the key.
SELECT place, seen_at FROM login_places WHERE user_id = :user_id ORDER BY seen_at;

-- name: keys
-- By the index on their owner.
SELECT label AS name, created_at, last_used_at FROM api_keys WHERE user_id = :user_id ORDER BY id;

-- name: history
-- By the key, in the order of their writing.
SELECT order_id, event, at, reason, note FROM order_events WHERE order_id = ANY(:order_ids::text[]) ORDER BY order_id, position;

-- name: invoices
-- An order has one.
SELECT order_id, issued_at, document FROM invoices WHERE order_id = ANY(:order_ids::text[]) ORDER BY number;

-- name: returns
-- By the index on their orders; photos are files, and only counted.
SELECT r.id, r.order_id, r.state, r.comment, (SELECT count(*) FROM return_photos p WHERE p.return_id = r.id) AS photos,
       r.created_at
FROM returns r WHERE r.order_id = ANY(:order_ids::text[]) ORDER BY r.id;

-- name: proofs
-- Without the files.
SELECT p.order_id, f.bank_reference, f.media_type, f.at
FROM payments p JOIN payment_attempts a ON a.payment_id = p.id JOIN transfer_proofs f ON f.attempt_id = a.id
WHERE p.order_id = ANY(:order_ids::text[]) ORDER BY f.id;

-- name: checkouts
-- Of their carts, of their orders, and a guest's under their address: each by an index of its own.
SELECT x.id, x.created_at, x.state, x.email, x.shipping_address, x.billing_address FROM checkouts x WHERE x.id IN (
    SELECT y.id FROM carts c JOIN checkouts y ON y.cart_id = c.id WHERE c.customer_id = :user_id
    UNION ALL SELECT o.checkout_id FROM orders o WHERE o.id = ANY(:order_ids::text[])
    UNION ALL SELECT z.id FROM checkouts z
        WHERE lower(z.email) = ANY(:emails::text[]) AND (SELECT g.customer_id IS NULL FROM carts g WHERE g.id = z.cart_id))
ORDER BY x.id;

-- name: cart_lines
-- By the index on whose they are.
SELECT l.cart_id, l.sku, l.quantity, l.added_at
FROM carts c JOIN cart_lines l ON l.cart_id = c.id WHERE c.customer_id = :user_id ORDER BY l.cart_id, l.sku;

-- name: wishes
-- All, also of what is not shown at the moment.
SELECT sku, added_at FROM wishes WHERE user_id = :user_id ORDER BY sku;

-- name: alerts
-- By the index on the address.
SELECT sku, email, created_at FROM stock_alerts WHERE lower(email) = ANY(:emails::text[]) ORDER BY id;

-- name: reviews
-- By the unique key, which begins with its author.
SELECT p.slug AS product, r.state, r.author, r.stars, r.title, r.body, r.written_at
FROM reviews r JOIN products p ON p.id = r.product_id WHERE r.user_id = :user_id ORDER BY r.id;

-- name: letters
-- About the account, by its owner or its address; about an order by the key of each kind that there is, since the subject
-- is its id or begins with it and a slash ('/' comes right before '0').
SELECT kind, created_at FROM account_letters WHERE user_id = :user_id OR lower(email) = ANY(:emails::text[])
UNION ALL
SELECT l.kind, l.created_at
FROM unnest(:order_ids::text[]) AS o(id) CROSS JOIN unnest(:kinds::text[]) AS k(kind)
JOIN letters l ON l.kind = k.kind AND l.subject >= o.id AND l.subject < o.id || '0'
ORDER BY created_at;

-- name: account
-- By the key.
SELECT id AS user_id, email, email_verified_at IS NOT NULL AS proved, role FROM users WHERE id = :user_id;

-- name: account_of
-- By the unique index on the address.
SELECT id AS user_id, email, email_verified_at IS NOT NULL AS proved, role FROM users WHERE lower(email) = lower(:email);

-- name: orders
-- The same predicate as in the list of one's own orders, along its two indexes.
SELECT id FROM orders WHERE customer_id = :user_id
UNION
SELECT id FROM orders WHERE customer_id IS NULL AND lower(email) = ANY(:emails::text[])
ORDER BY id;

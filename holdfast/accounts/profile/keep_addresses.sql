-- name: lock
-- Two tabs that both make another address the default, or add the last one, go one after the other.
SELECT id FROM users WHERE id = :user_id FOR NO KEY UPDATE;

-- name: of_user
-- Whose they are stands in the WHERE; there are never more than the bound of `add`.
SELECT id, address, default_shipping, default_billing FROM saved_addresses WHERE user_id = :user_id ORDER BY id;

-- name: one
-- A foreign one is as one that is not there.
SELECT id, address, default_shipping, default_billing FROM saved_addresses WHERE id = :id AND user_id = :user_id;

-- name: step_back
-- Before the new default is written: the partial unique keys allow one at any moment.
UPDATE saved_addresses
SET default_shipping = default_shipping AND NOT :shipping, default_billing = default_billing AND NOT :billing
WHERE user_id = :user_id AND id <> :id AND (default_shipping AND :shipping OR default_billing AND :billing);

-- name: add
-- Counted under the user's lock.
INSERT INTO saved_addresses (id, user_id, address, default_shipping, default_billing, created_at)
SELECT :id, :user_id, :address, :default_shipping, :default_billing, :at
WHERE (SELECT count(*) FROM saved_addresses WHERE user_id = :user_id) < :most::int
RETURNING id;

-- name: change
-- Whose it is stands in the WHERE.
UPDATE saved_addresses
SET address = :address, default_shipping = :default_shipping, default_billing = :default_billing
WHERE id = :id AND user_id = :user_id;

-- name: remove
-- The same.
DELETE FROM saved_addresses WHERE id = :id AND user_id = :user_id;

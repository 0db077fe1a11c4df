-- name: create_user
-- The unique index on the address decides; making the same user again changes the role only, if one is given.
INSERT INTO users AS u (id, email, role, created_at) VALUES (:id, :email, coalesce(:role::text, 'staff'), :at)
ON CONFLICT (lower(email)) DO UPDATE SET role = coalesce(:role::text, u.role)
RETURNING u.id AS user_id, u.role;

-- name: create_key
-- Only the hash is kept.
INSERT INTO api_keys (id, user_id, key_hash, label, created_at, expires_at)
VALUES (:id, :user_id, :key_hash, :label, :at, :expires_at)
RETURNING id;

-- name: owner
-- One look-up by the unique hash.
SELECT u.id AS user_id, u.role
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.key_hash = :key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > :at);

-- name: grant
-- By the unique index on the address; sessions and keys read the role at each request.
UPDATE users SET role = :role WHERE lower(email) = lower(:email) RETURNING id;

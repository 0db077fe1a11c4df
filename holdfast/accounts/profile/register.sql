-- name: bear
-- The unique index on the address decides. A user without a password (made for an API key) gets one; a user who has
-- one is left alone, and no row is answered.
INSERT INTO users AS u (id, email, role, password_hash, email_verified_at, created_at)
VALUES (:id, :email, 'customer', :password_hash, :at, :at)
ON CONFLICT (lower(email)) DO UPDATE SET password_hash = EXCLUDED.password_hash, email_verified_at = EXCLUDED.created_at
WHERE u.password_hash IS NULL
RETURNING u.id AS user_id, u.email, u.role;

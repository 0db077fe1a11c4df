-- name: kept
-- A session's user is there, unless they are just being erased.
SELECT email, password_hash FROM users WHERE id = :user_id;

-- name: change
-- The hash that was compared is in the WHERE: of two changes at once the second finds another one.
UPDATE users SET password_hash = :new WHERE id = :user_id AND password_hash = :old;

-- name: reset
-- By the address that the link was sent to, if it is still an account's.
UPDATE users SET password_hash = :password_hash, email_verified_at = coalesce(email_verified_at, :at)
WHERE lower(email) = lower(:email)
RETURNING id AS user_id, email;

-- name: give
-- Whoever runs the shop vouches for the address.
UPDATE users SET password_hash = :password_hash, email_verified_at = coalesce(email_verified_at, :at)
WHERE id = :user_id;

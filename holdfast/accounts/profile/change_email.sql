-- name: account
-- One row with what its owner may know.
SELECT u.id, u.email, u.email_verified_at IS NOT NULL AS email_verified, u.role,
       u.password_hash IS NOT NULL AS has_password,
       EXISTS (SELECT FROM totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL) AS second_factor
FROM users u WHERE u.id = :user_id;

-- name: move
-- The unique index on the address has the last word; the row before the change tells where to write to.
UPDATE users u SET email = :email, email_verified_at = :at
FROM (SELECT id, email FROM users WHERE id = :user_id FOR NO KEY UPDATE) former
WHERE u.id = former.id
RETURNING former.email;

-- name: candidate
-- By the unique index on the address, which does not tell letters' case apart.
SELECT u.id AS user_id, u.email, u.role, u.password_hash,
       EXISTS (SELECT FROM login_places p WHERE p.user_id = u.id AND p.place = :place) AS known
FROM users u WHERE lower(u.email) = lower(:email);

-- name: still
-- The hash that was compared is in the WHERE: a password that was changed meanwhile opens nothing.
SELECT role FROM users WHERE id = :user_id AND password_hash = :password_hash FOR NO KEY UPDATE;

-- name: rehash
-- The row is locked, and its password has just been seen.
UPDATE users SET password_hash = :password_hash WHERE id = :user_id;

-- name: be_seen
-- From now on this place waits for its own failures only.
INSERT INTO login_places (user_id, place, seen_at) VALUES (:user_id, :place, :at)
ON CONFLICT (user_id, place) DO UPDATE SET seen_at = EXCLUDED.seen_at;

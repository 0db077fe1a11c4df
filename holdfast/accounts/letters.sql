-- name: ask
-- The count of the last hour is in the INSERT; two at once may both be let through, which does no harm.
INSERT INTO account_letters (id, kind, email, user_id, created_at)
SELECT :id, :kind::text, :email::text, :user_id::text, :at
WHERE (SELECT count(*) FROM account_letters
       WHERE lower(email) = lower(:email) AND created_at > :since AND kind = :kind) < :letters_max::int
RETURNING id;

-- name: waiting
-- Who owns the address is looked up when the letter is sent, not when it is asked for: who asks learns nothing.
SELECT l.kind, l.email, l.user_id, u.id AS owner_id, coalesce(u.password_hash IS NOT NULL, false) AS has_password,
       l.token_hash IS NOT NULL AS asked
FROM account_letters l LEFT JOIN users u ON lower(u.email) = lower(l.email)
WHERE l.id = :id AND l.used_at IS NULL
FOR NO KEY UPDATE OF l;

-- name: arm
-- The row is locked by the look before. The link of an earlier try ends here.
UPDATE account_letters SET token_hash = :token_hash, expires_at = :expires_at WHERE id = :id;

-- name: find
-- By the unique hash.
SELECT id, email, user_id FROM account_letters
WHERE token_hash = :token_hash AND kind = :kind AND used_at IS NULL AND expires_at > :at;

-- name: use
-- Of two at once the second waits for the first, and then finds used_at set.
UPDATE account_letters SET used_at = :at
WHERE token_hash = :token_hash AND kind = :kind AND used_at IS NULL AND expires_at > :at
  AND (:user_id::text IS NULL OR user_id = :user_id)
RETURNING id, email, user_id;

-- name: spend
-- The index on the address finds them.
UPDATE account_letters SET used_at = :at
WHERE lower(email) = lower(:email) AND kind = :kind AND used_at IS NULL AND token_hash IS NOT NULL;

-- name: sweep
-- By the index on their age.
DELETE FROM account_letters WHERE created_at < :before;

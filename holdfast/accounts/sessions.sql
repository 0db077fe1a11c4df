-- name: owner
-- One look-up by the unique hash; role and permissions are today's, not those of the log-in.
SELECT s.id AS session_id, u.id AS user_id, u.role, u.permissions, u.vendor_id
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.token_hash = :token_hash AND s.revoked_at IS NULL AND s.expires_at > :at;

-- name: open
-- Only the hash is kept.
INSERT INTO sessions (id, user_id, token_hash, client, place, created_at, expires_at)
VALUES (:id, :user_id, :token_hash, :client, :place, :at, :expires_at);

-- name: end_oldest
-- A list that can be looked through: ids sort by birth, so the oldest are behind the offset.
UPDATE sessions SET revoked_at = :at
WHERE id IN (SELECT id FROM sessions WHERE user_id = :user_id AND revoked_at IS NULL
             ORDER BY id DESC OFFSET :sessions_max::int);

-- name: living
-- The partial index on the user holds no more than the bound of open_session.
SELECT id, client, place, created_at, expires_at
FROM sessions WHERE user_id = :user_id AND revoked_at IS NULL AND expires_at > :at
ORDER BY id DESC;

-- name: end_one
-- Whose it is stands in the WHERE.
UPDATE sessions SET revoked_at = :at WHERE id = :id AND user_id = :user_id AND revoked_at IS NULL;

-- name: end_by_token
-- The session that a new log-in in the same browser replaces.
UPDATE sessions SET revoked_at = :at WHERE token_hash = :token_hash AND revoked_at IS NULL;

-- name: end_all
-- All but the one that asks; none is spared if none is named.
UPDATE sessions SET revoked_at = :at
WHERE user_id = :user_id AND revoked_at IS NULL AND id IS DISTINCT FROM :kept::text;

-- name: sweep
-- By the index on the end.
DELETE FROM sessions WHERE expires_at < :before;

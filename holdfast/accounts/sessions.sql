-- name: owner
-- One look-up by the unique hash; role and permissions are today's, not those of the log-in. A use is written at most
-- every few minutes, and by one of those who ask at the same time: nobody waits for another one's note.
WITH found AS (
    SELECT s.id AS session_id, u.id AS user_id, u.role, u.permissions, u.vendor_id, s.used_at
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.token_hash = :token_hash AND s.revoked_at IS NULL AND s.expires_at > :at
      AND s.used_at > CASE u.role WHEN 'customer' THEN :used_since::timestamptz ELSE :used_by_staff_since::timestamptz END
), touched AS (
    UPDATE sessions SET used_at = :at
    WHERE id = (SELECT s.id FROM sessions s JOIN found f ON f.session_id = s.id
                WHERE f.used_at < :touched_before::timestamptz FOR NO KEY UPDATE OF s SKIP LOCKED)
)
SELECT session_id, user_id, role, permissions, vendor_id FROM found;

-- name: open
-- Only the hash is kept.
INSERT INTO sessions (id, user_id, token_hash, client, place, created_at, used_at, expires_at)
VALUES (:id, :user_id, :token_hash, :client, :place, :at, :at, :expires_at);

-- name: end_oldest
-- A list that can be looked through: ids sort by birth, so the oldest are behind the offset.
UPDATE sessions SET revoked_at = :at
WHERE id IN (SELECT id FROM sessions WHERE user_id = :user_id AND revoked_at IS NULL
             ORDER BY id DESC OFFSET :sessions_max::int);

-- name: living
-- The partial index on the user holds no more than the bound of open_session.
SELECT s.id, s.client, s.place, s.created_at, s.used_at, s.expires_at
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.user_id = :user_id AND s.revoked_at IS NULL AND s.expires_at > :at
  AND s.used_at > CASE u.role WHEN 'customer' THEN :used_since::timestamptz ELSE :used_by_staff_since::timestamptz END
ORDER BY s.id DESC;

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

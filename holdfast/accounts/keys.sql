-- name: lock_owner
-- Two keys made at once are counted one after the other.
SELECT id FROM users WHERE id = :user_id FOR NO KEY UPDATE;

-- name: count_living
-- Under the lock of the owner; the index on the user finds them.
SELECT count(*)::int FROM api_keys
WHERE user_id = :user_id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :at);

-- name: create_key
-- Only the hash is kept.
INSERT INTO api_keys (id, user_id, key_hash, label, prefix, scopes, created_at, expires_at)
VALUES (:id, :user_id, :key_hash, :label, :prefix, :scopes, :at, :expires_at);

-- name: owner
-- One look-up by the unique hash; role and permissions are today's, not those of the day it was made.
SELECT k.id AS key_id, u.id AS user_id, u.role, u.permissions, k.scopes, u.vendor_id
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.key_hash = :key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > :at);

-- name: of_user
-- By the index on the user; ids sort by birth.
SELECT id, user_id, label, prefix, scopes, created_at, expires_at, revoked_at, last_used_at
FROM api_keys WHERE user_id = :user_id AND id < :before ORDER BY id DESC LIMIT :rows_max::int;

-- name: page
-- Along the primary key.
SELECT id, user_id, label, prefix, scopes, created_at, expires_at, revoked_at, last_used_at
FROM api_keys WHERE id < :before ORDER BY id DESC LIMIT :rows_max::int;

-- name: revoke
-- Whose it is stands in the WHERE.
UPDATE api_keys SET revoked_at = :at
WHERE id = :id AND revoked_at IS NULL AND (:user_id::text IS NULL OR user_id = :user_id)
RETURNING user_id;

-- name: write_uses
-- One statement for all keys of a minute. A row that somebody has locked is left for the next time, so that nobody waits.
WITH seen AS (SELECT * FROM unnest(:ids::text[], :moments::timestamptz[]) AS s (id, at)),
     free AS (SELECT k.id FROM api_keys k WHERE k.id IN (SELECT id FROM seen)
              ORDER BY k.id FOR NO KEY UPDATE SKIP LOCKED)
UPDATE api_keys k SET last_used_at = greatest(k.last_used_at, seen.at)
FROM free JOIN seen USING (id) WHERE k.id = free.id RETURNING k.id;

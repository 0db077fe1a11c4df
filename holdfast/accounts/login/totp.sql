-- name: factor
-- There is one at most.
SELECT sealed_key, confirmed_at IS NOT NULL AS confirmed FROM totp WHERE user_id = :user_id;

-- name: address
-- What the authenticator shows beside the code.
SELECT email FROM users WHERE id = :user_id;

-- name: user
-- By the unique index on the address.
SELECT u.id FROM users u JOIN totp t ON t.user_id = u.id WHERE lower(u.email) = lower(:email);

-- name: enrol
-- One that was never confirmed is replaced, one that is on is not.
INSERT INTO totp AS t (user_id, sealed_key, created_at) VALUES (:user_id, :sealed_key, :at)
ON CONFLICT (user_id) DO UPDATE SET sealed_key = EXCLUDED.sealed_key, created_at = EXCLUDED.created_at
WHERE t.confirmed_at IS NULL;

-- name: confirm
-- The first code counts as used.
UPDATE totp SET confirmed_at = :at, last_step = :step WHERE user_id = :user_id AND confirmed_at IS NULL;

-- name: use_step
-- Of two at once the second waits for the first, and then finds its step used.
UPDATE totp SET last_step = :step WHERE user_id = :user_id AND confirmed_at IS NOT NULL AND last_step < :step;

-- name: add_recovery_codes
-- Only hashes are kept.
INSERT INTO recovery_codes (user_id, code_hash) SELECT :user_id, unnest(:hashes::bytea[]);

-- name: use_recovery_code
-- The same for a recovery code.
UPDATE recovery_codes SET used_at = :at WHERE user_id = :user_id AND code_hash = :code_hash AND used_at IS NULL;

-- name: remove
-- Its recovery codes go with it.
DELETE FROM totp WHERE user_id = :user_id AND confirmed_at IS NOT NULL;

-- name: stale
-- In the order of users, so that a rotation goes on where it was stopped.
SELECT user_id AS id, sealed_key AS sealed FROM totp
WHERE user_id > :after AND substring(sealed_key FROM 2 FOR 4) <> :newest ORDER BY user_id LIMIT :rows_max;

-- name: replace
-- Only where the old value still stands: somebody may have enrolled anew meanwhile.
UPDATE totp t SET sealed_key = n.sealed
FROM unnest(:ids::text[], :old::bytea[], :sealed::bytea[]) AS n(id, old, sealed)
WHERE t.user_id = n.id AND t.sealed_key = n.old;

-- name: newest
-- The highest version counts.
SELECT document FROM shop_settings ORDER BY version DESC LIMIT 1;

-- name: add
-- History is append-only, so a change is a new row.
INSERT INTO shop_settings (document, actor, at) VALUES (:document, :actor, :at) RETURNING version;

-- name: tell
-- Every process drops what it remembers when this commits.
SELECT pg_notify('holdfast_changed', 'shop_settings');

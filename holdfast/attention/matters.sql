-- name: open
-- The partial unique index keeps one open row per matter; it shows the latest of what was said. A row that no
-- transaction has changed yet is new.
INSERT INTO attention AS a (id, kind, subject, detail, opened_at)
SELECT DISTINCT ON (m.kind, m.subject) m.id, m.kind, m.subject, m.detail, :at::timestamptz
FROM unnest(:ids::text[], :kinds::text[], :subjects::text[], :details::jsonb[])
    WITH ORDINALITY AS m(id, kind, subject, detail, place)
ORDER BY m.kind, m.subject, m.place DESC
ON CONFLICT (kind, subject) WHERE resolved_at IS NULL DO UPDATE SET detail = a.detail || EXCLUDED.detail
RETURNING a.id, a.kind, a.xmax = 0 AS is_new;

-- name: find
-- Looked up before the locks: what a matter is about never changes.
SELECT id, kind, subject, detail, opened_at, resolved_at FROM attention WHERE id = :id;

-- name: lock
-- Two people on one matter: the second sees that it is resolved.
SELECT id, kind, subject, detail, opened_at, resolved_at FROM attention WHERE id = :id FOR NO KEY UPDATE;

-- name: resolve
-- Once: the row was locked while it was open.
UPDATE attention SET resolved_at = :at, resolved_by = :actor, step = :step
WHERE id = :id AND resolved_at IS NULL;

-- name: settle
-- Whoever resolves one of them at the same moment comes first or finds it resolved.
UPDATE attention SET resolved_at = :at, resolved_by = :actor, step = :step
WHERE kind = :kind AND subject = ANY(:subjects::text[]) AND resolved_at IS NULL;

-- name: page
-- Ids sort by birth, so the id is the cursor.
SELECT id, kind, subject, detail, opened_at, resolved_at FROM attention
WHERE resolved_at IS NULL AND id > :after AND (:kinds::text[] IS NULL OR kind = ANY(:kinds::text[]))
ORDER BY id LIMIT :rows_max;

-- name: record
-- Only ever added to; a trigger refuses everything else.
INSERT INTO audit (at, actor, action, subject, detail) VALUES (:at, :actor, :action, :subject, :detail);

-- name: of_subject
-- The narrowest index leads, the other filters sift; the row that a page ended with says where the next begins.
SELECT id, at, actor, action, subject, detail FROM audit
WHERE subject = :subject AND at >= coalesce(:since::timestamptz, '-infinity') AND at < coalesce(:until::timestamptz, 'infinity')
  AND (at, id) < (coalesce((SELECT c.at FROM audit c WHERE c.id = :before), 'infinity'), coalesce(:before::bigint, 0))
  AND (:actor::text IS NULL OR actor = :actor) AND (:action::text IS NULL OR action = :action)
ORDER BY at DESC, id DESC LIMIT :rows_max;

-- name: of_actor
-- The same by the index of who did it.
SELECT id, at, actor, action, subject, detail FROM audit
WHERE actor = :actor AND at >= coalesce(:since::timestamptz, '-infinity') AND at < coalesce(:until::timestamptz, 'infinity')
  AND (at, id) < (coalesce((SELECT c.at FROM audit c WHERE c.id = :before), 'infinity'), coalesce(:before::bigint, 0))
  AND (:action::text IS NULL OR action = :action)
ORDER BY at DESC, id DESC LIMIT :rows_max;

-- name: of_action
-- The same by the index of what was done.
SELECT id, at, actor, action, subject, detail FROM audit
WHERE action = :action AND at >= coalesce(:since::timestamptz, '-infinity') AND at < coalesce(:until::timestamptz, 'infinity')
  AND (at, id) < (coalesce((SELECT c.at FROM audit c WHERE c.id = :before), 'infinity'), coalesce(:before::bigint, 0))
ORDER BY at DESC, id DESC LIMIT :rows_max;

-- name: of_anybody
-- The same by the index of time alone.
SELECT id, at, actor, action, subject, detail FROM audit
WHERE at >= coalesce(:since::timestamptz, '-infinity') AND at < coalesce(:until::timestamptz, 'infinity')
  AND (at, id) < (coalesce((SELECT c.at FROM audit c WHERE c.id = :before), 'infinity'), coalesce(:before::bigint, 0))
ORDER BY at DESC, id DESC LIMIT :rows_max;

-- name: take_turn
-- One sealer at a time; who comes meanwhile leaves, since the other seals the same. Two chains would collide at their
-- positions all the same. The number is ours alone.
SELECT pg_try_advisory_xact_lock(5301001) AS taken;

-- name: unsealed
-- What has committed and is not sealed yet, whenever it took its id.
SELECT a.id, a.at, a.actor, a.action, a.subject, a.detail
FROM audit_unsealed u JOIN audit a ON a.id = u.audit_id
ORDER BY u.audit_id LIMIT :rows_max;

-- name: head
-- The seal that the next one goes on from.
SELECT position, hash FROM audit_seals ORDER BY position DESC LIMIT 1;

-- name: add_seals
-- All seals of a round in one statement; what is sealed waits no more.
WITH sealed AS (
    INSERT INTO audit_seals (position, audit_id, hash, sealed_at)
    SELECT position, audit_id, hash, :at
    FROM unnest(:positions::bigint[], :audit_ids::bigint[], :hashes::bytea[]) AS s (position, audit_id, hash)
    RETURNING audit_id
)
DELETE FROM audit_unsealed u USING sealed s WHERE u.audit_id = s.audit_id;

-- name: links
-- The chain by the page, each seal with its deed as it is now; null where that is gone.
SELECT s.position, s.audit_id, s.hash, a.at, a.actor, a.action, a.subject, a.detail
FROM audit_seals s LEFT JOIN audit a ON a.id = s.audit_id
WHERE s.position > :after ORDER BY s.position LIMIT :rows_max;

-- name: count_unsealed
-- The tail that no seal protects yet: little, unless no worker runs.
SELECT count(*) AS waiting FROM audit_unsealed;

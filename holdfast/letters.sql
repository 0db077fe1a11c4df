-- name: ask
-- However many in one statement; sorted, since two batches may ask for the same. What was not true any more when it was
-- to be said may become true again.
INSERT INTO letters AS l (kind, subject, state, tries, due_at, created_at)
SELECT DISTINCT w.kind, w.subject, 'waiting', 0, :at::timestamptz, :at::timestamptz
FROM unnest(:kinds::text[], :subjects::text[]) AS w(kind, subject)
ORDER BY w.kind, w.subject
ON CONFLICT (kind, subject) DO UPDATE SET state = 'waiting', tries = 0, due_at = excluded.due_at
WHERE l.state = 'not_needed';

-- name: claim
-- The unique key lets one process send; what has ended, or is being sent, answers no row.
INSERT INTO letters AS l (kind, subject, state, tries, due_at, created_at)
VALUES (:kind, :subject, 'waiting', 1, :lease_until, :at)
ON CONFLICT (kind, subject) DO UPDATE SET tries = l.tries + 1, due_at = EXCLUDED.due_at
WHERE l.state = 'waiting' AND l.due_at <= EXCLUDED.created_at
RETURNING tries;

-- name: state
-- Why the claim was not given.
SELECT state FROM letters WHERE kind = :kind AND subject = :subject;

-- name: take
-- By the partial index over what waits; several workers pass each other by.
WITH due AS (
    SELECT kind, subject FROM letters
    WHERE state = 'waiting' AND due_at <= :at AND kind = ANY(:kinds::text[])
    ORDER BY due_at LIMIT :rows_max FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE letters l SET tries = l.tries + 1, due_at = :lease_until
FROM due WHERE l.kind = due.kind AND l.subject = due.subject
RETURNING l.kind, l.subject, l.tries;

-- name: end
-- How it ended; the first end stays.
UPDATE letters SET state = :state, sent_at = :sent_at WHERE kind = :kind AND subject = :subject AND state = 'waiting';

-- name: put_off
-- The next try need not wait for the lease, or waits for longer.
UPDATE letters SET due_at = :due_at WHERE kind = :kind AND subject = :subject AND state = 'waiting';

-- name: sweep
-- By the index on their age.
DELETE FROM letters WHERE created_at < :before;

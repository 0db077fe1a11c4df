-- name: claim
-- The unique key lets one process send; what was sent, or is being sent, answers no row.
INSERT INTO letters AS l (job, subject, state, lease_until, created_at)
VALUES (:job, :subject, 'sending', :lease_until, :at)
ON CONFLICT (job, subject) DO UPDATE SET tries = l.tries + 1, lease_until = EXCLUDED.lease_until
WHERE l.state = 'sending' AND l.lease_until <= EXCLUDED.created_at
RETURNING tries;

-- name: state
-- Why the claim was not given.
SELECT state FROM letters WHERE job = :job AND subject = :subject;

-- name: end
-- How it ended; the first end stays.
UPDATE letters SET state = :state, sent_at = :sent_at WHERE job = :job AND subject = :subject AND state = 'sending';

-- name: let_go
-- The next try need not wait for the lease.
UPDATE letters SET lease_until = :at WHERE job = :job AND subject = :subject AND state = 'sending';

-- name: sweep
-- By the index on their age.
DELETE FROM letters WHERE created_at < :before;

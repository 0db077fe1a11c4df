-- name: start
-- From now on a new cause makes a new job: this one may have read its last, and its row is deleted only afterwards.
-- A cause that was not yet committed holds the locks that the job will wait for.
UPDATE pgqueuer SET dedupe_key = NULL WHERE id = :id;

-- name: is_due
-- What is to be done now: not what is being done, nor what waits for its next try, nor what is held as failed.
SELECT EXISTS (SELECT FROM pgqueuer WHERE status = 'queued' AND execute_after <= clock_timestamp());

-- name: start
-- From now on a new cause makes a new job: this one may have read its last, and its row is deleted only afterwards.
-- A cause that was not yet committed holds the locks that the job will wait for.
UPDATE pgqueuer SET dedupe_key = NULL WHERE id = :id;

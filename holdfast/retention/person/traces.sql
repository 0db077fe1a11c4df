-- name: unfinished
-- A job that runs again after the end finds nothing.
SELECT user_id, traces FROM erasures WHERE id = :id AND traces IS NOT NULL;

-- name: drop_bodies
-- A day of them, by the index on their age; one that was not carried out is kept until it is.
SELECT drop_event_bodies(array_agg(b.provider), array_agg(b.event_key))
FROM provider_event_bodies b
WHERE b.received_at >= :since AND b.received_at < :until
  AND EXISTS (SELECT FROM unnest(:traces::text[]) AS t(trace) WHERE position(convert_to(t.trace, 'UTF8') IN b.body) > 0);

-- name: forget_tracebacks
-- A day of them, by the index on their age; that the job failed stays.
UPDATE pgqueuer_log l SET traceback = NULL
WHERE l.created >= :since AND l.created < :until AND l.traceback IS NOT NULL
  AND EXISTS (SELECT FROM unnest(:traces::text[]) AS t(trace) WHERE position(t.trace IN l.traceback::text) > 0);

-- name: finish
-- Nobody looks for them any more.
UPDATE erasures SET traces = NULL, finished_at = :at WHERE id = :id AND traces IS NOT NULL;

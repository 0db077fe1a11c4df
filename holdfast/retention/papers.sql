-- name: drop_bodies
-- By the index on their age. What has not been carried out stays, to be tried again, and is passed over.
SELECT drop_event_bodies(array_agg(o.provider), array_agg(o.event_key))
FROM (
    SELECT b.provider, b.event_key
    FROM provider_event_bodies b JOIN provider_events e USING (provider, event_key)
    WHERE b.received_at < :before AND e.state IN ('applied', 'ignored')
    ORDER BY b.received_at LIMIT :rows_max
) o;

-- name: forget_buyers
-- The owner's function: it refuses what is younger than five years.
SELECT forget_invoiced_buyers(:before, :rows_max);

-- name: forget_job_log
-- By the index on their age. What failed stands in the queue itself until somebody looks.
DELETE FROM pgqueuer_log WHERE id IN (
    SELECT id FROM pgqueuer_log WHERE created < :before ORDER BY created LIMIT :rows_max);

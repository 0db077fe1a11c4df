-- name: vitals
-- One row, whatever the shop's size: the counts are of what waits, which is little.
SELECT current_setting('server_version_num')::int AS server_version,
       'PostgreSQL ' || current_setting('server_version') AS server,
       clock_timestamp() - :at::timestamptz AS clock_ahead,
       (SELECT count(*) FROM pgqueuer WHERE status = 'queued') AS jobs_queued,
       (SELECT count(*) FROM pgqueuer WHERE status = 'failed') AS jobs_failed,
       (SELECT count(*) FILTER (WHERE state = 'failed') FROM provider_events
        WHERE state IN ('unmatched', 'failed')) AS events_failed,
       (SELECT count(*) FROM attention WHERE resolved_at IS NULL) AS matters_open,
       (SELECT clock_timestamp() - max(coalesce(last_run, created)) FROM pgqueuer_schedules) AS worker_idle,
       current_user::text AS role,
       has_table_privilege('audit', 'TRUNCATE') AS may_rewrite_history;

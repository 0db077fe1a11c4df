-- name: store
-- The unique key decides whether an event is new; sorted, because unique inserts wait for each other. One that
-- is there already is locked, so that two deliveries of it go one after the other. Bodies lie apart from keys, by
-- time, so that old ones can be dropped.
WITH asked AS (
    SELECT * FROM unnest(:providers::text[], :keys::text[], :kinds::text[], :bodies::bytea[])
        AS n(provider, key, kind, body)
), stored AS (
    INSERT INTO provider_events AS e (provider, event_key, state, kind, received_at)
    SELECT n.provider, n.key, 'unmatched', n.kind, :at FROM asked n
    ORDER BY n.provider, n.key
    ON CONFLICT (provider, event_key) DO UPDATE SET tries = e.tries
    RETURNING e.provider, e.event_key, CASE WHEN e.xmax <> 0 THEN e.state END AS known
), kept AS (
    INSERT INTO provider_event_bodies (provider, event_key, received_at, body)
    SELECT n.provider, n.key, :at, n.body
    FROM asked n JOIN stored s ON s.provider = n.provider AND s.event_key = n.key
    WHERE s.known IS NULL
)
SELECT provider, event_key, known FROM stored;

-- name: mark
-- What is unmatched or unconfirmed is tried again at growing gaps, a bounded number of times, by whomever; answers
-- what will not be tried again.
WITH marked AS (
    UPDATE provider_events e SET state = n.state, tries = e.tries + 1, error = NULL,
        retry_at = CASE WHEN n.state IN ('unmatched', 'unconfirmed') AND e.tries + 1 < :tries_max
                        THEN :at::timestamptz + (:gaps::interval[])[least(e.tries + 1, cardinality(:gaps::interval[]))] END
    FROM unnest(:providers::text[], :keys::text[], :states::text[]) AS n(provider, key, state)
    WHERE e.provider = n.provider AND e.event_key = n.key
    RETURNING e.provider, e.event_key, e.kind, e.state, e.retry_at
)
SELECT provider, event_key, kind, state FROM marked
WHERE state IN ('unmatched', 'unconfirmed') AND retry_at IS NULL ORDER BY provider, event_key;

-- name: fail
-- In a transaction of its own, after the one that applied it was rolled back.
UPDATE provider_events e SET state = 'failed', tries = e.tries + 1, error = :error,
    retry_at = CASE WHEN e.tries + 1 < :tries_max
                    THEN :at::timestamptz + (:gaps::interval[])[least(e.tries + 1, cardinality(:gaps::interval[]))] END
WHERE e.provider = :provider AND e.event_key = :key AND e.state NOT IN ('applied', 'ignored');

-- name: postpone
-- Nobody could be asked about it; whoever has confirmed and applied it meanwhile is not undone. Answers it if it
-- will not be tried again.
WITH postponed AS (
    UPDATE provider_events e SET tries = e.tries + 1,
        retry_at = CASE WHEN e.tries + 1 < :tries_max
                        THEN :at::timestamptz + (:gaps::interval[])[least(e.tries + 1, cardinality(:gaps::interval[]))] END
    WHERE e.provider = :provider AND e.event_key = :key AND e.state IN ('unmatched', 'unconfirmed', 'failed')
    RETURNING e.provider, e.event_key, e.kind, e.state, e.retry_at
)
SELECT provider, event_key, kind, state FROM postponed WHERE retry_at IS NULL;

-- name: waiting
-- By a partial index over what is to be tried again.
SELECT e.provider, e.event_key, b.body
FROM provider_events e JOIN provider_event_bodies b USING (provider, event_key)
WHERE e.retry_at <= :at ORDER BY e.retry_at LIMIT :rows_max;

-- name: one
-- For a person who wants it tried now.
SELECT e.provider, e.event_key, b.body
FROM provider_events e JOIN provider_event_bodies b USING (provider, event_key)
WHERE e.provider = :provider AND e.event_key = :key AND e.state IN ('unmatched', 'unconfirmed', 'failed');

-- name: page
-- What has not been applied, oldest first, by the partial index over it.
SELECT provider, event_key AS key, kind, state, tries, error, received_at, retry_at
FROM provider_events WHERE state IN ('unmatched', 'unconfirmed', 'failed') ORDER BY received_at LIMIT :rows_max;

-- name: shown
-- One event, applied or not, with its bytes as long as they are kept.
SELECT e.provider, e.event_key AS key, e.kind, e.state, e.tries, e.error, e.received_at, e.retry_at, b.body
FROM provider_events e LEFT JOIN provider_event_bodies b USING (provider, event_key)
WHERE e.provider = :provider AND e.event_key = :key;

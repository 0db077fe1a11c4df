-- name: keep
-- The line's key is unique, so that a file may be brought twice; answers the lines that are new.
INSERT INTO settlement_lines (provider, line_key, kind, reference, amount_minor, fee_minor, currency, settled_on,
                              attempt_id, refund_id, file, imported_by, at)
SELECT :provider, l.key, l.kind, l.ref, l.amount, l.fee, l.currency, l.settled_on, a.id, r.id, :file, :actor, :at
FROM unnest(:keys::text[], :kinds::text[], :refs::text[], :amounts::bigint[], :fees::bigint[],
            :currencies::text[], :dates::date[]) AS l(key, kind, ref, amount, fee, currency, settled_on)
LEFT JOIN LATERAL (
    SELECT x.id, x.attempt_id FROM refunds x WHERE l.kind = 'refund' AND x.provider = :provider AND x.provider_ref = l.ref
    UNION ALL
    SELECT x.id, x.attempt_id FROM refunds x WHERE l.kind = 'refund' AND x.provider = :provider AND x.id = l.ref
    LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT r.attempt_id AS id WHERE r.attempt_id IS NOT NULL
    UNION ALL
    SELECT x.id FROM payment_attempts x WHERE l.kind = 'payment' AND x.provider = :provider AND x.provider_ref = l.ref
    UNION ALL
    SELECT x.id FROM payment_attempts x WHERE l.kind = 'payment' AND x.provider = :provider AND x.charge_ref = l.ref
    UNION ALL
    SELECT x.id FROM payment_attempts x WHERE l.kind = 'payment' AND x.provider = :provider AND x.id = l.ref
    LIMIT 1
) a ON true
ORDER BY l.key
ON CONFLICT (provider, line_key) DO NOTHING
RETURNING line_key;

-- name: known
-- After all lines are kept, so that two lines about one payment in one file see each other.
SELECT s.line_key AS key, a.id AS attempt_id, a.order_id, s.refund_id,
       CASE WHEN s.kind = 'payment' THEN a.captured_minor
            WHEN r.state = 'succeeded' THEN r.amount_minor ELSE 0 END AS booked_minor,
       a.currency, t.settled::bigint AS settled_minor, t.lines
FROM settlement_lines s
LEFT JOIN refunds r ON r.id = s.refund_id
LEFT JOIN payment_attempts a ON a.id = s.attempt_id
LEFT JOIN LATERAL (
    SELECT sum(o.amount_minor) AS settled, count(*) AS lines FROM settlement_lines o
    WHERE o.attempt_id = s.attempt_id AND o.kind = s.kind AND o.refund_id IS NOT DISTINCT FROM s.refund_id
) t ON true
WHERE s.provider = :provider AND s.line_key = ANY(:keys::text[])
ORDER BY s.line_key;

-- name: attempt
-- None of these ever changes once it is known.
SELECT provider, provider_ref, currency, live FROM payment_attempts WHERE id = :id;

-- name: unsettled
-- Ids sort by birth, so that a stretch of time is a stretch of the primary key.
SELECT a.id AS attempt_id, a.order_id, a.captured_minor, a.currency FROM payment_attempts a
WHERE a.id >= :first_id AND a.id < :last_id AND a.provider = :provider AND a.captured_minor > 0
  AND NOT EXISTS (SELECT FROM settlement_lines s WHERE s.attempt_id = a.id AND s.kind = 'payment')
ORDER BY a.id;

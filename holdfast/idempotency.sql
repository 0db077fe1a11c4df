-- name: claim
-- The unique key decides who is first; sorted, because unique inserts wait for each other.
INSERT INTO idempotency_keys (principal, route, key, body_hash, subject, lease_until, created_at)
SELECT c.principal, c.route, c.key, c.body_hash, c.subject, :lease_until, :at
FROM unnest(:principals::text[], :routes::text[], :keys::text[], :body_hashes::bytea[], :subjects::text[])
    AS c(principal, route, key, body_hash, subject)
ORDER BY c.principal, c.route, c.key
ON CONFLICT DO NOTHING
RETURNING principal || E'\n' || route || E'\n' || key;

-- name: found
-- A second statement after the insert waited: it sees what the winner committed.
SELECT i.principal, i.route, i.key, i.body_hash, i.subject, i.answer, i.status, i.lease_until
FROM idempotency_keys i
JOIN unnest(:principals::text[], :routes::text[], :keys::text[]) AS c(principal, route, key)
  ON (i.principal, i.route, i.key) = (c.principal, c.route, c.key);

-- name: take_lease
-- Compare and set: of several repeats one goes on.
UPDATE idempotency_keys SET lease_until = :lease_until
WHERE principal = :principal AND route = :route AND key = :key AND answer IS NULL AND lease_until <= :at;

-- name: keep
-- The first answer stays; a slower twin cannot change it.
UPDATE idempotency_keys i SET answer = k.body, status = k.status
FROM unnest(:principals::text[], :routes::text[], :keys::text[], :statuses::smallint[], :bodies::bytea[])
    AS k(principal, route, key, status, body)
WHERE (i.principal, i.route, i.key) = (k.principal, k.route, k.key) AND i.answer IS NULL;

-- name: point
-- The effect was another request's: a repeat goes on from there.
UPDATE idempotency_keys i SET subject = c.subject
FROM unnest(:principals::text[], :routes::text[], :keys::text[], :subjects::text[]) AS c(principal, route, key, subject)
WHERE (i.principal, i.route, i.key) = (c.principal, c.route, c.key);

-- name: forget
-- Refusals are not kept: the same key may be tried again.
DELETE FROM idempotency_keys i
USING unnest(:principals::text[], :routes::text[], :keys::text[]) AS c(principal, route, key)
WHERE (i.principal, i.route, i.key) = (c.principal, c.route, c.key) AND i.answer IS NULL;

-- name: erase
-- A day of them, by the block-range index; the key stays, so that nothing is done twice, and its answer is empty.
UPDATE idempotency_keys i SET answer = ''
WHERE i.created_at >= :since AND i.created_at < :until AND i.answer <> ''
  AND (i.principal = :principal
       OR EXISTS (SELECT FROM unnest(:traces::text[]) AS t(trace) WHERE position(convert_to(t.trace, 'UTF8') IN i.answer) > 0));

-- name: sweep
-- Old keys go in one range of a block-range index.
DELETE FROM idempotency_keys WHERE created_at < :before;

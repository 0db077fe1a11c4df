-- name: count
-- An upsert counts under the row's lock, so that attempts at once are counted one by one; a row that is blocked
-- answers nothing, and the transaction is rolled back. Sorted, because unique inserts wait for each other. The account is
-- looked at anew, as its foreign key does: who is erased meanwhile is refused like anybody who has none.
INSERT INTO login_failures AS f (id, scope, subject, user_id, failures, last_at, blocked_until)
SELECT a.id, a.scope, a.subject, (SELECT u.id FROM users u WHERE u.id = a.user_id FOR KEY SHARE), 1, :at, :at
FROM unnest(:ids::text[], :scopes::text[], :subjects::text[], :users::text[]) AS a(id, scope, subject, user_id)
ORDER BY a.scope, a.subject
ON CONFLICT (scope, subject) DO UPDATE SET
    failures = CASE WHEN f.last_at < :forget_before THEN 1 ELSE f.failures + 1 END,
    last_at = EXCLUDED.last_at,
    user_id = coalesce(EXCLUDED.user_id, f.user_id)
WHERE f.blocked_until <= EXCLUDED.last_at OR f.scope <> ALL(:heeded::text[])
RETURNING f.id, f.scope, f.failures;

-- name: block
-- Its rows are locked by the count before.
UPDATE login_failures f SET blocked_until = b.until
FROM unnest(:ids::text[], :untils::timestamptz[]) AS b(id, until)
WHERE f.id = b.id;

-- name: blocked_until
-- The longer of the two counts.
SELECT max(f.blocked_until) AS blocked_until
FROM login_failures f
JOIN unnest(:scopes::text[], :subjects::text[]) AS a(scope, subject) ON (f.scope, f.subject) = (a.scope, a.subject);

-- name: clear_account
-- Nothing is left of what others tried.
DELETE FROM login_failures WHERE scope = 'account' AND subject = :subject;

-- name: take_back
-- The wait that the attempt itself has caused goes too, if the failures before it were free.
UPDATE login_failures SET failures = greatest(failures - 1, 0),
    blocked_until = CASE WHEN failures - 1 < :free::int THEN :at ELSE blocked_until END
WHERE scope = 'place' AND subject = :subject;

-- name: blocked
-- A walk along the ids, which sort by birth; the table holds what failed within the hour.
SELECT f.id, f.scope, CASE WHEN f.scope = 'place' THEN f.subject END AS place, f.user_id, u.email, f.failures,
       f.last_at, f.blocked_until
FROM login_failures f LEFT JOIN users u ON u.id = f.user_id
WHERE f.id > :after AND f.blocked_until > :at
ORDER BY f.id LIMIT :rows_max;

-- name: lift
-- The row goes, and the count with it.
DELETE FROM login_failures WHERE id = :id RETURNING coalesce(user_id, id);

-- name: sweep
-- By the index on their age.
DELETE FROM login_failures WHERE last_at < :before AND blocked_until < :before;

-- name: sweep_places
-- By the index on their age.
DELETE FROM login_places WHERE seen_at < :before;

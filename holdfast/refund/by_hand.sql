-- name: is_agreed
-- Two people have agreed to it when it was asked for.
SELECT EXISTS (SELECT FROM refunds r JOIN refund_requests q ON q.id = r.request_id
               WHERE r.id = :id AND q.decided_by IS NOT NULL);

-- name: record
-- A refund is sent once: no row comes back for one that was recorded before, unless that was refused.
INSERT INTO refunds_by_hand (id, refund_id, reference, state, recorded_by, at)
VALUES (:id, :refund_id, :reference, :state, :actor, :at)
ON CONFLICT (refund_id) WHERE state <> 'refused' DO NOTHING
RETURNING id;

-- name: find
-- Looked up before the locks: what it is about never changes.
SELECT id, refund_id, reference, recorded_by FROM refunds_by_hand WHERE id = :id AND state = 'waiting';

-- name: decide
-- Once: of two who decide at the same moment the second finds nothing that waits.
UPDATE refunds_by_hand SET state = :state, decided_by = :actor, decided_at = :at
WHERE id = :id AND state = 'waiting'
RETURNING id;

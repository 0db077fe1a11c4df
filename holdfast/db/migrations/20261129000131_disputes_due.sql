-- migrate:up

-- Few wait for an answer; the staff are reminded of those whose moment comes.
CREATE INDEX disputes_by_due ON disputes (due_at) WHERE state = 'evidence_due';

-- migrate:down
DROP INDEX disputes_by_due;

-- migrate:up

-- Events that wait for a person or another try are few among all that ever came.
CREATE INDEX provider_events_waiting ON provider_events (received_at) WHERE state IN ('unmatched', 'failed');

-- migrate:down
DROP INDEX provider_events_waiting;

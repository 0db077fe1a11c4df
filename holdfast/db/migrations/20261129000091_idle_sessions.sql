-- migrate:up

-- When it was used last, give or take a few minutes: a log-in that nobody uses ends by itself.
ALTER TABLE sessions ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE sessions ALTER COLUMN used_at DROP DEFAULT;

-- migrate:down
ALTER TABLE sessions DROP COLUMN used_at;

-- name: migrated
-- A database that is newer than this program is well: it was migrated first.
SELECT EXISTS (SELECT FROM schema_migrations WHERE version = :version) AS migrated;

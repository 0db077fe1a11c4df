-- Who may do what in a database beside its owner. Run by the owner, in one transaction, as often as one likes: it takes
-- everything away and gives it anew. What is history and what is secret is read from the catalogue, so that a new table
-- is protected by being one. Neither role may change the schema, TRUNCATE, or log in: logins are the operator's.

-- name: was_granted
-- Whether this database has an application role: a server may have other databases, whose roles have no business here.
SELECT coalesce(has_table_privilege(to_regrole('holdfast_application')::oid, to_regclass('public.audit')::oid, 'INSERT'),
                false) AS granted;

-- name: grant_all
-- Two at once would meet in the same rows of the catalogue, hence the lock; a role may be made at this very moment for
-- another database of the server, hence the exceptions.
SELECT pg_advisory_xact_lock(5301002);

DO $$ BEGIN
    IF to_regrole('holdfast_application') IS NULL THEN CREATE ROLE holdfast_application NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    IF to_regrole('holdfast_report') IS NULL THEN CREATE ROLE holdfast_report NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM holdfast_application, holdfast_report;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM holdfast_application, holdfast_report;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM holdfast_application, holdfast_report;
GRANT USAGE ON SCHEMA public TO holdfast_application, holdfast_report;

-- The application: history is read and added to, what is fixed by migrations is read, what money and stock stand on is
-- never deleted.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO holdfast_application;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO holdfast_application;
REVOKE INSERT, UPDATE, DELETE ON order_moves, schema_migrations FROM holdfast_application;
REVOKE DELETE ON orders, order_lines, payments, payment_attempts, refunds, provider_events, provider_event_bodies, stock,
    holds, hold_lines, users, api_keys, attention, vendors FROM holdfast_application;
REVOKE UPDATE, DELETE ON transfers, refund_requests, refunds_by_hand FROM holdfast_application;
GRANT UPDATE (state, decided_by, decided_at) ON transfers, refund_requests, refunds_by_hand TO holdfast_application;
REVOKE UPDATE, DELETE ON vendor_payouts FROM holdfast_application;
GRANT UPDATE (bank_reference, paid_by, paid_at) ON vendor_payouts TO holdfast_application;
GRANT EXECUTE ON FUNCTION drop_event_bodies, forget_invoiced_buyers, delete_customer, forget_words TO holdfast_application;

DO $$
DECLARE
    history regclass;
    seen record;
BEGIN
    FOR history IN SELECT tgrelid FROM pg_trigger WHERE tgfoid = 'history_is_append_only'::regproc LOOP
        EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM holdfast_application', history);
    END LOOP;

    -- Reports: everything but bytes, and columns whose names speak of what opens something. The seals of the audit and
    -- the ids in jobs are no secrets, and `holdfast audit` needs them; a provider's answer holds a client's secret.
    FOR seen IN
        SELECT c.oid::regclass AS place, string_agg(quote_ident(a.attname), ', ') AS columns
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
          AND ((c.relname, a.attname) IN (('audit_seals', 'hash'), ('pgqueuer', 'payload'))
               OR a.atttypid <> 'bytea'::regtype AND a.attname !~* 'password|passwd|secret|token|hash|otp'
                  AND (c.relname, a.attname) <> ('payment_attempts', 'next_action'))
        GROUP BY c.oid
    LOOP
        EXECUTE format('GRANT SELECT (%s) ON %s TO holdfast_report', seen.columns, seen.place);
    END LOOP;
END $$;

-- migrate:up

-- Archiving walks along those that may be archived, from the oldest.
CREATE INDEX orders_to_archive ON orders (id) WHERE state IN ('delivered', 'cancelled');

-- What of an order is not over: until it is, the order is not archived and its buyer not erased. A branch for each kind.
CREATE VIEW open_of_orders AS
    SELECT id AS order_id, 'order' AS what, id AS subject
    FROM orders WHERE state NOT IN ('delivered', 'cancelled', 'archived')
    UNION ALL
    SELECT order_id, 'return', id FROM returns WHERE state IN ('requested', 'approved', 'received')
    UNION ALL
    SELECT p.order_id, 'dispute', d.id
    FROM payments p JOIN disputes d ON d.payment_id = p.id WHERE d.state NOT IN ('won', 'lost')
    UNION ALL
    SELECT p.order_id, 'refund', r.id
    FROM payments p JOIN refunds r ON r.payment_id = p.id WHERE r.state IN ('requested', 'pending')
    UNION ALL
    SELECT order_id, 'refund', id FROM refund_requests WHERE state = 'waiting'
    UNION ALL
    SELECT p.order_id, 'payment', a.id
    FROM payments p JOIN payment_attempts a ON a.payment_id = p.id WHERE a.poll_at IS NOT NULL OR a.state = 'authorized'
    UNION ALL
    SELECT o.id, 'attention', m.id
    FROM attention m JOIN orders o ON o.id = m.detail ->> 'order_id' WHERE m.resolved_at IS NULL
    UNION ALL
    SELECT o.id, 'attention', m.id
    FROM attention m JOIN orders o ON o.id = m.subject WHERE m.resolved_at IS NULL
    UNION ALL
    SELECT p.order_id, 'attention', m.id
    FROM attention m JOIN payments p ON p.id = m.subject WHERE m.resolved_at IS NULL
    UNION ALL
    SELECT a.order_id, 'attention', m.id
    FROM attention m JOIN payment_attempts a ON a.id = m.subject WHERE m.resolved_at IS NULL
    UNION ALL
    SELECT r.order_id, 'attention', m.id
    FROM attention m JOIN refunds r ON r.id = m.subject WHERE m.resolved_at IS NULL;

-- The shop's processes may not delete what money came in by. They may call this, which drops the bodies of events that
-- have been carried out, and no others; the keys of all of them stay.
CREATE INDEX provider_event_bodies_by_age ON provider_event_bodies (received_at);
CREATE FUNCTION drop_event_bodies(providers text[], keys text[]) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH dropped AS (
        DELETE FROM public.provider_event_bodies b USING public.provider_events e, unnest(providers, keys) AS w(provider, key)
        WHERE e.provider = w.provider AND e.event_key = w.key AND e.state IN ('applied', 'ignored')
          AND b.provider = e.provider AND b.event_key = e.event_key
        RETURNING b.event_key
    )
    SELECT count(*) FROM dropped
$$;
REVOKE ALL ON FUNCTION drop_event_bodies(text[], text[]) FROM PUBLIC;

-- History is added to, and people are taken out of it by the owner's functions alone: the setting opens nothing to the
-- shop's processes, which have no right to update it.
CREATE OR REPLACE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('holdfast.erases', true) = 'yes' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'history is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'history_is_append_only';
END $$;

-- Invoices hold names and addresses: after the years that the law wants them kept the buyer is taken out, by this alone,
-- and never before five years, whatever the shop's processes ask for.
CREATE INDEX invoices_with_buyers ON invoices (issued_at) WHERE document -> 'buyer' <> '{"email": null, "address": null}';
CREATE FUNCTION forget_invoiced_buyers(before timestamptz, rows_max integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    forgotten bigint;
BEGIN
    IF before > now() - interval '5 years' THEN
        RAISE EXCEPTION 'invoices are kept whole for five years at least'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'history_is_append_only';
    END IF;
    PERFORM set_config('holdfast.erases', 'yes', true);
    UPDATE public.invoices SET document = jsonb_set(document, '{buyer}', '{"email": null, "address": null}')
    WHERE id IN (SELECT i.id FROM public.invoices i
                 WHERE i.issued_at < before AND i.document -> 'buyer' <> '{"email": null, "address": null}'
                 ORDER BY i.issued_at LIMIT rows_max);
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    PERFORM set_config('holdfast.erases', '', true);
    RETURN forgotten;
END $$;
REVOKE ALL ON FUNCTION forget_invoiced_buyers(timestamptz, integer) FROM PUBLIC;

-- migrate:down
DROP FUNCTION forget_invoiced_buyers, drop_event_bodies;
CREATE OR REPLACE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'history_is_append_only';
END $$;
DROP INDEX invoices_with_buyers, provider_event_bodies_by_age, orders_to_archive;
DROP VIEW open_of_orders;

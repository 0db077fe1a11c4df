-- migrate:up

-- Somebody's data are found by these when they are to be told or erased, and the foreign keys to an account that is
-- deleted look here.
CREATE INDEX checkouts_by_email ON checkouts (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX sessions_of_users ON sessions (user_id);
CREATE INDEX account_letters_of_users ON account_letters (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX attention_by_subject ON attention (subject);
CREATE INDEX login_failures_of_users ON login_failures (user_id) WHERE user_id IS NOT NULL;

-- Whoever comes too late with an order is told so.
ALTER TABLE orders RENAME CONSTRAINT orders_customer_id_fkey TO customer_is_there;

-- An erasure is carried out at once but for what no key leads to: bytes of others, and answers that were kept. What is
-- looked for in those stands here until the job has looked, and no longer.
CREATE TABLE erasures (
    id          text COLLATE "C" PRIMARY KEY,
    user_id     text COLLATE "C",
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    asked_at    timestamptz NOT NULL,
    traces      text[],
    finished_at timestamptz,
    CONSTRAINT traces_are_forgotten_at_the_end CHECK ((traces IS NULL) = (finished_at IS NOT NULL))
);

-- The shop's processes may not delete people. They may call this, for a customer of whom nothing is left but keys and
-- the row itself: a foreign key refuses it for anybody else, and refuses whoever comes too late with something of theirs.
CREATE FUNCTION delete_customer(customer text) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    DELETE FROM public.api_keys k USING public.users u WHERE k.user_id = u.id AND u.id = customer AND u.role = 'customer';
    WITH gone AS (DELETE FROM public.users WHERE id = customer AND role = 'customer' RETURNING id)
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION delete_customer(text) FROM PUBLIC;

-- History holds ids; but people write reasons and notes into it, and somebody may be named there. Those go, of orders that
-- are over; what happened, when, and by whom stays, and so do the words that the shop wrote itself.
CREATE FUNCTION forget_words(orders text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    ended text[];
    ours  text[] := '{shop,provider}';
BEGIN
    SELECT coalesce(array_agg(o.id), '{}') INTO ended FROM public.orders o
    WHERE o.id = ANY(orders) AND o.state IN ('delivered', 'cancelled', 'archived');
    PERFORM set_config('holdfast.erases', 'yes', true);
    UPDATE public.order_events SET reason = '', note = ''
    WHERE order_id = ANY(ended) AND actor <> ALL(ours) AND (reason, note) <> ('', '');
    UPDATE public.order_cancellations SET reason = '' WHERE order_id = ANY(ended) AND actor <> ALL(ours) AND reason <> '';
    UPDATE public.refund_requests SET reason = '' WHERE order_id = ANY(ended) AND reason <> '';
    UPDATE public.return_events e SET reason = '' FROM public.returns r
    WHERE e.return_id = r.id AND r.order_id = ANY(ended) AND e.actor <> ALL(ours) AND e.reason <> '';
    UPDATE public.shipment_events e SET reason = '' FROM public.shipments s
    WHERE e.shipment_id = s.id AND s.order_id = ANY(ended) AND e.actor <> ALL(ours) AND e.reason <> '';
    UPDATE public.movements m SET reason = ''
    WHERE m.actor <> ALL(ours) AND m.reason <> ''
      AND m.subject IN (SELECT unnest(ended)
                        UNION ALL SELECT s.id FROM public.shipments s WHERE s.order_id = ANY(ended)
                        UNION ALL SELECT r.id FROM public.returns r WHERE r.order_id = ANY(ended));
    PERFORM set_config('holdfast.erases', '', true);
END $$;
REVOKE ALL ON FUNCTION forget_words(text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION refund_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state = 'waiting' AND (to_jsonb(NEW) - '{state,decided_by,decided_at}'::text[])
                                   = (to_jsonb(OLD) - '{state,decided_by,decided_at}'::text[])
           OR current_setting('holdfast.erases', true) = 'yes'
              AND (to_jsonb(NEW) - 'reason') = (to_jsonb(OLD) - 'reason') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a refund is recorded once and decided once: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'refund_is_decided_once';
END $$;

-- migrate:down
CREATE OR REPLACE FUNCTION refund_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state = 'waiting' AND (to_jsonb(NEW) - '{state,decided_by,decided_at}'::text[])
                                   = (to_jsonb(OLD) - '{state,decided_by,decided_at}'::text[]) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a refund is recorded once and decided once: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'refund_is_decided_once';
END $$;
DROP FUNCTION forget_words, delete_customer;
DROP TABLE erasures;
ALTER TABLE orders RENAME CONSTRAINT customer_is_there TO orders_customer_id_fkey;
DROP INDEX attention_by_subject, login_failures_of_users, account_letters_of_users, sessions_of_users, checkouts_by_email;

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: pgqueuer_status; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.pgqueuer_status AS ENUM (
    'queued',
    'picked',
    'successful',
    'exception',
    'canceled',
    'deleted',
    'failed'
);


--
-- Name: deed_waits_for_its_seal(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.deed_waits_for_its_seal() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO audit_unsealed VALUES (NEW.id);
    RETURN NULL;
END $$;


--
-- Name: delete_customer(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.delete_customer(customer text) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    DELETE FROM public.api_keys k USING public.users u WHERE k.user_id = u.id AND u.id = customer AND u.role = 'customer';
    WITH gone AS (DELETE FROM public.users WHERE id = customer AND role = 'customer' RETURNING id)
    SELECT count(*) FROM gone
$$;


--
-- Name: drop_event_bodies(text[], text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.drop_event_bodies(providers text[], keys text[]) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    WITH dropped AS (
        DELETE FROM public.provider_event_bodies b USING public.provider_events e, unnest(providers, keys) AS w(provider, key)
        WHERE e.provider = w.provider AND e.event_key = w.key AND e.state IN ('applied', 'ignored')
          AND b.provider = e.provider AND b.event_key = e.event_key
        RETURNING b.event_key
    )
    SELECT count(*) FROM dropped
$$;


--
-- Name: fn_pgqueuer_changed(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.fn_pgqueuer_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    to_emit BOOLEAN := false;  -- Flag to decide whether to emit a notification
BEGIN
    -- Check operation type and set the emit flag accordingly
    IF TG_OP = 'UPDATE' AND OLD IS DISTINCT FROM NEW THEN
        to_emit := true;
    ELSIF TG_OP = 'DELETE' THEN
        to_emit := true;
    ELSIF TG_OP = 'INSERT' THEN
        to_emit := true;
    ELSIF TG_OP = 'TRUNCATE' THEN
        to_emit := true;
    END IF;

    -- Perform notification if the emit flag is set
    IF to_emit THEN
        PERFORM pg_notify(
            'ch_pgqueuer',
            json_build_object(
                'channel', 'ch_pgqueuer',
                'operation', lower(TG_OP),
                'sent_at', NOW(),
                'table', TG_TABLE_NAME,
                'type', 'table_changed_event'
            )::text
        );
    END IF;

    -- Return appropriate value based on the operation
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        RETURN OLD;
    ELSE
        RETURN NULL; -- For TRUNCATE and other non-row-specific contexts
    END IF;

END;
$$;


--
-- Name: forget_invoiced_buyers(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.forget_invoiced_buyers(before timestamp with time zone, rows_max integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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


--
-- Name: forget_words(text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.forget_words(orders text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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


--
-- Name: history_is_append_only(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('holdfast.erases', true) = 'yes' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'history is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'history_is_append_only';
END $$;


--
-- Name: preorder_ships_on_its_day(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.preorder_ships_on_its_day() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM variants WHERE sku = NEW.sku AND available_from > NEW.at) THEN
        RAISE EXCEPTION '% cannot be shipped yet', NEW.sku
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'preorder_ships_on_its_day';
    END IF;
    RETURN NEW;
END $$;


--
-- Name: refund_is_decided_once(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refund_is_decided_once() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: shortfall_shrinks(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.shortfall_shrinks() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.shortfall := least(NEW.shortfall,
                           greatest(0, NEW.held + NEW.committed - NEW.on_hand - NEW.backorder_limit));
    RETURN NEW;
END $$;


--
-- Name: transfer_is_decided_once(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.transfer_is_decided_once() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state = 'waiting' AND (to_jsonb(NEW) - '{state,decided_by,decided_at}'::text[])
                                   = (to_jsonb(OLD) - '{state,decided_by,decided_at}'::text[]) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a transfer is recorded once and decided once: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transfer_is_decided_once';
END $$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: account_letters; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account_letters (
    id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    email text NOT NULL,
    user_id text COLLATE pg_catalog."C",
    token_hash bytea,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    used_at timestamp with time zone,
    CONSTRAINT email_has_an_end CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    CONSTRAINT letter_kind_is_known CHECK ((kind = ANY (ARRAY['register'::text, 'reset_password'::text, 'change_email'::text, 'email_changed'::text, 'password_changed'::text, 'totp_changed'::text]))),
    CONSTRAINT only_a_secret_is_used CHECK (((used_at IS NULL) OR (token_hash IS NOT NULL))),
    CONSTRAINT secret_has_an_end CHECK (((token_hash IS NULL) = (expires_at IS NULL)))
);


--
-- Name: api_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_keys (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    key_hash bytea NOT NULL,
    label text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    prefix text DEFAULT ''::text NOT NULL,
    scopes text[],
    last_used_at timestamp with time zone,
    CONSTRAINT label_has_an_end CHECK ((length(label) <= 100)),
    CONSTRAINT prefix_has_an_end CHECK ((length(prefix) <= 12)),
    CONSTRAINT scopes_are_known CHECK (((scopes <@ '{shop,orders,stock,refunds,catalogue,marketing,settings,reports}'::text[]) AND ((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 8))))
);


--
-- Name: attention; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.attention (
    id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    subject text NOT NULL COLLATE pg_catalog."C",
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    resolved_by text,
    step text,
    CONSTRAINT attention_is_resolved_whole CHECK ((num_nonnulls(resolved_at, resolved_by, step) = ANY (ARRAY[0, 3]))),
    CONSTRAINT kind_has_an_end CHECK ((length(kind) <= 60))
);


--
-- Name: audit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT action_has_an_end CHECK ((length(action) <= 100)),
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT subject_has_an_end CHECK ((length(subject) <= 200))
);


--
-- Name: audit_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: audit_seals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_seals (
    "position" bigint NOT NULL,
    audit_id bigint NOT NULL,
    hash bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    CONSTRAINT seal_is_sha256 CHECK ((length(hash) = 32))
);


--
-- Name: audit_unsealed; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_unsealed (
    audit_id bigint NOT NULL
);


--
-- Name: cart_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cart_lines (
    cart_id text NOT NULL COLLATE pg_catalog."C",
    sku text NOT NULL COLLATE pg_catalog."C",
    quantity bigint NOT NULL,
    added_at timestamp with time zone NOT NULL,
    CONSTRAINT quantity_is_possible CHECK (((quantity >= 1) AND (quantity <= 1000000)))
)
WITH (fillfactor='80');


--
-- Name: carts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.carts (
    id text NOT NULL COLLATE pg_catalog."C",
    currency text NOT NULL COLLATE pg_catalog."C",
    state text DEFAULT 'open'::text NOT NULL,
    merged_into text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    customer_id text COLLATE pg_catalog."C",
    notes jsonb,
    coupons text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT cart_has_few_coupons CHECK ((cardinality(coupons) <= 10)),
    CONSTRAINT cart_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'merged'::text]))),
    CONSTRAINT money_has_a_currency CHECK ((currency ~ '^[A-Z]{3}$'::text))
)
WITH (fillfactor='80');


--
-- Name: categories; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.categories (
    id text NOT NULL COLLATE pg_catalog."C",
    slug text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    parent_id text COLLATE pg_catalog."C",
    "position" integer DEFAULT 0 NOT NULL,
    CONSTRAINT name_has_an_end CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT slug_is_plain CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 120)))
);


--
-- Name: checkouts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.checkouts (
    id text NOT NULL COLLATE pg_catalog."C",
    cart_id text NOT NULL COLLATE pg_catalog."C",
    state text DEFAULT 'open'::text NOT NULL,
    email text,
    shipping_address jsonb,
    billing_address jsonb,
    shipping_option text,
    payment_method text,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT checkout_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'completed'::text, 'cancelled'::text]))),
    CONSTRAINT email_has_an_end CHECK ((length(email) <= 254))
)
WITH (fillfactor='80');


--
-- Name: coupon_buyers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.coupon_buyers (
    code text NOT NULL COLLATE pg_catalog."C",
    buyer text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT coupon_buyer_has_an_end CHECK ((length(buyer) <= 80))
);


--
-- Name: coupon_uses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.coupon_uses (
    code text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    discount_minor bigint NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    placed_at timestamp with time zone NOT NULL,
    CONSTRAINT coupon_discount_is_not_negative CHECK ((discount_minor >= 0)),
    CONSTRAINT coupon_use_is_known CHECK ((state = ANY (ARRAY['counted'::text, 'given_back'::text, 'kept'::text]))),
    CONSTRAINT used_kind_is_known CHECK ((kind = ANY (ARRAY['percent'::text, 'amount'::text, 'free_shipping'::text])))
);


--
-- Name: coupons; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.coupons (
    code text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    currency text NOT NULL COLLATE pg_catalog."C",
    percent_bp integer,
    amount_minor bigint,
    subtotal_min_minor bigint NOT NULL,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    uses_max bigint,
    uses_per_buyer_max bigint,
    combinable boolean NOT NULL,
    active boolean NOT NULL,
    uses bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT amount_is_possible CHECK ((amount_minor >= 1)),
    CONSTRAINT coupon_code_is_plain CHECK ((code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'::text)),
    CONSTRAINT coupon_ends_after_it_starts CHECK ((starts_at < ends_at)),
    CONSTRAINT coupon_is_not_used_up CHECK ((uses <= uses_max)),
    CONSTRAINT coupon_kind_is_known CHECK ((kind = ANY (ARRAY['percent'::text, 'amount'::text, 'free_shipping'::text]))),
    CONSTRAINT coupon_takes_one_thing_off CHECK ((((kind = 'percent'::text) = (percent_bp IS NOT NULL)) AND ((kind = 'amount'::text) = (amount_minor IS NOT NULL)))),
    CONSTRAINT coupon_uses_are_not_negative CHECK ((uses >= 0)),
    CONSTRAINT currency_is_a_code CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT percent_is_possible CHECK (((percent_bp >= 1) AND (percent_bp <= 10000))),
    CONSTRAINT subtotal_min_is_possible CHECK ((subtotal_min_minor >= 0)),
    CONSTRAINT uses_max_is_possible CHECK ((uses_max >= 1)),
    CONSTRAINT uses_per_buyer_max_is_possible CHECK ((uses_per_buyer_max >= 1))
);


--
-- Name: dispute_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dispute_events (
    dispute_id text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    event text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200))
);


--
-- Name: dispute_events_position_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.dispute_events ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dispute_events_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: dispute_moves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dispute_moves (
    from_state text NOT NULL,
    event text NOT NULL,
    to_state text NOT NULL
);


--
-- Name: disputes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.disputes (
    id text NOT NULL COLLATE pg_catalog."C",
    payment_id text NOT NULL COLLATE pg_catalog."C",
    attempt_id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL,
    provider_ref text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    due_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT amount_is_positive CHECK ((amount_minor > 0)),
    CONSTRAINT money_has_a_currency CHECK ((currency ~ '^[A-Z]{3}$'::text))
)
WITH (fillfactor='80');


--
-- Name: erasures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.erasures (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    actor text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    traces text[],
    finished_at timestamp with time zone,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT traces_are_forgotten_at_the_end CHECK (((traces IS NULL) = (finished_at IS NOT NULL)))
);


--
-- Name: hold_buyers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.hold_buyers (
    hold_id text NOT NULL COLLATE pg_catalog."C",
    buyer text NOT NULL COLLATE pg_catalog."C",
    until timestamp with time zone NOT NULL,
    CONSTRAINT buyer_has_an_end CHECK ((length(buyer) <= 80))
);


--
-- Name: hold_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.hold_lines (
    hold_id text NOT NULL COLLATE pg_catalog."C",
    sku text NOT NULL COLLATE pg_catalog."C",
    location_id text NOT NULL COLLATE pg_catalog."C",
    quantity bigint NOT NULL,
    state text NOT NULL,
    drops_at timestamp with time zone NOT NULL,
    CONSTRAINT hold_line_holds_something CHECK ((quantity > 0)),
    CONSTRAINT hold_line_state_is_known CHECK ((state = ANY (ARRAY['active'::text, 'committed'::text, 'released'::text, 'expired'::text, 'shipped'::text])))
)
WITH (fillfactor='80');


--
-- Name: holds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.holds (
    id text NOT NULL COLLATE pg_catalog."C",
    order_id text COLLATE pg_catalog."C",
    checkout_id text COLLATE pg_catalog."C",
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT hold_belongs_to_somebody CHECK ((num_nonnulls(order_id, checkout_id) >= 1))
)
WITH (fillfactor='80');


--
-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_keys (
    principal text NOT NULL COLLATE pg_catalog."C",
    route text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    body_hash bytea NOT NULL,
    subject text COLLATE pg_catalog."C",
    answer bytea,
    status smallint,
    lease_until timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_key_has_an_end CHECK (((length(key) >= 16) AND (length(key) <= 255)))
)
WITH (fillfactor='80');


--
-- Name: invoice_counter; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.invoice_counter (
    single boolean DEFAULT true NOT NULL,
    last_number bigint NOT NULL,
    CONSTRAINT counter_counts_up CHECK ((last_number >= 0)),
    CONSTRAINT there_is_one_counter CHECK (single)
);


--
-- Name: invoices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.invoices (
    id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    order_id text NOT NULL COLLATE pg_catalog."C",
    document jsonb NOT NULL,
    actor text NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT invoice_number_is_positive CHECK ((number > 0))
);


--
-- Name: ledger; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ledger (
    id bigint NOT NULL,
    payment_id text NOT NULL COLLATE pg_catalog."C",
    attempt_id text NOT NULL COLLATE pg_catalog."C",
    refund_id text COLLATE pg_catalog."C",
    kind text NOT NULL,
    amount_minor bigint NOT NULL,
    source text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT entry_is_known CHECK ((kind = ANY (ARRAY['captured'::text, 'refunded'::text, 'refund_failed'::text, 'disputed'::text, 'dispute_won'::text, 'dispute_lost'::text, 'dispute_reversed'::text]))),
    CONSTRAINT entry_is_positive CHECK ((amount_minor > 0)),
    CONSTRAINT source_has_an_end CHECK ((length(source) <= 100))
);


--
-- Name: ledger_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.ledger ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ledger_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: letters; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.letters (
    kind text CONSTRAINT letters_job_not_null NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    tries integer DEFAULT 1 NOT NULL,
    due_at timestamp with time zone CONSTRAINT letters_lease_until_not_null NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT kind_has_an_end CHECK ((length(kind) <= 60)),
    CONSTRAINT letter_state_is_known CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'not_needed'::text, 'refused'::text, 'given_up'::text]))),
    CONSTRAINT sent_has_a_moment CHECK (((state = 'sent'::text) = (sent_at IS NOT NULL))),
    CONSTRAINT subject_has_an_end CHECK ((length(subject) <= 200))
);


--
-- Name: locations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.locations (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    open boolean DEFAULT true NOT NULL,
    CONSTRAINT location_is_plain CHECK (((id ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(id) <= 60))),
    CONSTRAINT name_has_an_end CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT priority_is_possible CHECK (((priority >= 0) AND (priority <= 1000000)))
);


--
-- Name: login_failures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.login_failures (
    id text NOT NULL COLLATE pg_catalog."C",
    scope text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    failures integer NOT NULL,
    last_at timestamp with time zone NOT NULL,
    blocked_until timestamp with time zone NOT NULL,
    CONSTRAINT failures_are_counted CHECK ((failures >= 0)),
    CONSTRAINT scope_is_known CHECK ((scope = ANY (ARRAY['account'::text, 'place'::text]))),
    CONSTRAINT subject_has_an_end CHECK ((length(subject) <= 64))
)
WITH (fillfactor='80');


--
-- Name: login_places; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.login_places (
    user_id text NOT NULL COLLATE pg_catalog."C",
    place text NOT NULL COLLATE pg_catalog."C",
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT place_has_an_end CHECK ((length(place) <= 64))
);


--
-- Name: movements; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.movements (
    id bigint NOT NULL,
    sku text NOT NULL COLLATE pg_catalog."C",
    location_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    quantity bigint NOT NULL,
    subject text COLLATE pg_catalog."C",
    reason text DEFAULT ''::text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT movement_is_known CHECK ((kind = ANY (ARRAY['received'::text, 'shipped'::text, 'returned'::text, 'adjusted'::text, 'transferred'::text, 'written_off'::text]))),
    CONSTRAINT movement_moves_something CHECK ((quantity <> 0)),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200))
);


--
-- Name: movements_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.movements ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.movements_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: order_numbers; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.order_numbers
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: orders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.orders (
    id text NOT NULL COLLATE pg_catalog."C",
    number bigint DEFAULT nextval('public.order_numbers'::regclass) NOT NULL,
    checkout_id text COLLATE pg_catalog."C",
    cart_id text COLLATE pg_catalog."C",
    state text NOT NULL,
    status text NOT NULL,
    email text,
    shipping_address jsonb,
    billing_address jsonb,
    shipping_option text NOT NULL,
    payment_method text NOT NULL,
    reference text,
    currency text NOT NULL COLLATE pg_catalog."C",
    subtotal_minor bigint NOT NULL,
    discount_minor bigint NOT NULL,
    shipping_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    tax_inclusive boolean NOT NULL,
    total_minor bigint NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    unpaid_until timestamp with time zone NOT NULL,
    customer_id text COLLATE pg_catalog."C",
    goods_out boolean DEFAULT false NOT NULL,
    goods_back text,
    has_vendors boolean DEFAULT false NOT NULL,
    CONSTRAINT email_has_an_end CHECK ((length(email) <= 254)),
    CONSTRAINT goods_back_is_known CHECK ((goods_back = ANY (ARRAY['return_requested'::text, 'returned'::text]))),
    CONSTRAINT money_has_a_currency CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT order_sums_are_not_negative CHECK ((LEAST(subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor) >= 0)),
    CONSTRAINT order_total_adds_up CHECK ((total_minor = (((subtotal_minor - discount_minor) + shipping_minor) +
CASE
    WHEN tax_inclusive THEN (0)::bigint
    ELSE tax_minor
END))),
    CONSTRAINT reference_has_an_end CHECK ((length(reference) <= 64)),
    CONSTRAINT what_is_out_is_not_cancelled CHECK (((NOT goods_out) OR (state <> 'cancelled'::text)))
)
WITH (fillfactor='70');


--
-- Name: payment_attempts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.payment_attempts (
    id text NOT NULL COLLATE pg_catalog."C",
    payment_id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL,
    live boolean NOT NULL,
    provider_ref text COLLATE pg_catalog."C",
    state text NOT NULL,
    superseded boolean DEFAULT false NOT NULL,
    amount_minor bigint NOT NULL,
    captured_minor bigint DEFAULT 0 NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    next_action jsonb,
    failure text,
    lease_until timestamp with time zone NOT NULL,
    poll_at timestamp with time zone,
    polls integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    charge_ref text COLLATE pg_catalog."C",
    CONSTRAINT amount_is_positive CHECK ((amount_minor > 0)),
    CONSTRAINT attempt_state_is_known CHECK ((state = ANY (ARRAY['intended'::text, 'pending'::text, 'requires_action'::text, 'authorized'::text, 'captured'::text, 'failed'::text, 'cancelled'::text, 'expired'::text]))),
    CONSTRAINT captured_is_not_negative CHECK ((captured_minor >= 0)),
    CONSTRAINT failure_has_an_end CHECK ((length(failure) <= 200)),
    CONSTRAINT money_has_a_currency CHECK ((currency ~ '^[A-Z]{3}$'::text))
)
WITH (fillfactor='70');


--
-- Name: payments; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.payments (
    id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    due_minor bigint NOT NULL,
    captured_minor bigint DEFAULT 0 NOT NULL,
    refunding_minor bigint DEFAULT 0 NOT NULL,
    refunded_minor bigint DEFAULT 0 NOT NULL,
    disputed_minor bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    lost_minor bigint DEFAULT 0 NOT NULL,
    CONSTRAINT captured_is_not_negative CHECK ((captured_minor >= 0)),
    CONSTRAINT disputed_is_not_negative CHECK ((disputed_minor >= 0)),
    CONSTRAINT due_is_not_negative CHECK ((due_minor >= 0)),
    CONSTRAINT lost_is_not_negative CHECK ((lost_minor >= 0)),
    CONSTRAINT money_has_a_currency CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payment_state_is_known CHECK ((state = ANY (ARRAY['not_paid'::text, 'pending'::text, 'requires_action'::text, 'authorized'::text, 'paid'::text, 'failed'::text, 'cancelled'::text, 'expired'::text]))),
    CONSTRAINT refund_never_exceeds_capture CHECK ((refunding_minor <= captured_minor)),
    CONSTRAINT refunded_is_not_negative CHECK ((refunded_minor >= 0)),
    CONSTRAINT refunding_is_not_negative CHECK ((refunding_minor >= 0))
)
WITH (fillfactor='70');


--
-- Name: refund_requests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refund_requests (
    id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    wish jsonb NOT NULL,
    amount_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    shipping_minor bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL,
    state text NOT NULL,
    recorded_by text NOT NULL,
    decided_by text,
    decided_at timestamp with time zone,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(recorded_by) <= 200)),
    CONSTRAINT amount_is_not_negative CHECK ((amount_minor >= 0)),
    CONSTRAINT money_has_a_currency CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200)),
    CONSTRAINT request_is_decided_whole CHECK (((decided_by IS NULL) = (decided_at IS NULL))),
    CONSTRAINT request_state_is_known CHECK ((state = ANY (ARRAY['waiting'::text, 'counted'::text, 'refused'::text]))),
    CONSTRAINT shipping_is_not_negative CHECK ((shipping_minor >= 0)),
    CONSTRAINT tax_is_part_of_the_amount CHECK (((tax_minor >= 0) AND (tax_minor <= amount_minor))),
    CONSTRAINT two_people_agree CHECK (((state <> 'counted'::text) OR (decided_by IS DISTINCT FROM recorded_by))),
    CONSTRAINT waiting_is_undecided CHECK (((state <> 'waiting'::text) OR (decided_by IS NULL)))
);


--
-- Name: refunds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refunds (
    id text NOT NULL COLLATE pg_catalog."C",
    payment_id text NOT NULL COLLATE pg_catalog."C",
    attempt_id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL,
    provider_ref text COLLATE pg_catalog."C",
    state text NOT NULL,
    ours boolean DEFAULT true NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL,
    actor text NOT NULL,
    lease_until timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    request_id text COLLATE pg_catalog."C",
    waived boolean DEFAULT false NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT amount_is_positive CHECK ((amount_minor > 0)),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200)),
    CONSTRAINT refund_state_is_known CHECK ((state = ANY (ARRAY['requested'::text, 'pending'::text, 'succeeded'::text, 'failed'::text])))
)
WITH (fillfactor='80');


--
-- Name: returns; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.returns (
    id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    comment text DEFAULT ''::text NOT NULL,
    request_id text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT comment_has_an_end CHECK ((length(comment) <= 1000))
)
WITH (fillfactor='80');


--
-- Name: open_of_orders; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.open_of_orders AS
 SELECT orders.id AS order_id,
    'order'::text AS what,
    orders.id AS subject
   FROM public.orders
  WHERE (orders.state <> ALL (ARRAY['delivered'::text, 'cancelled'::text, 'archived'::text]))
UNION ALL
 SELECT returns.order_id,
    'return'::text AS what,
    returns.id AS subject
   FROM public.returns
  WHERE (returns.state = ANY (ARRAY['requested'::text, 'approved'::text, 'received'::text]))
UNION ALL
 SELECT p.order_id,
    'dispute'::text AS what,
    d.id AS subject
   FROM (public.payments p
     JOIN public.disputes d ON ((d.payment_id = p.id)))
  WHERE (d.state <> ALL (ARRAY['won'::text, 'lost'::text]))
UNION ALL
 SELECT p.order_id,
    'refund'::text AS what,
    r.id AS subject
   FROM (public.payments p
     JOIN public.refunds r ON ((r.payment_id = p.id)))
  WHERE (r.state = ANY (ARRAY['requested'::text, 'pending'::text]))
UNION ALL
 SELECT refund_requests.order_id,
    'refund'::text AS what,
    refund_requests.id AS subject
   FROM public.refund_requests
  WHERE (refund_requests.state = 'waiting'::text)
UNION ALL
 SELECT p.order_id,
    'payment'::text AS what,
    a.id AS subject
   FROM (public.payments p
     JOIN public.payment_attempts a ON ((a.payment_id = p.id)))
  WHERE ((a.poll_at IS NOT NULL) OR (a.state = 'authorized'::text))
UNION ALL
 SELECT o.id AS order_id,
    'attention'::text AS what,
    m.id AS subject
   FROM (public.attention m
     JOIN public.orders o ON ((o.id = (m.detail ->> 'order_id'::text))))
  WHERE (m.resolved_at IS NULL)
UNION ALL
 SELECT o.id AS order_id,
    'attention'::text AS what,
    m.id AS subject
   FROM (public.attention m
     JOIN public.orders o ON ((o.id = m.subject)))
  WHERE (m.resolved_at IS NULL)
UNION ALL
 SELECT p.order_id,
    'attention'::text AS what,
    m.id AS subject
   FROM (public.attention m
     JOIN public.payments p ON ((p.id = m.subject)))
  WHERE (m.resolved_at IS NULL)
UNION ALL
 SELECT a.order_id,
    'attention'::text AS what,
    m.id AS subject
   FROM (public.attention m
     JOIN public.payment_attempts a ON ((a.id = m.subject)))
  WHERE (m.resolved_at IS NULL)
UNION ALL
 SELECT r.order_id,
    'attention'::text AS what,
    m.id AS subject
   FROM (public.attention m
     JOIN public.refunds r ON ((r.id = m.subject)))
  WHERE (m.resolved_at IS NULL);


--
-- Name: order_cancellations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.order_cancellations (
    id bigint NOT NULL,
    order_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    quantity bigint NOT NULL,
    worth_minor bigint NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT cancels_something CHECK ((quantity > 0)),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200)),
    CONSTRAINT worth_is_not_negative CHECK ((worth_minor >= 0))
);


--
-- Name: order_cancellations_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.order_cancellations ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.order_cancellations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: order_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.order_events (
    order_id text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    event text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    actor text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT note_has_an_end CHECK ((length(note) <= 1000)),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200))
);


--
-- Name: order_events_position_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.order_events ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.order_events_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: order_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.order_lines (
    order_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    sku text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    tracked boolean NOT NULL,
    quantity bigint NOT NULL,
    unit_price_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    discount_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    owed bigint DEFAULT 0 NOT NULL,
    packed bigint DEFAULT 0 NOT NULL,
    shipped bigint DEFAULT 0 NOT NULL,
    cancelled bigint DEFAULT 0 NOT NULL,
    refunded bigint DEFAULT 0 NOT NULL,
    returned bigint DEFAULT 0 NOT NULL,
    vendor_id text COLLATE pg_catalog."C",
    commission_bp integer DEFAULT 0 NOT NULL,
    commission_minor bigint DEFAULT 0 NOT NULL,
    CONSTRAINT commission_is_part_of_the_line CHECK (((commission_minor >= 0) AND (commission_minor <= (total_minor + tax_minor)))),
    CONSTRAINT line_total_adds_up CHECK ((total_minor = (unit_price_minor * quantity))),
    CONSTRAINT only_vendors_pay_commission CHECK (((vendor_id IS NOT NULL) OR ((commission_bp = 0) AND (commission_minor = 0)))),
    CONSTRAINT owed_is_part_of_the_line CHECK (((owed >= 0) AND (owed <= quantity))),
    CONSTRAINT packed_is_part_of_the_line CHECK (((packed >= 0) AND ((packed + owed) <= quantity))),
    CONSTRAINT price_is_not_negative CHECK ((unit_price_minor >= 0)),
    CONSTRAINT quantity_is_possible CHECK (((quantity >= 1) AND (quantity <= 1000000))),
    CONSTRAINT shipped_is_part_of_packed CHECK (((shipped >= 0) AND (shipped <= packed))),
    CONSTRAINT units_are_cancelled_once CHECK (((cancelled >= 0) AND ((cancelled + owed) <= quantity))),
    CONSTRAINT units_come_back_once CHECK (((returned >= 0) AND ((cancelled + returned) <= quantity))),
    CONSTRAINT units_give_their_money_back_once CHECK (((refunded >= 0) AND ((cancelled + refunded) <= quantity))),
    CONSTRAINT units_packed_are_not_cancelled CHECK ((((packed + owed) + cancelled) <= quantity))
);


--
-- Name: order_moves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.order_moves (
    from_state text NOT NULL,
    event text NOT NULL,
    to_state text NOT NULL
);


--
-- Name: pgqueuer; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pgqueuer (
    id bigint NOT NULL,
    priority integer NOT NULL,
    queue_manager_id uuid,
    created timestamp with time zone DEFAULT now() NOT NULL,
    updated timestamp with time zone DEFAULT now() NOT NULL,
    heartbeat timestamp with time zone DEFAULT now() NOT NULL,
    execute_after timestamp with time zone DEFAULT now() NOT NULL,
    status public.pgqueuer_status NOT NULL,
    entrypoint text NOT NULL,
    dedupe_key text,
    payload bytea,
    headers jsonb,
    attempts integer DEFAULT 0 NOT NULL,
    slot bigint
);


--
-- Name: pgqueuer_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.pgqueuer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: pgqueuer_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.pgqueuer_id_seq OWNED BY public.pgqueuer.id;


--
-- Name: pgqueuer_log; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pgqueuer_log (
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    job_id bigint NOT NULL,
    status public.pgqueuer_status NOT NULL,
    priority integer NOT NULL,
    entrypoint text NOT NULL,
    traceback jsonb,
    aggregated boolean DEFAULT false
);


--
-- Name: pgqueuer_log_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.pgqueuer_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.pgqueuer_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: pgqueuer_schedules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pgqueuer_schedules (
    id bigint NOT NULL,
    expression text NOT NULL,
    entrypoint text NOT NULL,
    heartbeat timestamp with time zone DEFAULT now() NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    updated timestamp with time zone DEFAULT now() NOT NULL,
    next_run timestamp with time zone DEFAULT now() NOT NULL,
    last_run timestamp with time zone,
    status public.pgqueuer_status DEFAULT 'queued'::public.pgqueuer_status
);


--
-- Name: pgqueuer_schedules_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.pgqueuer_schedules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: pgqueuer_schedules_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.pgqueuer_schedules_id_seq OWNED BY public.pgqueuer_schedules.id;


--
-- Name: pgqueuer_statistics; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pgqueuer_statistics (
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT date_trunc('sec'::text, now()) NOT NULL,
    count bigint NOT NULL,
    priority integer NOT NULL,
    status public.pgqueuer_status NOT NULL,
    entrypoint text NOT NULL
);


--
-- Name: pgqueuer_statistics_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.pgqueuer_statistics_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: pgqueuer_statistics_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.pgqueuer_statistics_id_seq OWNED BY public.pgqueuer_statistics.id;


--
-- Name: products; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.products (
    id text NOT NULL COLLATE pg_catalog."C",
    slug text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    category_id text COLLATE pg_catalog."C",
    published boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    search tsvector GENERATED ALWAYS AS ((setweight(to_tsvector('simple'::regconfig, name), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, description), 'B'::"char"))) STORED,
    review_count bigint DEFAULT 0 NOT NULL,
    stars_sum bigint DEFAULT 0 NOT NULL,
    rating text GENERATED ALWAYS AS ((round(((stars_sum)::numeric / (NULLIF(review_count, 0))::numeric), 2))::text) STORED,
    vendor_id text COLLATE pg_catalog."C",
    CONSTRAINT description_has_an_end CHECK ((length(description) <= 5000)),
    CONSTRAINT name_has_an_end CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT slug_is_plain CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 120))),
    CONSTRAINT stars_fit_their_count CHECK (((stars_sum >= review_count) AND (stars_sum <= (5 * review_count))))
);


--
-- Name: provider_event_bodies; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.provider_event_bodies (
    provider text NOT NULL,
    event_key text NOT NULL COLLATE pg_catalog."C",
    received_at timestamp with time zone NOT NULL,
    body bytea NOT NULL
)
PARTITION BY RANGE (received_at);


--
-- Name: provider_event_bodies_rest; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.provider_event_bodies_rest (
    provider text CONSTRAINT provider_event_bodies_provider_not_null NOT NULL,
    event_key text CONSTRAINT provider_event_bodies_event_key_not_null NOT NULL COLLATE pg_catalog."C",
    received_at timestamp with time zone CONSTRAINT provider_event_bodies_received_at_not_null NOT NULL,
    body bytea CONSTRAINT provider_event_bodies_body_not_null NOT NULL
);


--
-- Name: provider_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.provider_events (
    provider text NOT NULL,
    event_key text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    kind text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    error text,
    received_at timestamp with time zone NOT NULL,
    retry_at timestamp with time zone,
    CONSTRAINT error_has_an_end CHECK ((length(error) <= 1000)),
    CONSTRAINT event_key_has_an_end CHECK ((length(event_key) <= 255)),
    CONSTRAINT event_state_is_known CHECK ((state = ANY (ARRAY['applied'::text, 'ignored'::text, 'unmatched'::text, 'failed'::text, 'unconfirmed'::text]))),
    CONSTRAINT kind_has_an_end CHECK ((length(kind) <= 100))
)
WITH (fillfactor='80');


--
-- Name: purchase_limits; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.purchase_limits (
    sku text NOT NULL COLLATE pg_catalog."C",
    units_max bigint NOT NULL,
    hours integer NOT NULL,
    CONSTRAINT purchase_limit_is_possible CHECK (((units_max >= 1) AND (units_max <= 1000000))),
    CONSTRAINT purchase_period_is_possible CHECK (((hours >= 1) AND (hours <= 87600)))
);


--
-- Name: purchases; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.purchases (
    sku text NOT NULL COLLATE pg_catalog."C",
    buyer text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    quantity bigint NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    CONSTRAINT buyer_has_an_end CHECK ((length(buyer) <= 80)),
    CONSTRAINT quantity_is_possible CHECK ((quantity >= 1))
);


--
-- Name: recovery_codes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.recovery_codes (
    user_id text NOT NULL COLLATE pg_catalog."C",
    code_hash bytea NOT NULL,
    used_at timestamp with time zone
);


--
-- Name: refund_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refund_lines (
    request_id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    quantity bigint NOT NULL,
    restock boolean NOT NULL,
    total_minor bigint NOT NULL,
    discount_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    worth_minor bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT line_sums_are_not_negative CHECK ((LEAST(total_minor, discount_minor, tax_minor, worth_minor) >= 0)),
    CONSTRAINT refunds_something CHECK ((quantity > 0))
);


--
-- Name: refunds_by_hand; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refunds_by_hand (
    id text NOT NULL COLLATE pg_catalog."C",
    refund_id text NOT NULL COLLATE pg_catalog."C",
    reference text NOT NULL,
    state text NOT NULL,
    recorded_by text NOT NULL,
    decided_by text,
    decided_at timestamp with time zone,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(recorded_by) <= 200)),
    CONSTRAINT bank_reference_has_an_end CHECK (((length(reference) >= 1) AND (length(reference) <= 64))),
    CONSTRAINT by_hand_is_decided_whole CHECK (((decided_by IS NULL) = (decided_at IS NULL))),
    CONSTRAINT by_hand_state_is_known CHECK ((state = ANY (ARRAY['waiting'::text, 'counted'::text, 'refused'::text]))),
    CONSTRAINT two_people_agree CHECK (((state <> 'counted'::text) OR (decided_by IS DISTINCT FROM recorded_by))),
    CONSTRAINT waiting_is_undecided CHECK (((state <> 'waiting'::text) OR (decided_by IS NULL)))
);


--
-- Name: return_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.return_events (
    return_id text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    event text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    actor text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200))
);


--
-- Name: return_events_position_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.return_events ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.return_events_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: return_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.return_lines (
    return_id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    quantity bigint NOT NULL,
    reason text NOT NULL,
    restocked bigint DEFAULT 0 NOT NULL,
    written_off bigint DEFAULT 0 NOT NULL,
    CONSTRAINT no_more_arrives_than_was_sent CHECK (((LEAST(restocked, written_off) >= 0) AND ((restocked + written_off) <= quantity))),
    CONSTRAINT return_reason_is_known CHECK ((reason = ANY (ARRAY['damaged'::text, 'wrong_item'::text, 'not_as_described'::text, 'too_late'::text, 'changed_mind'::text, 'other'::text]))),
    CONSTRAINT returns_something CHECK ((quantity > 0))
);


--
-- Name: return_moves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.return_moves (
    from_state text NOT NULL,
    event text NOT NULL,
    to_state text NOT NULL
);


--
-- Name: return_photos; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.return_photos (
    id text NOT NULL COLLATE pg_catalog."C",
    return_id text NOT NULL COLLATE pg_catalog."C",
    body bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT file_has_an_end CHECK ((length(body) <= 5242880))
);


--
-- Name: reviews; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.reviews (
    id text NOT NULL COLLATE pg_catalog."C",
    product_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    state text DEFAULT 'pending'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    author text NOT NULL,
    stars integer NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    written_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    reason text,
    CONSTRAINT author_has_an_end CHECK (((length(author) >= 1) AND (length(author) <= 60))),
    CONSTRAINT body_has_an_end CHECK ((length(body) <= 5000)),
    CONSTRAINT pending_is_undecided CHECK (((state = 'pending'::text) = (decided_at IS NULL))),
    CONSTRAINT reason_has_an_end CHECK (((length(reason) >= 1) AND (length(reason) <= 200))),
    CONSTRAINT rejected_has_a_reason CHECK (((state = 'rejected'::text) = (reason IS NOT NULL))),
    CONSTRAINT review_state_is_known CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text]))),
    CONSTRAINT stars_are_one_to_five CHECK (((stars >= 1) AND (stars <= 5))),
    CONSTRAINT title_has_an_end CHECK (((length(title) >= 1) AND (length(title) <= 200))),
    CONSTRAINT versions_count_up CHECK ((version >= 1))
);


--
-- Name: saved_addresses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.saved_addresses (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    address jsonb NOT NULL,
    default_shipping boolean NOT NULL,
    default_billing boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT address_has_an_end CHECK ((pg_column_size(address) <= 16384))
);


--
-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    token_hash bytea NOT NULL,
    client text NOT NULL,
    place text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    used_at timestamp with time zone NOT NULL,
    CONSTRAINT client_has_an_end CHECK ((length(client) <= 200)),
    CONSTRAINT place_has_an_end CHECK ((length(place) <= 64))
);


--
-- Name: settlement_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.settlement_lines (
    provider text NOT NULL,
    line_key text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    reference text NOT NULL COLLATE pg_catalog."C",
    amount_minor bigint NOT NULL,
    fee_minor bigint,
    currency text NOT NULL COLLATE pg_catalog."C",
    settled_on date,
    attempt_id text COLLATE pg_catalog."C",
    refund_id text COLLATE pg_catalog."C",
    file text NOT NULL,
    imported_by text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(imported_by) <= 200)),
    CONSTRAINT amount_is_not_negative CHECK ((amount_minor >= 0)),
    CONSTRAINT fee_is_not_negative CHECK ((fee_minor >= 0)),
    CONSTRAINT file_has_an_end CHECK ((length(file) <= 200)),
    CONSTRAINT line_key_has_an_end CHECK (((length(line_key) >= 1) AND (length(line_key) <= 200))),
    CONSTRAINT line_kind_is_known CHECK ((kind = ANY (ARRAY['payment'::text, 'refund'::text, 'other'::text]))),
    CONSTRAINT money_has_a_currency CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT reference_has_an_end CHECK ((length(reference) <= 255))
);


--
-- Name: shipment_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.shipment_events (
    shipment_id text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    event text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    actor text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200))
);


--
-- Name: shipment_events_position_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.shipment_events ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.shipment_events_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: shipment_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.shipment_lines (
    shipment_id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    quantity bigint NOT NULL,
    CONSTRAINT parcel_holds_something CHECK ((quantity > 0))
);


--
-- Name: shipment_moves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.shipment_moves (
    from_state text NOT NULL,
    event text NOT NULL,
    to_state text NOT NULL
);


--
-- Name: shipments; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.shipments (
    id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    carrier text DEFAULT ''::text NOT NULL,
    tracking_number text DEFAULT ''::text NOT NULL,
    tracking_url text,
    created_at timestamp with time zone NOT NULL,
    vendor_id text COLLATE pg_catalog."C",
    CONSTRAINT carrier_has_an_end CHECK ((length(carrier) <= 60)),
    CONSTRAINT tracking_number_has_an_end CHECK ((length(tracking_number) <= 100)),
    CONSTRAINT tracking_url_is_safe CHECK (((tracking_url ~ '^https://'::text) AND (length(tracking_url) <= 500)))
)
WITH (fillfactor='80');


--
-- Name: shop_settings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.shop_settings (
    version bigint NOT NULL,
    document jsonb NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200))
);


--
-- Name: shop_settings_version_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.shop_settings ALTER COLUMN version ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.shop_settings_version_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: stock; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stock (
    sku text NOT NULL COLLATE pg_catalog."C",
    location_id text NOT NULL COLLATE pg_catalog."C",
    on_hand bigint DEFAULT 0 NOT NULL,
    committed bigint DEFAULT 0 NOT NULL,
    held bigint DEFAULT 0 NOT NULL,
    backorder_limit bigint DEFAULT 0 NOT NULL,
    shortfall bigint DEFAULT 0 NOT NULL,
    turn integer DEFAULT 0,
    CONSTRAINT backorder_limit_is_not_negative CHECK ((backorder_limit >= 0)),
    CONSTRAINT never_oversold CHECK (((held + committed) <= ((on_hand + backorder_limit) + shortfall))),
    CONSTRAINT on_hand_is_not_negative CHECK ((on_hand >= 0)),
    CONSTRAINT promised_is_not_negative CHECK (((held >= 0) AND (committed >= 0))),
    CONSTRAINT shortfall_is_not_negative CHECK ((shortfall >= 0))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');


--
-- Name: stock_alerts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stock_alerts (
    id text NOT NULL COLLATE pg_catalog."C",
    sku text NOT NULL COLLATE pg_catalog."C",
    email text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    CONSTRAINT email_has_an_end CHECK (((length(email) >= 3) AND (length(email) <= 254)))
);


--
-- Name: stock_count_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stock_count_lines (
    count_id text NOT NULL COLLATE pg_catalog."C",
    sku text NOT NULL COLLATE pg_catalog."C",
    location_id text NOT NULL COLLATE pg_catalog."C",
    counted_at timestamp with time zone NOT NULL,
    counted bigint NOT NULL,
    booked bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT counted_is_not_negative CHECK ((counted >= 0)),
    CONSTRAINT entered_after_it_was_counted CHECK ((at >= counted_at))
);


--
-- Name: stock_counts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stock_counts (
    id text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200))
);


--
-- Name: stock_levels; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stock_levels (
    sku text NOT NULL COLLATE pg_catalog."C",
    low_at bigint,
    below_since timestamp with time zone,
    CONSTRAINT low_at_is_not_negative CHECK ((low_at >= 0))
);


--
-- Name: stock_transfer_legs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stock_transfer_legs (
    id bigint NOT NULL,
    transfer_id text NOT NULL COLLATE pg_catalog."C",
    sku text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    quantity bigint NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT leg_is_known CHECK ((kind = ANY (ARRAY['sent'::text, 'received'::text, 'lost'::text]))),
    CONSTRAINT leg_moves_something CHECK ((quantity > 0)),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200))
);


--
-- Name: stock_transfer_legs_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.stock_transfer_legs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.stock_transfer_legs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: stock_transfer_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stock_transfer_lines (
    transfer_id text NOT NULL COLLATE pg_catalog."C",
    sku text NOT NULL COLLATE pg_catalog."C",
    sent bigint NOT NULL,
    received bigint DEFAULT 0 NOT NULL,
    lost bigint DEFAULT 0 NOT NULL,
    CONSTRAINT lost_is_not_negative CHECK ((lost >= 0)),
    CONSTRAINT no_more_arrives_than_was_sent CHECK (((received + lost) <= sent)),
    CONSTRAINT received_is_not_negative CHECK ((received >= 0)),
    CONSTRAINT sent_is_positive CHECK ((sent > 0))
);


--
-- Name: stock_transfers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stock_transfers (
    id text NOT NULL COLLATE pg_catalog."C",
    from_location_id text NOT NULL COLLATE pg_catalog."C",
    to_location_id text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL,
    actor text NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200)),
    CONSTRAINT transfer_goes_elsewhere CHECK ((from_location_id <> to_location_id))
);


--
-- Name: totp; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp (
    user_id text NOT NULL COLLATE pg_catalog."C",
    sealed_key bytea NOT NULL,
    last_step bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone
);


--
-- Name: transfer_proofs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.transfer_proofs (
    id text NOT NULL COLLATE pg_catalog."C",
    attempt_id text NOT NULL COLLATE pg_catalog."C",
    bank_reference text,
    media_type text,
    body bytea,
    at timestamp with time zone NOT NULL,
    CONSTRAINT bank_reference_has_an_end CHECK (((length(bank_reference) >= 1) AND (length(bank_reference) <= 64))),
    CONSTRAINT file_has_a_type CHECK (((media_type IS NULL) = (body IS NULL))),
    CONSTRAINT file_has_an_end CHECK ((length(body) <= 5242880)),
    CONSTRAINT media_type_is_known CHECK ((media_type = ANY (ARRAY['image/jpeg'::text, 'application/pdf'::text]))),
    CONSTRAINT proof_says_something CHECK ((num_nonnulls(bank_reference, body) > 0))
);


--
-- Name: transfers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.transfers (
    provider text NOT NULL,
    bank_reference text NOT NULL,
    attempt_id text NOT NULL COLLATE pg_catalog."C",
    received_minor bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    value_date date NOT NULL,
    recorded_by text NOT NULL,
    at timestamp with time zone NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    decided_by text,
    decided_at timestamp with time zone,
    CONSTRAINT bank_reference_has_an_end CHECK (((length(bank_reference) >= 1) AND (length(bank_reference) <= 64))),
    CONSTRAINT received_is_positive CHECK ((received_minor > 0)),
    CONSTRAINT transfer_is_decided_whole CHECK (((decided_by IS NULL) = (decided_at IS NULL))),
    CONSTRAINT transfer_state_is_known CHECK ((state = ANY (ARRAY['waiting'::text, 'counted'::text, 'refused'::text]))),
    CONSTRAINT two_people_agree CHECK (((state <> 'counted'::text) OR (decided_by IS DISTINCT FROM recorded_by))),
    CONSTRAINT waiting_is_undecided CHECK (((state <> 'waiting'::text) OR (decided_by IS NULL)))
);


--
-- Name: users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.users (
    id text NOT NULL COLLATE pg_catalog."C",
    email text NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    password_hash text,
    email_verified_at timestamp with time zone,
    permissions text[] DEFAULT '{}'::text[] NOT NULL,
    vendor_id text COLLATE pg_catalog."C",
    CONSTRAINT email_has_an_end CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    CONSTRAINT only_staff_is_granted_permissions CHECK (((role = 'staff'::text) OR (permissions = '{}'::text[]))),
    CONSTRAINT only_vendors_belong_to_one CHECK (((vendor_id IS NULL) OR (role = 'vendor'::text))),
    CONSTRAINT password_hash_is_argon2 CHECK (((password_hash ~ '^\$argon2id\$'::text) AND (length(password_hash) <= 255))),
    CONSTRAINT permissions_are_known CHECK (((permissions <@ '{orders,stock,refunds,catalogue,marketing,settings,reports}'::text[]) AND (cardinality(permissions) <= 7))),
    CONSTRAINT role_is_known CHECK ((role = ANY (ARRAY['customer'::text, 'vendor'::text, 'staff'::text, 'admin'::text])))
);


--
-- Name: variants; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.variants (
    sku text NOT NULL COLLATE pg_catalog."C",
    product_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    price_minor bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    tracked boolean NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    available_from timestamp with time zone,
    CONSTRAINT money_has_a_currency CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT name_has_an_end CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT price_is_not_negative CHECK (((price_minor >= 0) AND (price_minor <= '9999999999'::bigint))),
    CONSTRAINT sku_has_an_end CHECK (((length(sku) >= 1) AND (length(sku) <= 64)))
);


--
-- Name: vendor_ledger; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.vendor_ledger (
    id bigint NOT NULL,
    vendor_id text NOT NULL COLLATE pg_catalog."C",
    order_id text COLLATE pg_catalog."C",
    "position" integer,
    kind text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    reason text DEFAULT ''::text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT actor_has_an_end CHECK ((length(actor) <= 200)),
    CONSTRAINT money_has_a_currency CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT only_adjustments_are_of_no_line CHECK (
CASE
    WHEN (kind = 'adjustment'::text) THEN ((order_id IS NULL) AND ("position" IS NULL))
    ELSE ((order_id IS NOT NULL) AND ("position" IS NOT NULL))
END),
    CONSTRAINT reason_has_an_end CHECK ((length(reason) <= 200)),
    CONSTRAINT vendor_entry_has_its_sign CHECK (
CASE
    WHEN (kind = ANY (ARRAY['sale'::text, 'commission_back'::text])) THEN (amount_minor > 0)
    WHEN (kind = ANY (ARRAY['commission'::text, 'refund'::text])) THEN (amount_minor < 0)
    ELSE (amount_minor <> 0)
END),
    CONSTRAINT vendor_entry_is_known CHECK ((kind = ANY (ARRAY['sale'::text, 'commission'::text, 'refund'::text, 'commission_back'::text, 'adjustment'::text])))
);


--
-- Name: vendor_ledger_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.vendor_ledger ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.vendor_ledger_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: vendor_payout_entries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.vendor_payout_entries (
    entry_id bigint NOT NULL,
    payout_id text NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL
);


--
-- Name: vendor_payouts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.vendor_payouts (
    id text NOT NULL COLLATE pg_catalog."C",
    vendor_id text NOT NULL COLLATE pg_catalog."C",
    amount_minor bigint NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    made_by text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    bank_reference text,
    paid_by text,
    paid_at timestamp with time zone,
    CONSTRAINT actor_has_an_end CHECK ((length(made_by) <= 200)),
    CONSTRAINT bank_reference_has_an_end CHECK (((length(bank_reference) >= 1) AND (length(bank_reference) <= 64))),
    CONSTRAINT money_has_a_currency CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payout_is_paid_whole CHECK ((((paid_at IS NULL) = (paid_by IS NULL)) AND ((paid_at IS NULL) = (bank_reference IS NULL)))),
    CONSTRAINT payout_is_positive CHECK ((amount_minor > 0))
);


--
-- Name: vendors; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.vendors (
    id text NOT NULL COLLATE pg_catalog."C",
    slug text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    commission_bp integer NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT commission_is_possible CHECK (((commission_bp >= 0) AND (commission_bp <= 10000))),
    CONSTRAINT name_has_an_end CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT slug_is_plain CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 120)))
);


--
-- Name: wishes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.wishes (
    user_id text NOT NULL COLLATE pg_catalog."C",
    sku text NOT NULL COLLATE pg_catalog."C",
    added_at timestamp with time zone NOT NULL
);


--
-- Name: provider_event_bodies_rest; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.provider_event_bodies ATTACH PARTITION public.provider_event_bodies_rest DEFAULT;


--
-- Name: pgqueuer id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_id_seq'::regclass);


--
-- Name: pgqueuer_schedules id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_schedules ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_schedules_id_seq'::regclass);


--
-- Name: pgqueuer_statistics id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_statistics ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_statistics_id_seq'::regclass);


--
-- Name: account_letters account_letters_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account_letters
    ADD CONSTRAINT account_letters_pkey PRIMARY KEY (id);


--
-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);


--
-- Name: attention attention_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.attention
    ADD CONSTRAINT attention_pkey PRIMARY KEY (id);


--
-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);


--
-- Name: audit_seals audit_seals_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_pkey PRIMARY KEY ("position");


--
-- Name: audit_unsealed audit_unsealed_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_unsealed
    ADD CONSTRAINT audit_unsealed_pkey PRIMARY KEY (audit_id);


--
-- Name: cart_lines cart_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cart_lines
    ADD CONSTRAINT cart_lines_pkey PRIMARY KEY (cart_id, sku);


--
-- Name: carts carts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.carts
    ADD CONSTRAINT carts_pkey PRIMARY KEY (id);


--
-- Name: categories categories_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_pkey PRIMARY KEY (id);


--
-- Name: checkouts checkouts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.checkouts
    ADD CONSTRAINT checkouts_pkey PRIMARY KEY (id);


--
-- Name: stock_count_lines counted_once_at_a_moment; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_count_lines
    ADD CONSTRAINT counted_once_at_a_moment UNIQUE (sku, location_id, counted_at);


--
-- Name: coupons coupons_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_pkey PRIMARY KEY (code);


--
-- Name: audit_seals deed_is_sealed_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT deed_is_sealed_once UNIQUE (audit_id);


--
-- Name: dispute_events dispute_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dispute_events
    ADD CONSTRAINT dispute_events_pkey PRIMARY KEY (dispute_id, "position");


--
-- Name: dispute_moves dispute_move_is_whole; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dispute_moves
    ADD CONSTRAINT dispute_move_is_whole UNIQUE (from_state, event, to_state);


--
-- Name: dispute_moves dispute_moves_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dispute_moves
    ADD CONSTRAINT dispute_moves_pkey PRIMARY KEY (from_state, event);


--
-- Name: disputes disputes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.disputes
    ADD CONSTRAINT disputes_pkey PRIMARY KEY (id);


--
-- Name: erasures erasures_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (id);


--
-- Name: provider_events event_is_applied_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.provider_events
    ADD CONSTRAINT event_is_applied_once PRIMARY KEY (provider, event_key);


--
-- Name: hold_lines hold_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.hold_lines
    ADD CONSTRAINT hold_lines_pkey PRIMARY KEY (hold_id, sku, location_id);


--
-- Name: holds holds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.holds
    ADD CONSTRAINT holds_pkey PRIMARY KEY (id);


--
-- Name: idempotency_keys idempotency_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (principal, route, key);


--
-- Name: invoice_counter invoice_counter_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_counter
    ADD CONSTRAINT invoice_counter_pkey PRIMARY KEY (single);


--
-- Name: invoices invoices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (id);


--
-- Name: ledger ledger_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (id);


--
-- Name: letters letters_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.letters
    ADD CONSTRAINT letters_pkey PRIMARY KEY (kind, subject);


--
-- Name: settlement_lines line_is_kept_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settlement_lines
    ADD CONSTRAINT line_is_kept_once PRIMARY KEY (provider, line_key);


--
-- Name: locations locations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.locations
    ADD CONSTRAINT locations_pkey PRIMARY KEY (id);


--
-- Name: login_failures login_failures_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.login_failures
    ADD CONSTRAINT login_failures_pkey PRIMARY KEY (scope, subject);


--
-- Name: login_places login_places_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.login_places
    ADD CONSTRAINT login_places_pkey PRIMARY KEY (user_id, place);


--
-- Name: order_moves move_is_whole; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_moves
    ADD CONSTRAINT move_is_whole UNIQUE (from_state, event, to_state);


--
-- Name: movements movements_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.movements
    ADD CONSTRAINT movements_pkey PRIMARY KEY (id);


--
-- Name: payment_attempts one_attempt_per_charge; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payment_attempts
    ADD CONSTRAINT one_attempt_per_charge UNIQUE (provider, charge_ref);


--
-- Name: payment_attempts one_attempt_per_provider_ref; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payment_attempts
    ADD CONSTRAINT one_attempt_per_provider_ref UNIQUE (provider, provider_ref);


--
-- Name: categories one_category_per_slug; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.categories
    ADD CONSTRAINT one_category_per_slug UNIQUE (slug);


--
-- Name: disputes one_dispute_per_provider_ref; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.disputes
    ADD CONSTRAINT one_dispute_per_provider_ref UNIQUE (provider, provider_ref);


--
-- Name: api_keys one_hash_per_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT one_hash_per_key UNIQUE (key_hash);


--
-- Name: sessions one_hash_per_session; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT one_hash_per_session UNIQUE (token_hash);


--
-- Name: holds one_hold_per_checkout; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.holds
    ADD CONSTRAINT one_hold_per_checkout UNIQUE (checkout_id);


--
-- Name: holds one_hold_per_order; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.holds
    ADD CONSTRAINT one_hold_per_order UNIQUE (order_id);


--
-- Name: invoices one_invoice_per_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT one_invoice_per_number UNIQUE (number);


--
-- Name: invoices one_invoice_per_order; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT one_invoice_per_order UNIQUE (order_id);


--
-- Name: account_letters one_letter_per_secret; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account_letters
    ADD CONSTRAINT one_letter_per_secret UNIQUE (token_hash);


--
-- Name: login_failures one_lockout_per_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.login_failures
    ADD CONSTRAINT one_lockout_per_id UNIQUE (id);


--
-- Name: orders one_order_per_checkout; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT one_order_per_checkout UNIQUE (checkout_id);


--
-- Name: orders one_order_per_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT one_order_per_number UNIQUE (number);


--
-- Name: payments one_payment_per_order; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payments
    ADD CONSTRAINT one_payment_per_order UNIQUE (order_id);


--
-- Name: products one_product_per_slug; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.products
    ADD CONSTRAINT one_product_per_slug UNIQUE (slug);


--
-- Name: purchases one_purchase_per_order_and_buyer; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.purchases
    ADD CONSTRAINT one_purchase_per_order_and_buyer PRIMARY KEY (sku, buyer, order_id);


--
-- Name: refunds one_refund_per_provider_ref; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT one_refund_per_provider_ref UNIQUE (provider, provider_ref);


--
-- Name: reviews one_review_per_customer_and_product; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT one_review_per_customer_and_product UNIQUE (user_id, product_id);


--
-- Name: coupon_buyers one_row_per_coupon_buyer_and_order; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupon_buyers
    ADD CONSTRAINT one_row_per_coupon_buyer_and_order PRIMARY KEY (code, buyer, order_id);


--
-- Name: hold_buyers one_row_per_hold_and_buyer; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.hold_buyers
    ADD CONSTRAINT one_row_per_hold_and_buyer PRIMARY KEY (hold_id, buyer);


--
-- Name: coupon_uses one_use_per_coupon_and_order; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupon_uses
    ADD CONSTRAINT one_use_per_coupon_and_order PRIMARY KEY (code, order_id);


--
-- Name: vendors one_vendor_per_slug; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vendors
    ADD CONSTRAINT one_vendor_per_slug UNIQUE (slug);


--
-- Name: order_cancellations order_cancellations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_cancellations
    ADD CONSTRAINT order_cancellations_pkey PRIMARY KEY (id);


--
-- Name: order_events order_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_events
    ADD CONSTRAINT order_events_pkey PRIMARY KEY (order_id, "position");


--
-- Name: order_lines order_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_lines
    ADD CONSTRAINT order_lines_pkey PRIMARY KEY (order_id, "position");


--
-- Name: order_moves order_moves_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_moves
    ADD CONSTRAINT order_moves_pkey PRIMARY KEY (from_state, event);


--
-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);


--
-- Name: payment_attempts payment_attempts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payment_attempts
    ADD CONSTRAINT payment_attempts_pkey PRIMARY KEY (id);


--
-- Name: payments payments_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (id);


--
-- Name: pgqueuer_log pgqueuer_log_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_log
    ADD CONSTRAINT pgqueuer_log_pkey PRIMARY KEY (id);


--
-- Name: pgqueuer pgqueuer_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer
    ADD CONSTRAINT pgqueuer_pkey PRIMARY KEY (id);


--
-- Name: pgqueuer_schedules pgqueuer_schedules_expression_entrypoint_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_schedules
    ADD CONSTRAINT pgqueuer_schedules_expression_entrypoint_key UNIQUE (expression, entrypoint);


--
-- Name: pgqueuer_schedules pgqueuer_schedules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_schedules
    ADD CONSTRAINT pgqueuer_schedules_pkey PRIMARY KEY (id);


--
-- Name: pgqueuer_statistics pgqueuer_statistics_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_statistics
    ADD CONSTRAINT pgqueuer_statistics_pkey PRIMARY KEY (id);


--
-- Name: products products_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id);


--
-- Name: purchase_limits purchase_limits_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.purchase_limits
    ADD CONSTRAINT purchase_limits_pkey PRIMARY KEY (sku);


--
-- Name: recovery_codes recovery_codes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code_hash);


--
-- Name: refund_lines refund_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_lines
    ADD CONSTRAINT refund_lines_pkey PRIMARY KEY (request_id, "position");


--
-- Name: refund_requests refund_requests_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_requests
    ADD CONSTRAINT refund_requests_pkey PRIMARY KEY (id);


--
-- Name: refunds_by_hand refunds_by_hand_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds_by_hand
    ADD CONSTRAINT refunds_by_hand_pkey PRIMARY KEY (id);


--
-- Name: refunds refunds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_pkey PRIMARY KEY (id);


--
-- Name: return_events return_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_events
    ADD CONSTRAINT return_events_pkey PRIMARY KEY (return_id, "position");


--
-- Name: return_lines return_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_lines
    ADD CONSTRAINT return_lines_pkey PRIMARY KEY (return_id, "position");


--
-- Name: return_moves return_move_is_whole; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_moves
    ADD CONSTRAINT return_move_is_whole UNIQUE (from_state, event, to_state);


--
-- Name: return_moves return_moves_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_moves
    ADD CONSTRAINT return_moves_pkey PRIMARY KEY (from_state, event);


--
-- Name: return_photos return_photos_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_photos
    ADD CONSTRAINT return_photos_pkey PRIMARY KEY (id);


--
-- Name: returns returns_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.returns
    ADD CONSTRAINT returns_pkey PRIMARY KEY (id);


--
-- Name: reviews reviews_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (id);


--
-- Name: saved_addresses saved_addresses_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saved_addresses
    ADD CONSTRAINT saved_addresses_pkey PRIMARY KEY (id);


--
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);


--
-- Name: shipment_events shipment_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipment_events
    ADD CONSTRAINT shipment_events_pkey PRIMARY KEY (shipment_id, "position");


--
-- Name: shipment_lines shipment_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipment_lines
    ADD CONSTRAINT shipment_lines_pkey PRIMARY KEY (shipment_id, "position");


--
-- Name: shipment_moves shipment_move_is_whole; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipment_moves
    ADD CONSTRAINT shipment_move_is_whole UNIQUE (from_state, event, to_state);


--
-- Name: shipment_moves shipment_moves_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipment_moves
    ADD CONSTRAINT shipment_moves_pkey PRIMARY KEY (from_state, event);


--
-- Name: shipments shipments_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipments
    ADD CONSTRAINT shipments_pkey PRIMARY KEY (id);


--
-- Name: shop_settings shop_settings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shop_settings
    ADD CONSTRAINT shop_settings_pkey PRIMARY KEY (version);


--
-- Name: stock_alerts stock_alerts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_alerts
    ADD CONSTRAINT stock_alerts_pkey PRIMARY KEY (id);


--
-- Name: stock_count_lines stock_count_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_count_lines
    ADD CONSTRAINT stock_count_lines_pkey PRIMARY KEY (count_id, sku, location_id);


--
-- Name: stock_counts stock_counts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_counts
    ADD CONSTRAINT stock_counts_pkey PRIMARY KEY (id);


--
-- Name: stock_levels stock_levels_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_levels
    ADD CONSTRAINT stock_levels_pkey PRIMARY KEY (sku);


--
-- Name: stock stock_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_pkey PRIMARY KEY (sku, location_id);


--
-- Name: stock_transfer_legs stock_transfer_legs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_transfer_legs
    ADD CONSTRAINT stock_transfer_legs_pkey PRIMARY KEY (id);


--
-- Name: stock_transfer_lines stock_transfer_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_transfer_lines
    ADD CONSTRAINT stock_transfer_lines_pkey PRIMARY KEY (transfer_id, sku);


--
-- Name: stock_transfers stock_transfers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_transfers
    ADD CONSTRAINT stock_transfers_pkey PRIMARY KEY (id);


--
-- Name: totp totp_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp
    ADD CONSTRAINT totp_pkey PRIMARY KEY (user_id);


--
-- Name: transfer_proofs transfer_proofs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.transfer_proofs
    ADD CONSTRAINT transfer_proofs_pkey PRIMARY KEY (id);


--
-- Name: transfers transfers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_pkey PRIMARY KEY (id);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: variants variants_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.variants
    ADD CONSTRAINT variants_pkey PRIMARY KEY (sku);


--
-- Name: vendor_ledger vendor_ledger_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vendor_ledger
    ADD CONSTRAINT vendor_ledger_pkey PRIMARY KEY (id);


--
-- Name: vendor_payout_entries vendor_payout_entries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vendor_payout_entries
    ADD CONSTRAINT vendor_payout_entries_pkey PRIMARY KEY (entry_id);


--
-- Name: vendor_payouts vendor_payouts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vendor_payouts
    ADD CONSTRAINT vendor_payouts_pkey PRIMARY KEY (id);


--
-- Name: vendors vendors_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vendors
    ADD CONSTRAINT vendors_pkey PRIMARY KEY (id);


--
-- Name: wishes wishes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wishes
    ADD CONSTRAINT wishes_pkey PRIMARY KEY (user_id, sku);


--
-- Name: a_refund_is_sent_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX a_refund_is_sent_once ON public.refunds_by_hand USING btree (refund_id) WHERE (state <> 'refused'::text);


--
-- Name: account_letters_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX account_letters_by_age ON public.account_letters USING btree (created_at);


--
-- Name: account_letters_by_email; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX account_letters_by_email ON public.account_letters USING btree (lower(email), created_at);


--
-- Name: account_letters_of_users; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX account_letters_of_users ON public.account_letters USING btree (user_id) WHERE (user_id IS NOT NULL);


--
-- Name: api_keys_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX api_keys_by_user ON public.api_keys USING btree (user_id);


--
-- Name: attention_by_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX attention_by_subject ON public.attention USING btree (subject);


--
-- Name: attention_capture_failed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX attention_capture_failed ON public.attention USING btree (subject) WHERE (kind = 'capture_failed'::text);


--
-- Name: attention_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX attention_open ON public.attention USING btree (id) WHERE (resolved_at IS NULL);


--
-- Name: audit_by_action; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_by_action ON public.audit USING btree (action, at, id);


--
-- Name: audit_by_actor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_by_actor ON public.audit USING btree (actor, at, id);


--
-- Name: audit_by_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_by_subject ON public.audit USING btree (subject, at, id);


--
-- Name: audit_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_by_time ON public.audit USING btree (at, id);


--
-- Name: carts_by_customer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX carts_by_customer ON public.carts USING btree (customer_id, id) WHERE (customer_id IS NOT NULL);


--
-- Name: carts_merged; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX carts_merged ON public.carts USING btree (merged_into) WHERE (merged_into IS NOT NULL);


--
-- Name: categories_by_parent; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX categories_by_parent ON public.categories USING btree (parent_id);


--
-- Name: checkouts_by_cart; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX checkouts_by_cart ON public.checkouts USING btree (cart_id);


--
-- Name: checkouts_by_email; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX checkouts_by_email ON public.checkouts USING btree (lower(email)) WHERE (email IS NOT NULL);


--
-- Name: coupon_buyers_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coupon_buyers_by_order ON public.coupon_buyers USING btree (order_id);


--
-- Name: coupon_uses_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coupon_uses_by_order ON public.coupon_uses USING btree (order_id);


--
-- Name: disputes_by_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX disputes_by_due ON public.disputes USING btree (due_at) WHERE (state = 'evidence_due'::text);


--
-- Name: disputes_by_payment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX disputes_by_payment ON public.disputes USING btree (payment_id);


--
-- Name: hold_buyers_by_buyer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX hold_buyers_by_buyer ON public.hold_buyers USING btree (buyer, until);


--
-- Name: hold_buyers_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX hold_buyers_by_end ON public.hold_buyers USING btree (until);


--
-- Name: hold_lines_active; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX hold_lines_active ON public.hold_lines USING btree (sku, location_id, drops_at) WHERE (state = 'active'::text);


--
-- Name: hold_lines_committed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX hold_lines_committed ON public.hold_lines USING btree (sku, location_id) WHERE (state = 'committed'::text);


--
-- Name: hold_lines_dropping; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX hold_lines_dropping ON public.hold_lines USING btree (drops_at) WHERE (state = 'active'::text);


--
-- Name: idempotency_keys_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_keys_by_age ON public.idempotency_keys USING brin (created_at);


--
-- Name: invoices_with_buyers; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX invoices_with_buyers ON public.invoices USING btree (issued_at) WHERE ((document -> 'buyer'::text) <> '{"email": null, "address": null}'::jsonb);


--
-- Name: ledger_by_payment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ledger_by_payment ON public.ledger USING btree (payment_id, id);


--
-- Name: letters_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX letters_by_age ON public.letters USING btree (created_at);


--
-- Name: letters_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX letters_waiting ON public.letters USING btree (due_at) WHERE (state = 'waiting'::text);


--
-- Name: login_failures_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX login_failures_by_age ON public.login_failures USING btree (last_at);


--
-- Name: login_failures_of_users; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX login_failures_of_users ON public.login_failures USING btree (user_id) WHERE (user_id IS NOT NULL);


--
-- Name: login_places_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX login_places_by_age ON public.login_places USING btree (seen_at);


--
-- Name: movements_by_stock; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX movements_by_stock ON public.movements USING btree (sku, location_id, id);


--
-- Name: movements_by_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX movements_by_subject ON public.movements USING btree (subject) WHERE (subject IS NOT NULL);


--
-- Name: one_alert_per_buyer; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_alert_per_buyer ON public.stock_alerts USING btree (sku, lower(email));


--
-- Name: one_attempt_in_flight_per_payment; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_attempt_in_flight_per_payment ON public.payment_attempts USING btree (payment_id) WHERE ((state = ANY (ARRAY['intended'::text, 'pending'::text, 'requires_action'::text, 'authorized'::text])) AND (NOT superseded));


--
-- Name: one_default_billing_address; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_default_billing_address ON public.saved_addresses USING btree (user_id) WHERE default_billing;


--
-- Name: one_default_shipping_address; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_default_shipping_address ON public.saved_addresses USING btree (user_id) WHERE default_shipping;


--
-- Name: one_open_matter_per_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_open_matter_per_subject ON public.attention USING btree (kind, subject) WHERE (resolved_at IS NULL);


--
-- Name: one_order_per_transfer; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_order_per_transfer ON public.transfers USING btree (provider, bank_reference) WHERE (state <> 'refused'::text);


--
-- Name: one_unpaid_order_per_cart; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_unpaid_order_per_cart ON public.orders USING btree (cart_id) WHERE (state = ANY (ARRAY['pending_payment'::text, 'payment_failed'::text, 'expired'::text]));


--
-- Name: one_user_per_email; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_user_per_email ON public.users USING btree (lower(email));


--
-- Name: order_cancellations_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX order_cancellations_by_order ON public.order_cancellations USING btree (order_id, "position");


--
-- Name: order_lines_by_vendor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX order_lines_by_vendor ON public.order_lines USING btree (vendor_id, order_id) WHERE (vendor_id IS NOT NULL);


--
-- Name: order_lines_owed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX order_lines_owed ON public.order_lines USING btree (sku, order_id) WHERE (owed > 0);


--
-- Name: orders_by_address; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_by_address ON public.orders USING btree (lower(email), id) WHERE (email IS NOT NULL);


--
-- Name: orders_by_customer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_by_customer ON public.orders USING btree (customer_id, id) WHERE (customer_id IS NOT NULL);


--
-- Name: orders_by_email; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_by_email ON public.orders USING btree (lower(email), id) WHERE ((customer_id IS NULL) AND (email IS NOT NULL));


--
-- Name: orders_by_method; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_by_method ON public.orders USING btree (payment_method, id);


--
-- Name: orders_by_moment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_by_moment ON public.orders USING btree (placed_at, id);


--
-- Name: orders_by_reference; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_by_reference ON public.orders USING btree (reference, id) WHERE (reference IS NOT NULL);


--
-- Name: orders_by_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_by_status ON public.orders USING btree (status, id);


--
-- Name: orders_to_archive; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_to_archive ON public.orders USING btree (id) WHERE (state = ANY (ARRAY['delivered'::text, 'cancelled'::text]));


--
-- Name: orders_unpaid; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_unpaid ON public.orders USING btree (unpaid_until) WHERE (state = ANY (ARRAY['pending_payment'::text, 'payment_failed'::text, 'expired'::text]));


--
-- Name: payment_attempts_by_payment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payment_attempts_by_payment ON public.payment_attempts USING btree (payment_id);


--
-- Name: payment_attempts_set_aside; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payment_attempts_set_aside ON public.payment_attempts USING btree (order_id) WHERE (state = 'authorized'::text);


--
-- Name: payment_attempts_to_poll; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payment_attempts_to_poll ON public.payment_attempts USING btree (poll_at) WHERE (poll_at IS NOT NULL);


--
-- Name: pgqueuer_ep_ea_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_ep_ea_idx ON public.pgqueuer USING btree (entrypoint, execute_after) WHERE (status = 'queued'::public.pgqueuer_status);


--
-- Name: pgqueuer_ep_prio_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_ep_prio_id_idx ON public.pgqueuer USING btree (entrypoint, priority DESC, id) WHERE (status = 'queued'::public.pgqueuer_status);


--
-- Name: pgqueuer_log_created; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_log_created ON public.pgqueuer_log USING btree (created);


--
-- Name: pgqueuer_log_job_id_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_log_job_id_status ON public.pgqueuer_log USING btree (job_id, created DESC);


--
-- Name: pgqueuer_log_not_aggregated; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_log_not_aggregated ON public.pgqueuer_log USING btree ((1)) WHERE (NOT aggregated);


--
-- Name: pgqueuer_log_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_log_status ON public.pgqueuer_log USING btree (status);


--
-- Name: pgqueuer_picked_heartbeat_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_picked_heartbeat_idx ON public.pgqueuer USING btree (heartbeat) WHERE (status = 'picked'::public.pgqueuer_status);


--
-- Name: pgqueuer_picked_slot_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX pgqueuer_picked_slot_idx ON public.pgqueuer USING btree (entrypoint, slot) WHERE ((status = 'picked'::public.pgqueuer_status) AND (slot IS NOT NULL));


--
-- Name: pgqueuer_priority_id_id1_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_priority_id_id1_idx ON public.pgqueuer USING btree (priority, id DESC) INCLUDE (id) WHERE (status = 'queued'::public.pgqueuer_status);


--
-- Name: pgqueuer_queue_manager_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_queue_manager_id_idx ON public.pgqueuer USING btree (queue_manager_id) WHERE (queue_manager_id IS NOT NULL);


--
-- Name: pgqueuer_statistics_unique_count; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX pgqueuer_statistics_unique_count ON public.pgqueuer_statistics USING btree (priority, date_trunc('sec'::text, timezone('UTC'::text, created)), status, entrypoint);


--
-- Name: pgqueuer_unique_dedupe_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX pgqueuer_unique_dedupe_key ON public.pgqueuer USING btree (dedupe_key) WHERE ((status = ANY (ARRAY['queued'::public.pgqueuer_status, 'picked'::public.pgqueuer_status])) AND (dedupe_key IS NOT NULL));


--
-- Name: pgqueuer_updated_id_id1_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_updated_id_id1_idx ON public.pgqueuer USING btree (updated, id DESC) INCLUDE (id) WHERE (status = 'picked'::public.pgqueuer_status);


--
-- Name: products_by_category; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX products_by_category ON public.products USING btree (category_id, id);


--
-- Name: products_by_search; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX products_by_search ON public.products USING gin (search);


--
-- Name: products_by_vendor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX products_by_vendor ON public.products USING btree (vendor_id, id) WHERE (vendor_id IS NOT NULL);


--
-- Name: provider_event_bodies_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX provider_event_bodies_by_age ON ONLY public.provider_event_bodies USING btree (received_at);


--
-- Name: provider_event_bodies_by_event; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX provider_event_bodies_by_event ON ONLY public.provider_event_bodies USING btree (provider, event_key);


--
-- Name: provider_event_bodies_rest_provider_event_key_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX provider_event_bodies_rest_provider_event_key_idx ON public.provider_event_bodies_rest USING btree (provider, event_key);


--
-- Name: provider_event_bodies_rest_received_at_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX provider_event_bodies_rest_received_at_idx ON public.provider_event_bodies_rest USING btree (received_at);


--
-- Name: provider_events_to_retry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX provider_events_to_retry ON public.provider_events USING btree (retry_at) WHERE (retry_at IS NOT NULL);


--
-- Name: provider_events_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX provider_events_waiting ON public.provider_events USING btree (received_at) WHERE (state = ANY (ARRAY['unmatched'::text, 'unconfirmed'::text, 'failed'::text]));


--
-- Name: purchases_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX purchases_by_order ON public.purchases USING btree (order_id);


--
-- Name: refund_lines_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refund_lines_by_order ON public.refund_lines USING btree (order_id, "position");


--
-- Name: refund_requests_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refund_requests_by_order ON public.refund_requests USING btree (order_id, id);


--
-- Name: refunds_by_payment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refunds_by_payment ON public.refunds USING btree (payment_id);


--
-- Name: refunds_unfinished; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refunds_unfinished ON public.refunds USING btree (lease_until) WHERE (state = ANY (ARRAY['requested'::text, 'pending'::text]));


--
-- Name: return_lines_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX return_lines_by_order ON public.return_lines USING btree (order_id, "position");


--
-- Name: return_photos_by_return; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX return_photos_by_return ON public.return_photos USING btree (return_id);


--
-- Name: returns_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX returns_by_order ON public.returns USING btree (order_id, id);


--
-- Name: returns_by_request; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX returns_by_request ON public.returns USING btree (request_id) WHERE (request_id IS NOT NULL);


--
-- Name: returns_by_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX returns_by_state ON public.returns USING btree (state, id);


--
-- Name: reviews_approved; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX reviews_approved ON public.reviews USING btree (product_id, id) WHERE (state = 'approved'::text);


--
-- Name: reviews_by_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX reviews_by_state ON public.reviews USING btree (state, id);


--
-- Name: saved_addresses_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX saved_addresses_by_user ON public.saved_addresses USING btree (user_id, id);


--
-- Name: sessions_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_by_end ON public.sessions USING btree (expires_at);


--
-- Name: sessions_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_by_user ON public.sessions USING btree (user_id, id) WHERE (revoked_at IS NULL);


--
-- Name: sessions_of_users; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_of_users ON public.sessions USING btree (user_id);


--
-- Name: settlement_lines_by_attempt; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX settlement_lines_by_attempt ON public.settlement_lines USING btree (attempt_id) WHERE (attempt_id IS NOT NULL);


--
-- Name: shipments_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX shipments_by_order ON public.shipments USING btree (order_id, id);


--
-- Name: stock_alerts_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stock_alerts_by_age ON public.stock_alerts USING btree (created_at);


--
-- Name: stock_alerts_by_email; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stock_alerts_by_email ON public.stock_alerts USING btree (lower(email), id);


--
-- Name: stock_alerts_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stock_alerts_due ON public.stock_alerts USING btree (sku) WHERE (due_at IS NOT NULL);


--
-- Name: stock_alerts_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stock_alerts_waiting ON public.stock_alerts USING btree (sku) WHERE (due_at IS NULL);


--
-- Name: stock_by_location; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stock_by_location ON public.stock USING btree (location_id, sku);


--
-- Name: stock_levels_below; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stock_levels_below ON public.stock_levels USING btree (sku) WHERE (below_since IS NOT NULL);


--
-- Name: stock_transfer_legs_by_sku; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stock_transfer_legs_by_sku ON public.stock_transfer_legs USING btree (sku, at);


--
-- Name: stock_transfer_lines_in_transit; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stock_transfer_lines_in_transit ON public.stock_transfer_lines USING btree (transfer_id) WHERE ((received + lost) < sent);


--
-- Name: transfer_proofs_by_attempt; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX transfer_proofs_by_attempt ON public.transfer_proofs USING btree (attempt_id);


--
-- Name: transfers_by_attempt; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX transfers_by_attempt ON public.transfers USING btree (attempt_id);


--
-- Name: users_by_vendor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX users_by_vendor ON public.users USING btree (vendor_id, id) WHERE (vendor_id IS NOT NULL);


--
-- Name: users_who_work_here; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX users_who_work_here ON public.users USING btree (id) WHERE (role = ANY (ARRAY['staff'::text, 'admin'::text]));


--
-- Name: variants_by_product; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX variants_by_product ON public.variants USING btree (product_id, "position");


--
-- Name: vendor_ledger_by_line; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX vendor_ledger_by_line ON public.vendor_ledger USING btree (order_id, "position");


--
-- Name: vendor_ledger_by_vendor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX vendor_ledger_by_vendor ON public.vendor_ledger USING btree (vendor_id, id);


--
-- Name: vendor_payout_entries_by_payout; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX vendor_payout_entries_by_payout ON public.vendor_payout_entries USING btree (payout_id);


--
-- Name: vendor_payouts_by_vendor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX vendor_payouts_by_vendor ON public.vendor_payouts USING btree (vendor_id, id);


--
-- Name: provider_event_bodies_rest_provider_event_key_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.provider_event_bodies_by_event ATTACH PARTITION public.provider_event_bodies_rest_provider_event_key_idx;


--
-- Name: provider_event_bodies_rest_received_at_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.provider_event_bodies_by_age ATTACH PARTITION public.provider_event_bodies_rest_received_at_idx;


--
-- Name: audit audit_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: audit_seals audit_seals_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_seals_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_seals FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: audit audit_waits; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_waits AFTER INSERT ON public.audit FOR EACH ROW EXECUTE FUNCTION public.deed_waits_for_its_seal();


--
-- Name: dispute_events dispute_events_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER dispute_events_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.dispute_events FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: invoices invoices_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER invoices_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.invoices FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: ledger ledger_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER ledger_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: movements movements_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER movements_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.movements FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: movements movements_preorder; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER movements_preorder BEFORE INSERT ON public.movements FOR EACH ROW WHEN ((new.kind = 'shipped'::text)) EXECUTE FUNCTION public.preorder_ships_on_its_day();


--
-- Name: order_cancellations order_cancellations_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER order_cancellations_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.order_cancellations FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: order_events order_events_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER order_events_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.order_events FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: refund_lines refund_lines_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER refund_lines_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.refund_lines FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: refund_requests refund_requests_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER refund_requests_history BEFORE DELETE OR UPDATE ON public.refund_requests FOR EACH ROW EXECUTE FUNCTION public.refund_is_decided_once();


--
-- Name: refund_requests refund_requests_stay; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER refund_requests_stay BEFORE TRUNCATE ON public.refund_requests FOR EACH STATEMENT EXECUTE FUNCTION public.refund_is_decided_once();


--
-- Name: refunds_by_hand refunds_by_hand_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER refunds_by_hand_history BEFORE DELETE OR UPDATE ON public.refunds_by_hand FOR EACH ROW EXECUTE FUNCTION public.refund_is_decided_once();


--
-- Name: refunds_by_hand refunds_by_hand_stay; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER refunds_by_hand_stay BEFORE TRUNCATE ON public.refunds_by_hand FOR EACH STATEMENT EXECUTE FUNCTION public.refund_is_decided_once();


--
-- Name: return_events return_events_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER return_events_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.return_events FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: settlement_lines settlement_lines_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER settlement_lines_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.settlement_lines FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: shipment_events shipment_events_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER shipment_events_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.shipment_events FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: shop_settings shop_settings_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER shop_settings_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.shop_settings FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: stock_count_lines stock_count_lines_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER stock_count_lines_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.stock_count_lines FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: stock_counts stock_counts_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER stock_counts_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.stock_counts FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: stock stock_shortfall_shrinks; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER stock_shortfall_shrinks BEFORE INSERT OR UPDATE ON public.stock FOR EACH ROW WHEN ((new.shortfall > 0)) EXECUTE FUNCTION public.shortfall_shrinks();


--
-- Name: stock_transfer_legs stock_transfer_legs_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER stock_transfer_legs_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.stock_transfer_legs FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: pgqueuer tg_pgqueuer_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_pgqueuer_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.pgqueuer FOR EACH STATEMENT EXECUTE FUNCTION public.fn_pgqueuer_changed();


--
-- Name: transfers transfers_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER transfers_history BEFORE DELETE OR UPDATE ON public.transfers FOR EACH ROW EXECUTE FUNCTION public.transfer_is_decided_once();


--
-- Name: transfers transfers_stay; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER transfers_stay BEFORE TRUNCATE ON public.transfers FOR EACH STATEMENT EXECUTE FUNCTION public.transfer_is_decided_once();


--
-- Name: vendor_ledger vendor_ledger_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER vendor_ledger_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.vendor_ledger FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: vendor_payout_entries vendor_payout_entries_history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER vendor_payout_entries_history BEFORE DELETE OR UPDATE OR TRUNCATE ON public.vendor_payout_entries FOR EACH STATEMENT EXECUTE FUNCTION public.history_is_append_only();


--
-- Name: account_letters account_letters_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account_letters
    ADD CONSTRAINT account_letters_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: api_keys api_keys_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: audit_seals audit_seals_audit_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_audit_id_fkey FOREIGN KEY (audit_id) REFERENCES public.audit(id);


--
-- Name: audit_unsealed audit_unsealed_audit_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_unsealed
    ADD CONSTRAINT audit_unsealed_audit_id_fkey FOREIGN KEY (audit_id) REFERENCES public.audit(id);


--
-- Name: cart_lines cart_lines_cart_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cart_lines
    ADD CONSTRAINT cart_lines_cart_id_fkey FOREIGN KEY (cart_id) REFERENCES public.carts(id);


--
-- Name: cart_lines cart_lines_sku_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cart_lines
    ADD CONSTRAINT cart_lines_sku_fkey FOREIGN KEY (sku) REFERENCES public.variants(sku);


--
-- Name: carts carts_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.carts
    ADD CONSTRAINT carts_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.users(id);


--
-- Name: carts carts_merged_into_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.carts
    ADD CONSTRAINT carts_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES public.carts(id);


--
-- Name: categories categories_parent_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.categories(id);


--
-- Name: checkouts checkouts_cart_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.checkouts
    ADD CONSTRAINT checkouts_cart_id_fkey FOREIGN KEY (cart_id) REFERENCES public.carts(id);


--
-- Name: coupon_uses coupon_uses_code_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupon_uses
    ADD CONSTRAINT coupon_uses_code_fkey FOREIGN KEY (code) REFERENCES public.coupons(code);


--
-- Name: coupon_uses coupon_uses_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupon_uses
    ADD CONSTRAINT coupon_uses_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: coupon_buyers coupon_was_used; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupon_buyers
    ADD CONSTRAINT coupon_was_used FOREIGN KEY (code, order_id) REFERENCES public.coupon_uses(code, order_id);


--
-- Name: orders customer_is_there; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT customer_is_there FOREIGN KEY (customer_id) REFERENCES public.users(id);


--
-- Name: dispute_events dispute_events_dispute_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dispute_events
    ADD CONSTRAINT dispute_events_dispute_id_fkey FOREIGN KEY (dispute_id) REFERENCES public.disputes(id);


--
-- Name: dispute_events dispute_move_is_in_the_table; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dispute_events
    ADD CONSTRAINT dispute_move_is_in_the_table FOREIGN KEY (from_state, event, to_state) REFERENCES public.dispute_moves(from_state, event, to_state);


--
-- Name: disputes disputes_attempt_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.disputes
    ADD CONSTRAINT disputes_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES public.payment_attempts(id);


--
-- Name: disputes disputes_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.disputes
    ADD CONSTRAINT disputes_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: disputes disputes_payment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.disputes
    ADD CONSTRAINT disputes_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payments(id);


--
-- Name: hold_buyers hold_buyers_hold_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.hold_buyers
    ADD CONSTRAINT hold_buyers_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.holds(id);


--
-- Name: hold_lines hold_lines_hold_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.hold_lines
    ADD CONSTRAINT hold_lines_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.holds(id);


--
-- Name: hold_lines hold_lines_sku_location_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.hold_lines
    ADD CONSTRAINT hold_lines_sku_location_id_fkey FOREIGN KEY (sku, location_id) REFERENCES public.stock(sku, location_id);


--
-- Name: holds hold_of_a_checkout; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.holds
    ADD CONSTRAINT hold_of_a_checkout FOREIGN KEY (checkout_id) REFERENCES public.checkouts(id);


--
-- Name: holds hold_of_an_order; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.holds
    ADD CONSTRAINT hold_of_an_order FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: invoices invoices_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: ledger ledger_attempt_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES public.payment_attempts(id);


--
-- Name: ledger ledger_payment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payments(id);


--
-- Name: login_failures login_failures_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.login_failures
    ADD CONSTRAINT login_failures_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: login_places login_places_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.login_places
    ADD CONSTRAINT login_places_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: order_events move_is_in_the_table; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_events
    ADD CONSTRAINT move_is_in_the_table FOREIGN KEY (from_state, event, to_state) REFERENCES public.order_moves(from_state, event, to_state);


--
-- Name: movements movements_sku_location_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.movements
    ADD CONSTRAINT movements_sku_location_id_fkey FOREIGN KEY (sku, location_id) REFERENCES public.stock(sku, location_id);


--
-- Name: order_cancellations order_cancellations_order_id_position_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_cancellations
    ADD CONSTRAINT order_cancellations_order_id_position_fkey FOREIGN KEY (order_id, "position") REFERENCES public.order_lines(order_id, "position");


--
-- Name: order_events order_events_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_events
    ADD CONSTRAINT order_events_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: order_lines order_lines_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_lines
    ADD CONSTRAINT order_lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: orders orders_cart_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_cart_id_fkey FOREIGN KEY (cart_id) REFERENCES public.carts(id);


--
-- Name: orders orders_checkout_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_checkout_id_fkey FOREIGN KEY (checkout_id) REFERENCES public.checkouts(id);


--
-- Name: payment_attempts payment_attempts_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payment_attempts
    ADD CONSTRAINT payment_attempts_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: payment_attempts payment_attempts_payment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payment_attempts
    ADD CONSTRAINT payment_attempts_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payments(id);


--
-- Name: payments payments_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: products products_category_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);


--
-- Name: products products_vendor_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_vendor_id_fkey FOREIGN KEY (vendor_id) REFERENCES public.vendors(id);


--
-- Name: purchase_limits purchase_limits_sku_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.purchase_limits
    ADD CONSTRAINT purchase_limits_sku_fkey FOREIGN KEY (sku) REFERENCES public.variants(sku);


--
-- Name: purchases purchases_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.purchases
    ADD CONSTRAINT purchases_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: purchases purchases_sku_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.purchases
    ADD CONSTRAINT purchases_sku_fkey FOREIGN KEY (sku) REFERENCES public.variants(sku);


--
-- Name: recovery_codes recovery_codes_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.totp(user_id) ON DELETE CASCADE;


--
-- Name: refund_lines refund_lines_order_id_position_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_lines
    ADD CONSTRAINT refund_lines_order_id_position_fkey FOREIGN KEY (order_id, "position") REFERENCES public.order_lines(order_id, "position");


--
-- Name: refund_lines refund_lines_request_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_lines
    ADD CONSTRAINT refund_lines_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.refund_requests(id);


--
-- Name: refund_requests refund_requests_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_requests
    ADD CONSTRAINT refund_requests_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: refunds refunds_attempt_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES public.payment_attempts(id);


--
-- Name: refunds_by_hand refunds_by_hand_refund_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds_by_hand
    ADD CONSTRAINT refunds_by_hand_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES public.refunds(id);


--
-- Name: refunds refunds_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: refunds refunds_payment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payments(id);


--
-- Name: refunds refunds_request_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.refund_requests(id);


--
-- Name: return_events return_events_return_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_events
    ADD CONSTRAINT return_events_return_id_fkey FOREIGN KEY (return_id) REFERENCES public.returns(id);


--
-- Name: return_lines return_lines_order_id_position_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_lines
    ADD CONSTRAINT return_lines_order_id_position_fkey FOREIGN KEY (order_id, "position") REFERENCES public.order_lines(order_id, "position");


--
-- Name: return_lines return_lines_return_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_lines
    ADD CONSTRAINT return_lines_return_id_fkey FOREIGN KEY (return_id) REFERENCES public.returns(id);


--
-- Name: return_events return_move_is_in_the_table; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_events
    ADD CONSTRAINT return_move_is_in_the_table FOREIGN KEY (from_state, event, to_state) REFERENCES public.return_moves(from_state, event, to_state);


--
-- Name: return_photos return_photos_return_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_photos
    ADD CONSTRAINT return_photos_return_id_fkey FOREIGN KEY (return_id) REFERENCES public.returns(id);


--
-- Name: returns returns_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.returns
    ADD CONSTRAINT returns_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: returns returns_request_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.returns
    ADD CONSTRAINT returns_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.refund_requests(id);


--
-- Name: reviews reviews_product_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id);


--
-- Name: reviews reviews_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: saved_addresses saved_addresses_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saved_addresses
    ADD CONSTRAINT saved_addresses_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: sessions sessions_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: settlement_lines settlement_lines_attempt_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settlement_lines
    ADD CONSTRAINT settlement_lines_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES public.payment_attempts(id);


--
-- Name: settlement_lines settlement_lines_refund_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settlement_lines
    ADD CONSTRAINT settlement_lines_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES public.refunds(id);


--
-- Name: shipment_events shipment_events_shipment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipment_events
    ADD CONSTRAINT shipment_events_shipment_id_fkey FOREIGN KEY (shipment_id) REFERENCES public.shipments(id);


--
-- Name: shipment_lines shipment_lines_order_id_position_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipment_lines
    ADD CONSTRAINT shipment_lines_order_id_position_fkey FOREIGN KEY (order_id, "position") REFERENCES public.order_lines(order_id, "position");


--
-- Name: shipment_lines shipment_lines_shipment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipment_lines
    ADD CONSTRAINT shipment_lines_shipment_id_fkey FOREIGN KEY (shipment_id) REFERENCES public.shipments(id);


--
-- Name: shipment_events shipment_move_is_in_the_table; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipment_events
    ADD CONSTRAINT shipment_move_is_in_the_table FOREIGN KEY (from_state, event, to_state) REFERENCES public.shipment_moves(from_state, event, to_state);


--
-- Name: shipments shipments_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipments
    ADD CONSTRAINT shipments_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: shipments shipments_vendor_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shipments
    ADD CONSTRAINT shipments_vendor_id_fkey FOREIGN KEY (vendor_id) REFERENCES public.vendors(id);


--
-- Name: stock_alerts stock_alerts_sku_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_alerts
    ADD CONSTRAINT stock_alerts_sku_fkey FOREIGN KEY (sku) REFERENCES public.variants(sku);


--
-- Name: stock_count_lines stock_count_lines_count_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_count_lines
    ADD CONSTRAINT stock_count_lines_count_id_fkey FOREIGN KEY (count_id) REFERENCES public.stock_counts(id);


--
-- Name: stock_count_lines stock_count_lines_sku_location_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_count_lines
    ADD CONSTRAINT stock_count_lines_sku_location_id_fkey FOREIGN KEY (sku, location_id) REFERENCES public.stock(sku, location_id);


--
-- Name: stock_levels stock_levels_sku_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_levels
    ADD CONSTRAINT stock_levels_sku_fkey FOREIGN KEY (sku) REFERENCES public.variants(sku);


--
-- Name: stock stock_location_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_location_id_fkey FOREIGN KEY (location_id) REFERENCES public.locations(id);


--
-- Name: stock stock_sku_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_sku_fkey FOREIGN KEY (sku) REFERENCES public.variants(sku);


--
-- Name: stock_transfer_legs stock_transfer_legs_transfer_id_sku_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_transfer_legs
    ADD CONSTRAINT stock_transfer_legs_transfer_id_sku_fkey FOREIGN KEY (transfer_id, sku) REFERENCES public.stock_transfer_lines(transfer_id, sku);


--
-- Name: stock_transfer_lines stock_transfer_lines_sku_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_transfer_lines
    ADD CONSTRAINT stock_transfer_lines_sku_fkey FOREIGN KEY (sku) REFERENCES public.variants(sku);


--
-- Name: stock_transfer_lines stock_transfer_lines_transfer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_transfer_lines
    ADD CONSTRAINT stock_transfer_lines_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES public.stock_transfers(id);


--
-- Name: stock_transfers stock_transfers_from_location_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_transfers
    ADD CONSTRAINT stock_transfers_from_location_id_fkey FOREIGN KEY (from_location_id) REFERENCES public.locations(id);


--
-- Name: stock_transfers stock_transfers_to_location_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_transfers
    ADD CONSTRAINT stock_transfers_to_location_id_fkey FOREIGN KEY (to_location_id) REFERENCES public.locations(id);


--
-- Name: totp totp_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp
    ADD CONSTRAINT totp_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: transfer_proofs transfer_proofs_attempt_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.transfer_proofs
    ADD CONSTRAINT transfer_proofs_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES public.payment_attempts(id);


--
-- Name: transfers transfers_attempt_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES public.payment_attempts(id);


--
-- Name: users users_vendor_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_vendor_id_fkey FOREIGN KEY (vendor_id) REFERENCES public.vendors(id);


--
-- Name: variants variants_product_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.variants
    ADD CONSTRAINT variants_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id);


--
-- Name: vendor_ledger vendor_ledger_order_id_position_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vendor_ledger
    ADD CONSTRAINT vendor_ledger_order_id_position_fkey FOREIGN KEY (order_id, "position") REFERENCES public.order_lines(order_id, "position");


--
-- Name: vendor_ledger vendor_ledger_vendor_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vendor_ledger
    ADD CONSTRAINT vendor_ledger_vendor_id_fkey FOREIGN KEY (vendor_id) REFERENCES public.vendors(id);


--
-- Name: vendor_payout_entries vendor_payout_entries_entry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vendor_payout_entries
    ADD CONSTRAINT vendor_payout_entries_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES public.vendor_ledger(id);


--
-- Name: vendor_payout_entries vendor_payout_entries_payout_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vendor_payout_entries
    ADD CONSTRAINT vendor_payout_entries_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES public.vendor_payouts(id);


--
-- Name: vendor_payouts vendor_payouts_vendor_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vendor_payouts
    ADD CONSTRAINT vendor_payouts_vendor_id_fkey FOREIGN KEY (vendor_id) REFERENCES public.vendors(id);


--
-- Name: wishes wishes_sku_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wishes
    ADD CONSTRAINT wishes_sku_fkey FOREIGN KEY (sku) REFERENCES public.variants(sku);


--
-- Name: wishes wishes_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wishes
    ADD CONSTRAINT wishes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- PostgreSQL database dump complete
--



--
-- Dbmate schema migrations
--

INSERT INTO public.schema_migrations (version) VALUES
    ('20261101000001'),
    ('20261101000002'),
    ('20261101000003'),
    ('20261101000004'),
    ('20261101000005'),
    ('20261101000006'),
    ('20261101000007'),
    ('20261121000001'),
    ('20261121000008'),
    ('20261129000001'),
    ('20261129000002'),
    ('20261129000010'),
    ('20261129000020'),
    ('20261129000030'),
    ('20261129000040'),
    ('20261129000050'),
    ('20261129000060'),
    ('20261129000070'),
    ('20261129000080'),
    ('20261129000081'),
    ('20261129000090'),
    ('20261129000091'),
    ('20261129000092'),
    ('20261129000100'),
    ('20261129000110'),
    ('20261129000120'),
    ('20261129000121'),
    ('20261129000130'),
    ('20261129000131');

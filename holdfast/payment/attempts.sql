-- name: create
-- Payments and attempts in one statement; a second attempt in flight is refused by the partial unique index.
WITH born_payments AS (
    INSERT INTO payments (id, order_id, state, currency, due_minor, created_at)
    SELECT p.id, p.order_id, p.state, p.currency, p.due, :at
    FROM unnest(:pay_ids::text[], :pay_orders::text[], :pay_states::text[], :pay_currencies::text[], :dues::bigint[])
        AS p(id, order_id, state, currency, due)
)
INSERT INTO payment_attempts (id, payment_id, order_id, provider, live, provider_ref, state, superseded, amount_minor,
                              captured_minor, currency, next_action, failure, lease_until, poll_at, polls, created_at)
SELECT * FROM unnest(:ids::text[], :payment_ids::text[], :order_ids::text[], :providers::text[], :lives::boolean[],
                     :refs::text[], :states::text[], :superseded::boolean[], :amounts::bigint[],
                     :attempt_captureds::bigint[], :currencies::text[], :next_actions::jsonb[], :failures::text[],
                     :leases::timestamptz[], :poll_ats::timestamptz[], :polls::int[], :born_ats::timestamptz[])
RETURNING id;

-- name: lock_payments
-- After their orders, sorted.
SELECT id, order_id, state, currency, due_minor, captured_minor, refunding_minor, refunded_minor, disputed_minor,
       lost_minor
FROM payments WHERE order_id = ANY(:order_ids::text[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: lock_attempts
-- Oldest first, so that the last one of an order is its newest.
SELECT id, payment_id, order_id, provider, live, provider_ref, state, superseded, amount_minor, captured_minor,
       currency, next_action, failure, lease_until, poll_at, polls, created_at, charge_ref
FROM payment_attempts WHERE payment_id = ANY(:payment_ids::text[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: save
-- Everything that may have changed, decided in Python under the locks.
WITH paid AS (
    UPDATE payments p SET state = n.state, due_minor = n.due, captured_minor = n.captured, refunding_minor = n.refunding,
                          refunded_minor = n.refunded, disputed_minor = n.disputed,
                          lost_minor = n.lost
    FROM unnest(:pay_ids::text[], :pay_states::text[], :dues::bigint[], :captureds::bigint[], :refundings::bigint[],
                :refundeds::bigint[], :disputeds::bigint[], :losts::bigint[])
        AS n(id, state, due, captured, refunding, refunded, disputed, lost)
    WHERE p.id = n.id
)
UPDATE payment_attempts a SET provider_ref = n.ref, state = n.state, superseded = n.superseded,
    captured_minor = n.captured, next_action = n.next_action, failure = n.failure, lease_until = n.lease,
    poll_at = n.poll_at, polls = n.polls, charge_ref = n.charge
FROM unnest(:ids::text[], :payment_ids::text[], :order_ids::text[], :providers::text[], :lives::boolean[],
            :refs::text[], :states::text[], :superseded::boolean[], :amounts::bigint[],
            :attempt_captureds::bigint[], :currencies::text[], :next_actions::jsonb[], :failures::text[],
            :leases::timestamptz[], :poll_ats::timestamptz[], :polls::int[], :born_ats::timestamptz[],
            :charges::text[])
    AS n(id, payment_id, order_id, provider, live, ref, state, superseded, amount, captured, currency, next_action,
         failure, lease, poll_at, polls, created_at, charge)
WHERE a.id = n.id
RETURNING a.id;

-- name: take_leases
-- Compare and set: of several who want to ask, one does, until the lease ends. An attempt is born without a lease,
-- or with the one of who asks first: a later one means that somebody had it before.
WITH free AS (
    SELECT id, lease_until > created_at AS asked_before FROM payment_attempts
    WHERE id = ANY(:ids::text[]) AND lease_until <= :at
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE payment_attempts a SET lease_until = :lease_until
FROM free f, payments p, orders o LEFT JOIN holds h ON h.order_id = o.id
WHERE a.id = f.id AND o.id = a.order_id AND p.id = a.payment_id
RETURNING a.id, a.order_id, o.number AS order_number, a.provider, a.state, a.provider_ref, a.amount_minor, a.currency,
          o.email, h.expires_at, a.polls, f.asked_before, a.live, a.charge_ref, a.superseded, o.state AS order_state,
          a.created_at, p.due_minor - p.captured_minor AS left_minor;

-- name: plan_next_poll
-- The next moment is written before anybody asks, so that a silent provider is not asked ever faster.
WITH due AS (
    SELECT id, coalesce(:schedules::jsonb -> provider, :usual::jsonb) AS minutes FROM payment_attempts
    WHERE poll_at <= :at AND lease_until <= :at ORDER BY poll_at LIMIT :rows_max
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE payment_attempts a
SET polls = a.polls + 1,
    poll_at = :at::timestamptz
        + make_interval(mins => (d.minutes ->> least(a.polls + 1, jsonb_array_length(d.minutes) - 1))::int)
FROM due d WHERE a.id = d.id
RETURNING a.id;

-- name: newest
-- What a buyer's browser brings back is about the attempt that it was sent away with.
SELECT provider, live, provider_ref FROM payment_attempts
WHERE order_id = :order_id AND provider_ref IS NOT NULL AND NOT superseded
ORDER BY id DESC LIMIT 1;

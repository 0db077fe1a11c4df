-- name: order_of
-- A payment is for one order, for ever.
SELECT order_id FROM payments WHERE id = :payment_id;

-- name: taken_by_banks
-- Under the payment's lock, which every writer of disputes takes; of one that the shop has won nothing is gone.
SELECT attempt_id, sum(amount_minor)::bigint AS amount_minor FROM disputes
WHERE payment_id = :payment_id AND state <> 'won' GROUP BY attempt_id;

-- name: of_orders
-- Under the payment's lock, which every writer of refunds takes.
SELECT id, payment_id, attempt_id, order_id, provider, provider_ref, state, ours, amount_minor, currency, reason, actor,
       lease_until, created_at, request_id, waived
FROM refunds WHERE payment_id IN (SELECT p.id FROM payments p WHERE p.order_id = ANY(:order_ids::text[]))
ORDER BY id;

-- name: create
-- The intent, before anybody is asked.
INSERT INTO refunds (id, payment_id, attempt_id, order_id, provider, provider_ref, state, ours, amount_minor, currency,
                     reason, actor, lease_until, created_at, request_id, waived)
SELECT * FROM unnest(:ids::text[], :payment_ids::text[], :attempt_ids::text[], :order_ids::text[], :providers::text[],
                     :refs::text[], :states::text[], :ours::boolean[], :amounts::bigint[], :currencies::text[],
                     :reasons::text[], :actors::text[], :leases::timestamptz[], :born_ats::timestamptz[],
                     :request_ids::text[], :waived::boolean[]);

-- name: save
-- A provider's id that was learned once stays.
UPDATE refunds SET state = :state, provider_ref = coalesce(provider_ref, :provider_ref) WHERE id = :id;

-- name: find
-- The provider names its own payment, or the charge in it; ours is the attempt that has it.
SELECT id AS attempt_id, order_id, live FROM payment_attempts
WHERE provider = :provider AND (provider_ref = :payment_ref OR charge_ref = :payment_ref)
ORDER BY id LIMIT 1;

-- name: order_of_refund
-- Looked up before the locks; a refund never changes its order.
SELECT order_id FROM refunds WHERE id = :id;

-- name: orders_of_refs
-- Looked up before the locks; an attempt never changes its order.
SELECT DISTINCT a.order_id FROM payment_attempts a
JOIN unnest(:providers::text[], :refs::text[]) AS w(provider, ref)
    ON a.provider = w.provider AND (a.provider_ref = w.ref OR a.charge_ref = w.ref);

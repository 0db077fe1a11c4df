-- name: find
-- By the provider's own id first, then by that of the charge; by our reference while we have learned neither (a
-- webhook may be faster than the answer to our call).
SELECT w.place::int AS place, a.id AS attempt_id, a.order_id, o.cart_id
FROM unnest(:attempt_ids::text[], :providers::text[], :refs::text[], :charges::text[])
    WITH ORDINALITY AS w(id, provider, ref, charge, place)
LEFT JOIN payment_attempts known ON known.provider = w.provider AND known.provider_ref = w.ref
LEFT JOIN payment_attempts charged ON charged.provider = w.provider AND charged.charge_ref = w.charge
JOIN payment_attempts a ON a.id = coalesce(known.id, charged.id, w.id) AND a.provider = w.provider
JOIN orders o ON o.id = a.order_id
ORDER BY w.place;

-- name: enter
-- Only ever added to; a payment's sums are sums over these lines.
INSERT INTO ledger (payment_id, attempt_id, refund_id, kind, amount_minor, source, at)
SELECT e.payment_id, e.attempt_id, e.refund_id, e.kind, e.amount, e.source, :at
FROM unnest(:payment_ids::text[], :attempt_ids::text[], :refund_ids::text[], :kinds::text[], :amounts::bigint[],
            :sources::text[]) AS e(payment_id, attempt_id, refund_id, kind, amount, source);

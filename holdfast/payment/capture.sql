-- name: due
-- By a partial index over what is set aside. The first parcel takes the money of the whole order, before its
-- authorisation lapses. What a provider has refused waits for a person.
SELECT a.id FROM payment_attempts a JOIN orders o ON o.id = a.order_id
WHERE a.state = 'authorized' AND NOT a.superseded AND a.lease_until <= :at AND (o.state = ANY(:states::text[]) OR o.goods_out)
  AND NOT EXISTS (SELECT FROM attention t WHERE t.kind = 'capture_failed' AND t.subject = a.id)
ORDER BY a.id LIMIT :rows_max;

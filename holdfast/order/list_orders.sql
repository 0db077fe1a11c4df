-- name: newest
-- Ids sort by birth, so the id is the cursor.
SELECT o.id, o.number, o.status, o.state, o.currency, o.total_minor, o.email, o.reference, o.placed_at,
       o.payment_method, p.state AS payment_state
FROM orders o JOIN payments p ON p.order_id = o.id
WHERE o.id < :before
ORDER BY o.id DESC LIMIT :rows_max;

-- name: of_statuses
-- The newest of each status by the index on (status, id), and of these the newest: a state may hide behind a status
-- that tells of money or of a part that is out.
SELECT o.id, o.number, o.status, o.state, o.currency, o.total_minor, o.email, o.reference, o.placed_at,
       o.payment_method, p.state AS payment_state
FROM unnest(:statuses::text[]) AS w(status)
CROSS JOIN LATERAL (
    SELECT * FROM orders o
    WHERE o.status = w.status AND o.id < :before
      AND (:state::text IS NULL OR o.state = :state) AND (:method::text IS NULL OR o.payment_method = :method)
    ORDER BY o.id DESC LIMIT :rows_max
) o
JOIN payments p ON p.order_id = o.id
ORDER BY o.id DESC LIMIT :rows_max;

-- name: of_method
-- By the index on (payment_method, id).
SELECT o.id, o.number, o.status, o.state, o.currency, o.total_minor, o.email, o.reference, o.placed_at,
       o.payment_method, p.state AS payment_state
FROM orders o JOIN payments p ON p.order_id = o.id
WHERE o.payment_method = :method AND o.id < :before
ORDER BY o.id DESC LIMIT :rows_max;

-- name: of_email
-- One buyer has few orders; the index knows addresses in small letters only.
SELECT o.id, o.number, o.status, o.state, o.currency, o.total_minor, o.email, o.reference, o.placed_at,
       o.payment_method, p.state AS payment_state
FROM orders o JOIN payments p ON p.order_id = o.id
WHERE lower(o.email) = lower(:email) AND o.id < :before
  AND (:status::text IS NULL OR o.status = :status) AND (:state::text IS NULL OR o.state = :state)
  AND (:method::text IS NULL OR o.payment_method = :method) AND (:since::timestamptz IS NULL OR o.placed_at >= :since)
  AND (:until::timestamptz IS NULL OR o.placed_at < :until)
ORDER BY o.id DESC LIMIT :rows_max;

-- name: of_number
-- What people call an order by: its number, or the reference that the merchant has given it.
SELECT o.id, o.number, o.status, o.state, o.currency, o.total_minor, o.email, o.reference, o.placed_at,
       o.payment_method, p.state AS payment_state
FROM (
    SELECT id FROM orders WHERE number = :number
    UNION
    (SELECT id FROM orders WHERE reference = :reference AND id < :before ORDER BY id DESC LIMIT :rows_max)
) f
JOIN orders o ON o.id = f.id JOIN payments p ON p.order_id = o.id
WHERE o.id < :before
  AND (:status::text IS NULL OR o.status = :status) AND (:state::text IS NULL OR o.state = :state)
  AND (:method::text IS NULL OR o.payment_method = :method) AND (:since::timestamptz IS NULL OR o.placed_at >= :since)
  AND (:until::timestamptz IS NULL OR o.placed_at < :until)
ORDER BY o.id DESC LIMIT :rows_max;

-- name: placed_between
-- By the index on (placed_at, id), in its order: moments that staff have set do not follow the ids.
SELECT o.id, o.number, o.status, o.state, o.currency, o.total_minor, o.email, o.reference, o.placed_at,
       o.payment_method, p.state AS payment_state
FROM orders o JOIN payments p ON p.order_id = o.id
WHERE (o.placed_at, o.id) < (coalesce((SELECT c.placed_at FROM orders c WHERE c.id = :before), 'infinity'), :before)
  AND o.placed_at < coalesce(:until::timestamptz, 'infinity')
  AND o.placed_at >= coalesce(:since::timestamptz, '-infinity')
  AND (:status::text IS NULL OR o.status = :status) AND (:state::text IS NULL OR o.state = :state)
  AND (:method::text IS NULL OR o.payment_method = :method)
ORDER BY o.placed_at DESC, o.id DESC LIMIT :rows_max;

-- name: of_vendor
-- By the index on (vendor_id, order_id), which gives every order with a line of this vendor's once.
SELECT o.id, o.number, o.status, o.state, o.currency, o.total_minor, o.email, o.reference, o.placed_at,
       o.payment_method, p.state AS payment_state
FROM (SELECT DISTINCT order_id FROM order_lines
      WHERE vendor_id = :vendor_id AND order_id < :before ORDER BY order_id DESC) l
JOIN orders o ON o.id = l.order_id JOIN payments p ON p.order_id = o.id
WHERE (:status::text IS NULL OR o.status = :status) AND (:state::text IS NULL OR o.state = :state)
  AND (:method::text IS NULL OR o.payment_method = :method) AND (:email::text IS NULL OR lower(o.email) = lower(:email))
  AND (:reference::text IS NULL OR o.number = :number OR o.reference = :reference)
  AND (:since::timestamptz IS NULL OR o.placed_at >= :since) AND (:until::timestamptz IS NULL OR o.placed_at < :until)
ORDER BY o.id DESC LIMIT :rows_max;

-- name: known
-- A SKU that never moved has a history, too.
SELECT EXISTS (SELECT FROM variants WHERE sku = :sku);

-- name: movements
-- Summed up before the page is cut, so that every row says what lay there after it.
SELECT m.id, m.location_id AS location, m.kind, m.quantity, m.on_hand, m.subject, m.reason, m.actor, m.at
FROM (
    SELECT *, (sum(quantity) OVER (PARTITION BY location_id ORDER BY id))::bigint AS on_hand
    FROM movements WHERE sku = :sku AND at <= :at
) m
WHERE :before_id::bigint IS NULL OR m.id < :before_id::bigint
ORDER BY m.id DESC LIMIT :rows_max;

-- name: then
-- By the index of the SKU.
SELECT location_id AS location, sum(quantity)::bigint AS on_hand FROM movements
WHERE sku = :sku AND at <= :at
GROUP BY location_id ORDER BY location_id;

-- name: in_transit
-- Sent, and by then neither received nor lost.
SELECT coalesce(sum(CASE kind WHEN 'sent' THEN quantity ELSE -quantity END), 0)::bigint FROM stock_transfer_legs
WHERE sku = :sku AND at <= :at;

-- name: counters
-- In the order in which the places are asked.
SELECT s.location_id AS location, l.open, s.on_hand, s.held, s.committed, s.backorder_limit, s.shortfall AS short
FROM stock s JOIN locations l ON l.id = s.location_id
WHERE s.sku = :sku
ORDER BY l.priority, l.id;

-- name: promised
-- By the partial indexes over lines that are alive; sold ones first.
SELECT l.sku, l.location_id, l.state, l.quantity, h.order_id, h.checkout_id, l.drops_at
FROM (
    SELECT * FROM hold_lines WHERE sku = :sku AND state = 'committed'
    UNION ALL
    SELECT * FROM hold_lines WHERE sku = :sku AND state = 'active'
) l
JOIN holds h ON h.id = l.hold_id
ORDER BY l.state DESC, h.id, l.location_id LIMIT :rows_max;

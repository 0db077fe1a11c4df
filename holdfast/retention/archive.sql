-- name: page
-- Along the partial index over those that may be archived; ids sort by birth.
SELECT id FROM orders
WHERE state IN ('delivered', 'cancelled') AND id > :after AND id < :until
ORDER BY id LIMIT :rows_max;

-- name: at_rest
-- OFFSET keeps the planner from joining everything that is open in the shop: it is looked up order by order.
SELECT o.id FROM orders o
WHERE o.id = ANY(:ids::text[]) AND o.state IN ('delivered', 'cancelled')
  AND NOT EXISTS (SELECT FROM order_events e WHERE e.order_id = o.id AND e.at >= :before)
  AND NOT EXISTS (SELECT FROM open_of_orders x WHERE x.order_id = o.id OFFSET 0)
ORDER BY o.id;

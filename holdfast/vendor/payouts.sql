-- name: lock
-- Two payouts of one vendor are made one after the other; entries may be written meanwhile, and wait for the next.
SELECT id FROM vendors WHERE id = :id FOR NO KEY UPDATE;

-- name: balances
-- Whose it is stands in the WHERE; what is in a payout is not open any more. Of an order whose money a bank may take back
-- waits what the vendor would get, and not what it owes.
SELECT o.currency, sum(o.amount_minor)::bigint AS open_minor,
       coalesce(sum(o.amount_minor) FILTER (WHERE o.of_order <= 0 OR NOT EXISTS (
           SELECT FROM payments p WHERE p.order_id = o.order_id AND p.disputed_minor > 0)), 0)::bigint AS payable_minor
FROM (SELECT e.currency, e.order_id, e.amount_minor,
             sum(e.amount_minor) OVER (PARTITION BY e.currency, e.order_id) AS of_order
      FROM vendor_ledger e
      WHERE e.vendor_id = :vendor_id AND NOT EXISTS (SELECT FROM vendor_payout_entries x WHERE x.entry_id = e.id)) o
GROUP BY o.currency ORDER BY o.currency;

-- name: make
-- Under the vendor's lock, in one statement: what it sums up is what it takes. No row comes back where nothing is due.
WITH unpaid AS (
    SELECT e.id, e.order_id, e.amount_minor, sum(e.amount_minor) OVER (PARTITION BY e.order_id) AS of_order
    FROM vendor_ledger e
    WHERE e.vendor_id = :vendor_id AND e.currency = :currency
      AND NOT EXISTS (SELECT FROM vendor_payout_entries x WHERE x.entry_id = e.id)
), open AS (
    SELECT u.id, u.amount_minor FROM unpaid u
    WHERE u.of_order <= 0
       OR NOT EXISTS (SELECT FROM payments p WHERE p.order_id = u.order_id AND p.disputed_minor > 0)
), made AS (
    INSERT INTO vendor_payouts (id, vendor_id, amount_minor, currency, made_by, made_at)
    SELECT :id, :vendor_id, sum(amount_minor), :currency, :actor, :at FROM open HAVING sum(amount_minor) > 0
    RETURNING id, vendor_id, amount_minor, currency, made_at, bank_reference, paid_at
), taken AS (
    INSERT INTO vendor_payout_entries (entry_id, payout_id, at)
    SELECT o.id, m.id, :at FROM open o CROSS JOIN made m ORDER BY o.id
)
SELECT id, vendor_id, amount_minor, currency, made_at, bank_reference, paid_at FROM made;

-- name: mark
-- Once: of two who say so at the same moment the second finds nothing that is unpaid.
UPDATE vendor_payouts SET bank_reference = :bank_reference, paid_by = :actor, paid_at = :at
WHERE id = :id AND paid_at IS NULL
RETURNING id, vendor_id, amount_minor, currency, made_at, bank_reference, paid_at;

-- name: find
-- By the primary key.
SELECT id, vendor_id, amount_minor, currency, made_at, bank_reference, paid_at FROM vendor_payouts WHERE id = :id;

-- name: page
-- By the index on (vendor_id, id); whose it is stands in the WHERE.
SELECT id, vendor_id, amount_minor, currency, made_at, bank_reference, paid_at FROM vendor_payouts
WHERE vendor_id = :vendor_id AND id < :before ORDER BY id DESC LIMIT :rows_max::int;

-- name: count
-- Under the payment's lock, so that two at once are two.
SELECT count(*) FROM transfer_proofs WHERE attempt_id = :attempt_id;

-- name: add
-- A file and its type come together or not at all.
INSERT INTO transfer_proofs (id, attempt_id, bank_reference, media_type, body, at)
VALUES (:id, :attempt_id, :bank_reference, :media_type, :body, :at)
RETURNING id;

-- name: of_order
-- Without the files, which are large.
SELECT f.id, a.order_id, f.bank_reference, f.media_type, f.at
FROM payment_attempts a JOIN transfer_proofs f ON f.attempt_id = a.id
WHERE a.payment_id = (SELECT p.id FROM payments p WHERE p.order_id = :order_id) ORDER BY f.id;

-- name: file
-- One at a time, for a person to look at.
SELECT media_type, body FROM transfer_proofs WHERE id = :id AND body IS NOT NULL;

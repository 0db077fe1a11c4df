-- name: count
-- Under the order's lock, so that two at once are two.
SELECT count(*) FROM return_photos WHERE return_id = :return_id;

-- name: add
-- As it was painted anew.
INSERT INTO return_photos (id, return_id, body, at) VALUES (:id, :return_id, :body, :at) RETURNING id;

-- name: of_return
-- Without the pictures, which are large.
SELECT id, return_id, at FROM return_photos WHERE return_id = :return_id ORDER BY id;

-- name: body
-- One at a time, for a person to look at.
SELECT body FROM return_photos WHERE id = :id;

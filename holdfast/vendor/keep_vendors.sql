-- name: create
-- The unique slug decides: no row comes back for one that is taken.
INSERT INTO vendors (id, slug, name, commission_bp, created_at)
VALUES (:id, :slug, :name, :commission_bp, :at)
ON CONFLICT (slug) DO NOTHING
RETURNING id, slug, name, commission_bp, active, created_at;

-- name: change
-- What is not given stays; the row stays locked until its products are taken off.
UPDATE vendors SET name = coalesce(:name, name), commission_bp = coalesce(:commission_bp, commission_bp),
    active = coalesce(:active, active)
WHERE id = :id
RETURNING id, slug, name, commission_bp, active, created_at;

-- name: find
-- By the primary key.
SELECT id, slug, name, commission_bp, active, created_at FROM vendors WHERE id = :id;

-- name: page
-- Along the primary key; ids sort by birth.
SELECT id, slug, name, commission_bp, active, created_at FROM vendors
WHERE id > :after ORDER BY id LIMIT :rows_max::int;

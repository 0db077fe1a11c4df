-- name: create
-- The unique index on the address decides; making the same user again changes only what is given.
INSERT INTO users AS u (id, email, role, permissions, created_at)
VALUES (:id, :email, coalesce(:role::text, 'staff'),
        CASE WHEN coalesce(:role::text, 'staff') = 'staff'
             THEN coalesce(:permissions::text[], :usual::text[]) ELSE '{}' END, :at)
ON CONFLICT (lower(email)) DO UPDATE SET
    role = coalesce(:role::text, u.role),
    vendor_id = CASE WHEN coalesce(:role::text, u.role) = 'vendor' THEN u.vendor_id END,
    permissions = CASE WHEN coalesce(:role::text, u.role) <> 'staff' THEN '{}'
                       ELSE coalesce(:permissions::text[], CASE WHEN u.role = 'staff' THEN u.permissions END,
                                     :usual::text[]) END
RETURNING u.id, u.email, u.role, u.permissions, u.created_at;

-- name: grant
-- By the unique index on the address; sessions and keys read role and permissions at each request.
UPDATE users SET
    role = :role::text,
    vendor_id = CASE WHEN :role::text = 'vendor' THEN vendor_id END,
    permissions = CASE WHEN :role::text <> 'staff' THEN '{}'
                       ELSE coalesce(:permissions::text[], CASE WHEN role = 'staff' THEN permissions END,
                                     :usual::text[]) END
WHERE lower(email) = lower(:email)
RETURNING id, email, role, permissions, created_at;

-- name: find
-- By the unique index on the address.
SELECT id, email, role, permissions, created_at FROM users WHERE lower(email) = lower(:email);

-- name: lock_staff
-- Two who grant at once do it one after the other.
SELECT id, email, role, permissions, created_at FROM users WHERE id = :user_id AND role = 'staff' FOR NO KEY UPDATE;

-- name: set_permissions
-- The row is locked by the look before.
UPDATE users SET permissions = :permissions::text[] WHERE id = :user_id
RETURNING id, email, role, permissions, created_at;

-- name: join_vendor
-- The unique index on the address decides; who works here does not become less by it.
INSERT INTO users AS u (id, email, role, vendor_id, created_at) VALUES (:id, :email, 'vendor', :vendor_id, :at)
ON CONFLICT (lower(email)) DO UPDATE SET role = 'vendor', vendor_id = excluded.vendor_id
WHERE u.role IN ('customer', 'vendor')
RETURNING u.id, u.email, u.role, u.permissions, u.created_at;

-- name: leave_vendor
-- Whose they are stands in the WHERE.
UPDATE users SET role = 'customer', vendor_id = NULL WHERE id = :user_id AND vendor_id = :vendor_id
RETURNING id, email, role, permissions, created_at;

-- name: of_vendor
-- By the index on the vendor, for which few people sell.
SELECT id, email, role, permissions, created_at FROM users WHERE vendor_id = :vendor_id ORDER BY id LIMIT 1000;

-- name: page
-- The partial index holds those who work here, who are few among the customers.
SELECT id, email, role, permissions, created_at FROM users
WHERE role IN ('staff', 'admin') AND id > :after ORDER BY id LIMIT :rows_max::int;

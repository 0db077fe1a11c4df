-- name: create
-- The unique index on the address decides; making the same user again changes only what is given.
INSERT INTO users AS u (id, email, role, permissions, created_at)
VALUES (:id, :email, coalesce(:role::text, 'staff'),
        CASE WHEN coalesce(:role::text, 'staff') = 'staff'
             THEN coalesce(:permissions::text[], :usual::text[]) ELSE '{}' END, :at)
ON CONFLICT (lower(email)) DO UPDATE SET
    role = coalesce(:role::text, u.role),
    permissions = CASE WHEN coalesce(:role::text, u.role) <> 'staff' THEN '{}'
                       ELSE coalesce(:permissions::text[], CASE WHEN u.role = 'staff' THEN u.permissions END,
                                     :usual::text[]) END
RETURNING u.id, u.email, u.role, u.permissions, u.created_at;

-- name: grant
-- By the unique index on the address; sessions and keys read role and permissions at each request.
UPDATE users SET
    role = :role::text,
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

-- name: page
-- The partial index holds those who work here, who are few among the customers.
SELECT id, email, role, permissions, created_at FROM users
WHERE role IN ('staff', 'admin') AND id > :after ORDER BY id LIMIT :rows_max::int;

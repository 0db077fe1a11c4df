-- migrate:up

-- What members of the staff may do. Those who are there keep what they could do; the settings were the admins'.
ALTER TABLE users ADD COLUMN permissions text[] NOT NULL DEFAULT '{}'
    CONSTRAINT permissions_are_known CHECK (permissions <@
        '{orders,stock,refunds,catalogue,marketing,settings,reports}' AND cardinality(permissions) <= 7);
UPDATE users SET permissions = '{catalogue,marketing,orders,refunds,reports,stock}' WHERE role = 'staff';
ALTER TABLE users ADD CONSTRAINT only_staff_is_granted_permissions CHECK (role = 'staff' OR permissions = '{}');
-- Those who work here are few among the customers.
CREATE INDEX users_who_work_here ON users (id) WHERE role IN ('staff', 'admin');

-- A key reaches as far as its scopes; NULL: as far as its owner. Its beginning tells it from others in a list, and
-- its last use is written by the way, once in a while.
ALTER TABLE api_keys
    ADD COLUMN prefix text NOT NULL DEFAULT '' CONSTRAINT prefix_has_an_end CHECK (length(prefix) <= 12),
    ADD COLUMN scopes text[] CONSTRAINT scopes_are_known CHECK (scopes <@
        '{shop,orders,stock,refunds,catalogue,marketing,settings,reports}' AND cardinality(scopes) BETWEEN 1 AND 8),
    ADD COLUMN last_used_at timestamptz;

-- migrate:down
DROP INDEX users_who_work_here;
ALTER TABLE api_keys DROP COLUMN last_used_at, DROP COLUMN scopes, DROP COLUMN prefix;
ALTER TABLE users DROP CONSTRAINT only_staff_is_granted_permissions, DROP COLUMN permissions;

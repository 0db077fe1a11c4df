-- migrate:up

-- What merging could not keep, until the owner changes the cart: an answer that was lost loses none of it.
ALTER TABLE carts ADD COLUMN notes jsonb;
CREATE INDEX carts_by_customer ON carts (customer_id, id) WHERE customer_id IS NOT NULL;

-- migrate:down
DROP INDEX carts_by_customer;
ALTER TABLE carts DROP COLUMN notes;

-- migrate:up

-- Where a customer has things sent; a checkout of theirs begins with the defaults.
CREATE TABLE saved_addresses (
    id               text COLLATE "C" PRIMARY KEY,
    user_id          text COLLATE "C" NOT NULL REFERENCES users,
    address          jsonb NOT NULL CONSTRAINT address_has_an_end CHECK (pg_column_size(address) <= 16384),
    default_shipping boolean NOT NULL,
    default_billing  boolean NOT NULL,
    created_at       timestamptz NOT NULL
);
CREATE INDEX saved_addresses_by_user ON saved_addresses (user_id, id);
CREATE UNIQUE INDEX one_default_shipping_address ON saved_addresses (user_id) WHERE default_shipping;
CREATE UNIQUE INDEX one_default_billing_address ON saved_addresses (user_id) WHERE default_billing;

-- What a customer would like to have one day.
CREATE TABLE wishes (
    user_id     text COLLATE "C" NOT NULL REFERENCES users,
    sku         text COLLATE "C" NOT NULL REFERENCES variants,
    added_at    timestamptz NOT NULL,
    PRIMARY KEY (user_id, sku)
);

-- Somebody who is logged in sees what they wait for.
CREATE INDEX stock_alerts_by_email ON stock_alerts (lower(email), id);

-- migrate:down
DROP INDEX stock_alerts_by_email;
DROP TABLE wishes, saved_addresses;

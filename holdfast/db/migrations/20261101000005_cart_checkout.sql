-- migrate:up

CREATE TABLE carts (
    id          text COLLATE "C" PRIMARY KEY,
    currency    text COLLATE "C" NOT NULL CONSTRAINT money_has_a_currency CHECK (currency ~ '^[A-Z]{3}$'),
    state       text NOT NULL DEFAULT 'open' CONSTRAINT cart_state_is_known CHECK (state IN ('open', 'merged')),
    merged_into text COLLATE "C" REFERENCES carts,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX carts_merged ON carts (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE cart_lines (
    cart_id     text COLLATE "C" NOT NULL REFERENCES carts,
    sku         text COLLATE "C" NOT NULL REFERENCES variants,
    quantity    bigint NOT NULL CONSTRAINT quantity_is_possible CHECK (quantity BETWEEN 1 AND 1000000),
    added_at    timestamptz NOT NULL,
    PRIMARY KEY (cart_id, sku)
) WITH (fillfactor = 80);

CREATE TABLE checkouts (
    id               text COLLATE "C" PRIMARY KEY,
    cart_id          text COLLATE "C" NOT NULL REFERENCES carts,
    state            text NOT NULL DEFAULT 'open' CONSTRAINT checkout_state_is_known
        CHECK (state IN ('open', 'completed', 'cancelled')),
    email            text CONSTRAINT email_has_an_end CHECK (length(email) <= 254),
    shipping_address jsonb,
    billing_address  jsonb,
    shipping_option  text,
    payment_method   text,
    expires_at       timestamptz NOT NULL,
    created_at       timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX checkouts_by_cart ON checkouts (cart_id);

-- migrate:down
DROP TABLE checkouts, cart_lines, carts;

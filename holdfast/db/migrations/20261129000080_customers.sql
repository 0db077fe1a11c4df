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

-- What buyers say of a product. Shown once staff have published it; the texts are kept as they were written.
CREATE TABLE reviews (
    id           text COLLATE "C" PRIMARY KEY,
    product_id   text COLLATE "C" NOT NULL REFERENCES products,
    user_id      text COLLATE "C" NOT NULL REFERENCES users,
    state        text NOT NULL CONSTRAINT review_state_is_known CHECK (state IN ('pending', 'published', 'refused')),
    author       text NOT NULL CONSTRAINT author_has_an_end CHECK (length(author) BETWEEN 1 AND 60),
    rating       integer NOT NULL CONSTRAINT rating_is_one_to_five CHECK (rating BETWEEN 1 AND 5),
    title        text NOT NULL CONSTRAINT title_has_an_end CHECK (length(title) BETWEEN 1 AND 200),
    body         text NOT NULL CONSTRAINT body_has_an_end CHECK (length(body) <= 5000),
    reason       text CONSTRAINT reason_has_an_end CHECK (length(reason) BETWEEN 1 AND 200),
    created_at   timestamptz NOT NULL,
    moderated_at timestamptz,
    CONSTRAINT one_review_per_customer_and_product UNIQUE (product_id, user_id),
    CONSTRAINT pending_is_not_moderated CHECK ((state = 'pending') = (moderated_at IS NULL)),
    CONSTRAINT refused_has_a_reason CHECK ((state = 'refused') = (reason IS NOT NULL))
);
CREATE INDEX reviews_by_state ON reviews (state, id);
CREATE INDEX reviews_by_user ON reviews (user_id, id);
CREATE INDEX reviews_published ON reviews (product_id, id) WHERE state = 'published';

-- Of its published reviews: a page that shows a product looks at no other row for them.
ALTER TABLE products ADD COLUMN review_count integer NOT NULL DEFAULT 0;
ALTER TABLE products ADD COLUMN rating_sum bigint NOT NULL DEFAULT 0
    CONSTRAINT ratings_fit_their_count CHECK (review_count >= 0 AND rating_sum BETWEEN review_count AND 5 * review_count);

-- Somebody who is logged in sees what they wait for.
CREATE INDEX stock_alerts_by_email ON stock_alerts (lower(email), id);

-- migrate:down
DROP INDEX stock_alerts_by_email;
ALTER TABLE products DROP COLUMN rating_sum, DROP COLUMN review_count;
DROP TABLE reviews, wishes, saved_addresses;

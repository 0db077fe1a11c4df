-- migrate:up

-- What buyers say of a product. An approval names the version it saw, so that a text which was changed meanwhile is
-- not shown unread. A review that its author takes back is deleted.
CREATE TABLE reviews (
    id          text COLLATE "C" PRIMARY KEY,
    product_id  text COLLATE "C" NOT NULL REFERENCES products,
    user_id     text COLLATE "C" NOT NULL REFERENCES users,
    state       text NOT NULL DEFAULT 'pending'
        CONSTRAINT review_state_is_known CHECK (state IN ('pending', 'approved', 'rejected')),
    version     integer NOT NULL DEFAULT 1 CONSTRAINT versions_count_up CHECK (version >= 1),
    author      text NOT NULL CONSTRAINT author_has_an_end CHECK (length(author) BETWEEN 1 AND 60),
    stars       integer NOT NULL CONSTRAINT stars_are_one_to_five CHECK (stars BETWEEN 1 AND 5),
    title       text NOT NULL CONSTRAINT title_has_an_end CHECK (length(title) BETWEEN 1 AND 200),
    body        text NOT NULL CONSTRAINT body_has_an_end CHECK (length(body) <= 5000),
    written_at  timestamptz NOT NULL,
    decided_at  timestamptz,
    reason      text CONSTRAINT reason_has_an_end CHECK (length(reason) BETWEEN 1 AND 200),
    CONSTRAINT one_review_per_customer_and_product UNIQUE (user_id, product_id),
    CONSTRAINT pending_is_undecided CHECK ((state = 'pending') = (decided_at IS NULL)),
    CONSTRAINT rejected_has_a_reason CHECK ((state = 'rejected') = (reason IS NOT NULL))
);
CREATE INDEX reviews_by_state ON reviews (state, id);
CREATE INDEX reviews_approved ON reviews (product_id, id) WHERE state = 'approved';

-- Of its approved reviews: whoever shows a product looks at no other row for them.
ALTER TABLE products
    ADD COLUMN review_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN stars_sum bigint NOT NULL DEFAULT 0,
    ADD COLUMN rating text GENERATED ALWAYS AS (round(stars_sum::numeric / nullif(review_count, 0), 2)::text) STORED,
    ADD CONSTRAINT stars_fit_their_count CHECK (stars_sum BETWEEN review_count AND 5 * review_count);

-- migrate:down
ALTER TABLE products DROP COLUMN rating, DROP COLUMN stars_sum, DROP COLUMN review_count;
DROP TABLE reviews;

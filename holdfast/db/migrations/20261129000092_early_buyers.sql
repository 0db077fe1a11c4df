-- migrate:up

-- For whom units of limited goods are held before there is an order. How many stands in the hold's own lines.
CREATE TABLE hold_buyers (
    hold_id text COLLATE "C" NOT NULL REFERENCES holds,
    buyer   text COLLATE "C" NOT NULL CONSTRAINT buyer_has_an_end CHECK (length(buyer) <= 80),
    until   timestamptz NOT NULL,
    CONSTRAINT one_row_per_hold_and_buyer PRIMARY KEY (hold_id, buyer)
);
CREATE INDEX hold_buyers_by_buyer ON hold_buyers (buyer, until);
CREATE INDEX hold_buyers_by_end ON hold_buyers (until);

-- migrate:down
DROP TABLE hold_buyers;

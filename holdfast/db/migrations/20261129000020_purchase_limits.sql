-- migrate:up

-- How many units one buyer may have of a SKU within so many hours; most goods have no such limit.
CREATE TABLE purchase_limits (
    sku       text COLLATE "C" PRIMARY KEY REFERENCES variants,
    units_max bigint NOT NULL CONSTRAINT purchase_limit_is_possible CHECK (units_max BETWEEN 1 AND 1000000),
    hours     integer NOT NULL CONSTRAINT purchase_period_is_possible CHECK (hours BETWEEN 1 AND 87600)
);

-- What counts against it: units of limited goods, by a keyed digest of the buyer's e-mail address, or a user's id.
CREATE TABLE purchases (
    sku       text COLLATE "C" NOT NULL REFERENCES variants,
    buyer     text COLLATE "C" NOT NULL CONSTRAINT buyer_has_an_end CHECK (length(buyer) <= 80),
    order_id  text COLLATE "C" NOT NULL REFERENCES orders,
    quantity  bigint NOT NULL CONSTRAINT quantity_is_possible CHECK (quantity >= 1),
    placed_at timestamptz NOT NULL,
    CONSTRAINT one_purchase_per_order_and_buyer PRIMARY KEY (sku, buyer, order_id)
);
CREATE INDEX purchases_by_order ON purchases (order_id);

-- migrate:down
DROP TABLE purchases, purchase_limits;

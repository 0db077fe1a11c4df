-- migrate:up

-- What takes something off an order, by a code that buyers type. Nothing of it is deleted: orders name it.
CREATE TABLE coupons (
    code               text COLLATE "C" PRIMARY KEY CONSTRAINT coupon_code_is_plain CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'),
    kind               text COLLATE "C" NOT NULL
        CONSTRAINT coupon_kind_is_known CHECK (kind IN ('percent', 'amount', 'free_shipping')),
    currency           text COLLATE "C" NOT NULL CONSTRAINT currency_is_a_code CHECK (currency ~ '^[A-Z]{3}$'),
    percent_bp         integer CONSTRAINT percent_is_possible CHECK (percent_bp BETWEEN 1 AND 10000),
    amount_minor       bigint CONSTRAINT amount_is_possible CHECK (amount_minor >= 1),
    subtotal_min_minor bigint NOT NULL CONSTRAINT subtotal_min_is_possible CHECK (subtotal_min_minor >= 0),
    starts_at          timestamptz,
    ends_at            timestamptz,
    uses_max           bigint CONSTRAINT uses_max_is_possible CHECK (uses_max >= 1),
    uses_per_buyer_max bigint CONSTRAINT uses_per_buyer_max_is_possible CHECK (uses_per_buyer_max >= 1),
    combinable         boolean NOT NULL,
    active             boolean NOT NULL,
    uses               bigint NOT NULL DEFAULT 0 CONSTRAINT coupon_uses_are_not_negative CHECK (uses >= 0),
    created_at         timestamptz NOT NULL,
    CONSTRAINT coupon_takes_one_thing_off
        CHECK ((kind = 'percent') = (percent_bp IS NOT NULL) AND (kind = 'amount') = (amount_minor IS NOT NULL)),
    CONSTRAINT coupon_ends_after_it_starts CHECK (starts_at < ends_at),
    CONSTRAINT coupon_is_not_used_up CHECK (uses <= uses_max)
);

-- What an order used, as it was then. A use counts until its order is cancelled; then it is given back, or kept where
-- the merchant has decided so.
CREATE TABLE coupon_uses (
    code           text COLLATE "C" NOT NULL REFERENCES coupons,
    order_id       text COLLATE "C" NOT NULL REFERENCES orders,
    kind           text COLLATE "C" NOT NULL
        CONSTRAINT used_kind_is_known CHECK (kind IN ('percent', 'amount', 'free_shipping')),
    discount_minor bigint NOT NULL CONSTRAINT coupon_discount_is_not_negative CHECK (discount_minor >= 0),
    state          text COLLATE "C" NOT NULL
        CONSTRAINT coupon_use_is_known CHECK (state IN ('counted', 'given_back', 'kept')),
    placed_at      timestamptz NOT NULL,
    CONSTRAINT one_use_per_coupon_and_order PRIMARY KEY (code, order_id)
);
CREATE INDEX coupon_uses_by_order ON coupon_uses (order_id);

-- Who used it, by a keyed digest of the buyer's e-mail address, or a user's id.
CREATE TABLE coupon_buyers (
    code     text COLLATE "C" NOT NULL,
    buyer    text COLLATE "C" NOT NULL CONSTRAINT coupon_buyer_has_an_end CHECK (length(buyer) <= 80),
    order_id text COLLATE "C" NOT NULL,
    CONSTRAINT one_row_per_coupon_buyer_and_order PRIMARY KEY (code, buyer, order_id),
    CONSTRAINT coupon_was_used FOREIGN KEY (code, order_id) REFERENCES coupon_uses
);
CREATE INDEX coupon_buyers_by_order ON coupon_buyers (order_id);

-- As they were typed, in the order in which they apply.
ALTER TABLE carts ADD COLUMN coupons text[] NOT NULL DEFAULT '{}'
    CONSTRAINT cart_has_few_coupons CHECK (cardinality(coupons) <= 10);

-- migrate:down
ALTER TABLE carts DROP COLUMN coupons;
DROP TABLE coupon_buyers, coupon_uses, coupons;

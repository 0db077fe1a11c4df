-- migrate:up

-- The machine of order.state as data (order/order.py: MOVES is the same table; a test holds them equal).
CREATE TABLE order_moves (
    from_state  text NOT NULL,
    event       text NOT NULL,
    to_state    text NOT NULL,
    PRIMARY KEY (from_state, event),
    CONSTRAINT move_is_whole UNIQUE (from_state, event, to_state)
);
INSERT INTO order_moves (from_state, event, to_state) VALUES
    ('new',                'placed',            'pending_payment'),
    ('pending_payment',    'payment_failed',    'payment_failed'),
    ('payment_failed',     'pay_again',         'pending_payment'),
    ('expired',            'pay_again',         'pending_payment'),
    ('pending_payment',    'hold_expired',      'expired'),
    ('payment_failed',     'hold_expired',      'expired'),
    ('pending_payment',    'paid',              'paid'),
    ('payment_failed',     'paid',              'paid'),
    ('expired',            'paid',              'paid'),
    ('pending_payment',    'stock_owed',        'awaiting_stock'),
    ('payment_failed',     'stock_owed',        'awaiting_stock'),
    ('expired',            'stock_owed',        'awaiting_stock'),
    ('awaiting_stock',     'stock_arrived',     'paid'),
    ('pending_payment',    'money_too_late',    'cancelled'),
    ('payment_failed',     'money_too_late',    'cancelled'),
    ('expired',            'money_too_late',    'cancelled'),
    ('pending_payment',    'confirmed',         'confirmed'),
    ('paid',               'confirmed',         'confirmed'),
    ('confirmed',          'processing_started', 'processing'),
    ('processing',         'marked_ready',      'ready_for_shipment'),
    ('ready_for_shipment', 'shipped',           'shipped'),
    ('shipped',            'in_transit',        'in_transit'),
    ('shipped',            'delivered',         'delivered'),
    ('in_transit',         'delivered',         'delivered'),
    ('expired',            'unpaid_too_long',   'cancelled'),
    ('pending_payment',    'cancelled',         'cancelled'),
    ('payment_failed',     'cancelled',         'cancelled'),
    ('expired',            'cancelled',         'cancelled'),
    ('awaiting_stock',     'cancelled',         'cancelled'),
    ('paid',               'cancelled',         'cancelled'),
    ('confirmed',          'cancelled',         'cancelled'),
    ('processing',         'cancelled',         'cancelled'),
    ('ready_for_shipment', 'cancelled',         'cancelled'),
    ('delivered',          'archived',          'archived'),
    ('cancelled',          'archived',          'archived');

CREATE SEQUENCE order_numbers START 1001 CACHE 1;

CREATE TABLE orders (
    id               text COLLATE "C" PRIMARY KEY,
    number           bigint NOT NULL DEFAULT nextval('order_numbers') CONSTRAINT one_order_per_number UNIQUE,
    checkout_id      text COLLATE "C" CONSTRAINT one_order_per_checkout UNIQUE REFERENCES checkouts,
    cart_id          text COLLATE "C" REFERENCES carts,
    state            text NOT NULL,
    status           text NOT NULL,
    email            text CONSTRAINT email_has_an_end CHECK (length(email) <= 254),
    shipping_address jsonb,
    billing_address  jsonb,
    shipping_option  text NOT NULL,
    payment_method   text NOT NULL,
    reference        text CONSTRAINT reference_has_an_end CHECK (length(reference) <= 64),
    currency         text COLLATE "C" NOT NULL CONSTRAINT money_has_a_currency CHECK (currency ~ '^[A-Z]{3}$'),
    subtotal_minor   bigint NOT NULL,
    discount_minor   bigint NOT NULL,
    shipping_minor   bigint NOT NULL,
    tax_minor        bigint NOT NULL,
    tax_inclusive    boolean NOT NULL,
    total_minor      bigint NOT NULL,
    placed_at        timestamptz NOT NULL,
    created_at       timestamptz NOT NULL,
    unpaid_until     timestamptz NOT NULL,
    CONSTRAINT order_sums_are_not_negative
        CHECK (least(subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor) >= 0),
    CONSTRAINT order_total_adds_up CHECK (total_minor = subtotal_minor - discount_minor + shipping_minor
                                          + CASE WHEN tax_inclusive THEN 0 ELSE tax_minor END)
) WITH (fillfactor = 70);
-- A new checkout of the same cart takes over the unpaid order; there are never two.
CREATE UNIQUE INDEX one_unpaid_order_per_cart ON orders (cart_id)
    WHERE state IN ('pending_payment', 'payment_failed', 'expired');
CREATE INDEX orders_by_status ON orders (status, id);
CREATE INDEX orders_unpaid ON orders (unpaid_until) WHERE state IN ('pending_payment', 'payment_failed', 'expired');

CREATE TABLE order_lines (
    order_id         text COLLATE "C" NOT NULL REFERENCES orders,
    position         integer NOT NULL,
    sku              text COLLATE "C" NOT NULL,
    name             text NOT NULL,
    tracked          boolean NOT NULL,
    quantity         bigint NOT NULL CONSTRAINT quantity_is_possible CHECK (quantity BETWEEN 1 AND 1000000),
    unit_price_minor bigint NOT NULL CONSTRAINT price_is_not_negative CHECK (unit_price_minor >= 0),
    total_minor      bigint NOT NULL,
    discount_minor   bigint NOT NULL,
    tax_minor        bigint NOT NULL,
    owed             bigint NOT NULL DEFAULT 0 CONSTRAINT owed_is_part_of_the_line CHECK (owed BETWEEN 0 AND quantity),
    PRIMARY KEY (order_id, position),
    CONSTRAINT line_total_adds_up CHECK (total_minor = unit_price_minor * quantity)
);
CREATE INDEX order_lines_owed ON order_lines (sku, order_id) WHERE owed > 0;

CREATE TABLE order_events (
    order_id    text COLLATE "C" NOT NULL REFERENCES orders,
    position    bigint GENERATED ALWAYS AS IDENTITY,
    event       text NOT NULL,
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    reason      text NOT NULL DEFAULT '' CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    at          timestamptz NOT NULL,
    PRIMARY KEY (order_id, position),
    CONSTRAINT move_is_in_the_table FOREIGN KEY (from_state, event, to_state)
        REFERENCES order_moves (from_state, event, to_state)
);
CREATE TRIGGER order_events_history BEFORE UPDATE OR DELETE OR TRUNCATE ON order_events
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

ALTER TABLE holds ADD CONSTRAINT hold_of_an_order FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE holds ADD CONSTRAINT hold_of_a_checkout FOREIGN KEY (checkout_id) REFERENCES checkouts;

-- migrate:down
ALTER TABLE holds DROP CONSTRAINT hold_of_an_order, DROP CONSTRAINT hold_of_a_checkout;
DROP TABLE order_events, order_lines, orders, order_moves;
DROP SEQUENCE order_numbers;

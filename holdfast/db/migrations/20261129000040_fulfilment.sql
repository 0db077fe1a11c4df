-- migrate:up

-- Whoever ships what is paid has confirmed it; a parcel that nobody takes in ends its order.
INSERT INTO order_moves (from_state, event, to_state) VALUES
    ('paid',       'shipped',         'shipped'),
    ('confirmed',  'shipped',         'shipped'),
    ('processing', 'shipped',         'shipped'),
    ('shipped',    'refused_at_door', 'cancelled'),
    ('in_transit', 'refused_at_door', 'cancelled');

ALTER TABLE order_events ADD COLUMN note text NOT NULL DEFAULT ''
    CONSTRAINT note_has_an_end CHECK (length(note) <= 1000);

-- Some of its units have left and are not back: such an order is never cancelled.
ALTER TABLE orders ADD COLUMN goods_out boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT what_is_out_is_not_cancelled CHECK (NOT goods_out OR state <> 'cancelled');

-- Units of a line that lie in parcels, and those of them that have left.
ALTER TABLE order_lines
    ADD COLUMN packed bigint NOT NULL DEFAULT 0,
    ADD COLUMN shipped bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT packed_is_part_of_the_line CHECK (packed >= 0 AND packed + owed <= quantity),
    ADD CONSTRAINT shipped_is_part_of_packed CHECK (shipped BETWEEN 0 AND packed);

-- The lists of the desk, newest first.
CREATE INDEX orders_by_method ON orders (payment_method, id);
CREATE INDEX orders_by_address ON orders (lower(email), id) WHERE email IS NOT NULL;
CREATE INDEX orders_by_reference ON orders (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX orders_by_moment ON orders (placed_at, id);

-- The machine of shipment.state as data (fulfilment/shipment.py: MOVES is the same table; a test holds them equal).
CREATE TABLE shipment_moves (
    from_state  text NOT NULL,
    event       text NOT NULL,
    to_state    text NOT NULL,
    PRIMARY KEY (from_state, event),
    CONSTRAINT shipment_move_is_whole UNIQUE (from_state, event, to_state)
);
INSERT INTO shipment_moves (from_state, event, to_state) VALUES
    ('new',        'packed',     'packed'),
    ('packed',     'unpacked',   'cancelled'),
    ('packed',     'shipped',    'shipped'),
    ('shipped',    'in_transit', 'in_transit'),
    ('shipped',    'delivered',  'delivered'),
    ('shipped',    'returned',   'returned'),
    ('shipped',    'lost',       'lost'),
    ('in_transit', 'delivered',  'delivered'),
    ('in_transit', 'returned',   'returned'),
    ('in_transit', 'lost',       'lost'),
    ('lost',       'delivered',  'delivered'),
    ('lost',       'returned',   'returned');

-- Parcels. Whoever writes one holds the lock of its order.
CREATE TABLE shipments (
    id              text COLLATE "C" PRIMARY KEY,
    order_id        text COLLATE "C" NOT NULL REFERENCES orders,
    state           text NOT NULL,
    carrier         text NOT NULL DEFAULT '' CONSTRAINT carrier_has_an_end CHECK (length(carrier) <= 60),
    tracking_number text NOT NULL DEFAULT ''
        CONSTRAINT tracking_number_has_an_end CHECK (length(tracking_number) <= 100),
    tracking_url    text CONSTRAINT tracking_url_is_safe CHECK (tracking_url ~ '^https://' AND length(tracking_url) <= 500),
    created_at      timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX shipments_by_order ON shipments (order_id, id);

CREATE TABLE shipment_lines (
    shipment_id text COLLATE "C" NOT NULL REFERENCES shipments,
    order_id    text COLLATE "C" NOT NULL,
    position    integer NOT NULL,
    quantity    bigint NOT NULL CONSTRAINT parcel_holds_something CHECK (quantity > 0),
    PRIMARY KEY (shipment_id, position),
    FOREIGN KEY (order_id, position) REFERENCES order_lines
);

CREATE TABLE shipment_events (
    shipment_id text COLLATE "C" NOT NULL REFERENCES shipments,
    position    bigint GENERATED ALWAYS AS IDENTITY,
    event       text NOT NULL,
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    reason      text NOT NULL DEFAULT '' CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    at          timestamptz NOT NULL,
    PRIMARY KEY (shipment_id, position),
    CONSTRAINT shipment_move_is_in_the_table FOREIGN KEY (from_state, event, to_state)
        REFERENCES shipment_moves (from_state, event, to_state)
);
CREATE TRIGGER shipment_events_history BEFORE UPDATE OR DELETE OR TRUNCATE ON shipment_events
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- Which units left with a parcel, and from where: what comes back goes to the same place.
CREATE INDEX movements_by_subject ON movements (subject) WHERE subject IS NOT NULL;

-- The one number that the next invoice follows: locked by the transaction that issues it, so that there are no gaps.
CREATE TABLE invoice_counter (
    single      boolean PRIMARY KEY DEFAULT true CONSTRAINT there_is_one_counter CHECK (single),
    last_number bigint NOT NULL CONSTRAINT counter_counts_up CHECK (last_number >= 0)
);
INSERT INTO invoice_counter (last_number) VALUES (0);

-- Invoices as they were issued. The law wants them kept as they are, names and addresses included: the one history
-- that holds personal data.
CREATE TABLE invoices (
    id          text COLLATE "C" PRIMARY KEY,
    number      bigint NOT NULL CONSTRAINT one_invoice_per_number UNIQUE
        CONSTRAINT invoice_number_is_positive CHECK (number > 0),
    order_id    text COLLATE "C" NOT NULL CONSTRAINT one_invoice_per_order UNIQUE REFERENCES orders,
    document    jsonb NOT NULL,
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    issued_at   timestamptz NOT NULL
);
CREATE TRIGGER invoices_history BEFORE UPDATE OR DELETE OR TRUNCATE ON invoices
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- migrate:down
DROP TABLE invoices, invoice_counter;
DROP INDEX movements_by_subject;
DROP TABLE shipment_events, shipment_lines, shipments, shipment_moves;
DROP INDEX orders_by_moment, orders_by_reference, orders_by_address, orders_by_method;
ALTER TABLE order_lines DROP CONSTRAINT shipped_is_part_of_packed, DROP CONSTRAINT packed_is_part_of_the_line,
    DROP COLUMN shipped, DROP COLUMN packed;
ALTER TABLE orders DROP CONSTRAINT what_is_out_is_not_cancelled, DROP COLUMN goods_out;
ALTER TABLE order_events DROP COLUMN note;
DELETE FROM order_moves WHERE event = 'refused_at_door' OR (event = 'shipped' AND from_state <> 'ready_for_shipment');

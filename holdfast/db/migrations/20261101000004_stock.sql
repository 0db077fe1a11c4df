-- migrate:up

CREATE TABLE locations (
    id          text COLLATE "C" PRIMARY KEY CONSTRAINT location_is_plain CHECK (id ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(id) <= 60),
    name        text NOT NULL CONSTRAINT name_has_an_end CHECK (length(name) BETWEEN 1 AND 200),
    position    integer NOT NULL DEFAULT 0
);
INSERT INTO locations (id, name) VALUES ('main', 'Main warehouse');

-- The counters. Whoever writes one holds this row's lock, and writes the line or movement that explains it.
CREATE TABLE stock (
    sku             text COLLATE "C" NOT NULL REFERENCES variants,
    location_id     text COLLATE "C" NOT NULL REFERENCES locations,
    on_hand         bigint NOT NULL DEFAULT 0 CONSTRAINT on_hand_is_not_negative CHECK (on_hand >= 0),
    committed       bigint NOT NULL DEFAULT 0,
    held            bigint NOT NULL DEFAULT 0,
    backorder_limit bigint NOT NULL DEFAULT 0 CONSTRAINT backorder_limit_is_not_negative CHECK (backorder_limit >= 0),
    shortfall       bigint NOT NULL DEFAULT 0 CONSTRAINT shortfall_is_not_negative CHECK (shortfall >= 0),
    PRIMARY KEY (sku, location_id),
    CONSTRAINT promised_is_not_negative CHECK (held >= 0 AND committed >= 0),
    CONSTRAINT never_oversold CHECK (held + committed <= on_hand + backorder_limit + shortfall)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- A shortfall never outlives its cause, so that an old one lets no new hold in.
CREATE FUNCTION shortfall_shrinks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.shortfall := least(NEW.shortfall,
                           greatest(0, NEW.held + NEW.committed - NEW.on_hand - NEW.backorder_limit));
    RETURN NEW;
END $$;
CREATE TRIGGER stock_shortfall_shrinks BEFORE INSERT OR UPDATE ON stock
    FOR EACH ROW WHEN (NEW.shortfall > 0) EXECUTE FUNCTION shortfall_shrinks();

CREATE TABLE movements (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text COLLATE "C" NOT NULL,
    location_id text COLLATE "C" NOT NULL,
    kind        text NOT NULL CONSTRAINT movement_is_known
        CHECK (kind IN ('received', 'shipped', 'returned', 'adjusted', 'transferred', 'written_off')),
    quantity    bigint NOT NULL CONSTRAINT movement_moves_something CHECK (quantity <> 0),
    subject     text COLLATE "C",
    reason      text NOT NULL DEFAULT '' CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    at          timestamptz NOT NULL,
    FOREIGN KEY (sku, location_id) REFERENCES stock
);
CREATE INDEX movements_by_stock ON movements (sku, location_id, id);
CREATE TRIGGER movements_history BEFORE UPDATE OR DELETE OR TRUNCATE ON movements
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

CREATE TABLE holds (
    id          text COLLATE "C" PRIMARY KEY,
    order_id    text COLLATE "C" CONSTRAINT one_hold_per_order UNIQUE,
    checkout_id text COLLATE "C" CONSTRAINT one_hold_per_checkout UNIQUE,
    expires_at  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    CONSTRAINT hold_belongs_to_somebody CHECK (num_nonnulls(order_id, checkout_id) >= 1)
) WITH (fillfactor = 80);

CREATE TABLE hold_lines (
    hold_id     text COLLATE "C" NOT NULL REFERENCES holds,
    sku         text COLLATE "C" NOT NULL,
    location_id text COLLATE "C" NOT NULL,
    quantity    bigint NOT NULL CONSTRAINT hold_line_holds_something CHECK (quantity > 0),
    state       text NOT NULL CONSTRAINT hold_line_state_is_known
        CHECK (state IN ('active', 'committed', 'released', 'expired', 'shipped')),
    drops_at    timestamptz NOT NULL,
    PRIMARY KEY (hold_id, sku, location_id),
    FOREIGN KEY (sku, location_id) REFERENCES stock
) WITH (fillfactor = 80);
-- Dead lines of a SKU (exact expiry), and dead lines of all (the sweeper).
CREATE INDEX hold_lines_active ON hold_lines (sku, location_id, drops_at) WHERE state = 'active';
CREATE INDEX hold_lines_dropping ON hold_lines (drops_at) WHERE state = 'active';

-- migrate:down
DROP TABLE hold_lines, holds, movements, stock, locations;
DROP FUNCTION shortfall_shrinks();

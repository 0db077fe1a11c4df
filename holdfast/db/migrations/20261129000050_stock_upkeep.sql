-- migrate:up

-- Places are asked in the order of their priority; one that is switched off promises nothing new. What allocation
-- has to know of its place stands on the stock row as well, so that it is read under the lock that it is used under.
ALTER TABLE locations
    ADD COLUMN priority integer NOT NULL DEFAULT 0
        CONSTRAINT priority_is_possible CHECK (priority BETWEEN 0 AND 1000000),
    ADD COLUMN open boolean NOT NULL DEFAULT true;
UPDATE locations SET priority = greatest(0, least(1000000, position)) WHERE position <> 0;
ALTER TABLE locations DROP COLUMN position;
ALTER TABLE stock ADD COLUMN turn integer DEFAULT 0;
UPDATE stock s SET turn = l.priority FROM locations l WHERE l.id = s.location_id AND l.priority <> 0;
CREATE INDEX stock_by_location ON stock (location_id, sku);
-- Who has sold units of a place, when these are not all there.
CREATE INDEX hold_lines_committed ON hold_lines (sku, location_id) WHERE state = 'committed';

-- What was counted, and what the books said of the moment of counting: the difference is a movement.
CREATE TABLE stock_counts (
    id          text COLLATE "C" PRIMARY KEY,
    reason      text NOT NULL CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    at          timestamptz NOT NULL
);
CREATE TRIGGER stock_counts_history BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_counts
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();
CREATE TABLE stock_count_lines (
    count_id    text COLLATE "C" NOT NULL REFERENCES stock_counts,
    sku         text COLLATE "C" NOT NULL,
    location_id text COLLATE "C" NOT NULL,
    counted_at  timestamptz NOT NULL,
    counted     bigint NOT NULL CONSTRAINT counted_is_not_negative CHECK (counted >= 0),
    booked      bigint NOT NULL,
    at          timestamptz NOT NULL CONSTRAINT entered_after_it_was_counted CHECK (at >= counted_at),
    PRIMARY KEY (count_id, sku, location_id),
    CONSTRAINT counted_once_at_a_moment UNIQUE (sku, location_id, counted_at),
    FOREIGN KEY (sku, location_id) REFERENCES stock
);
CREATE TRIGGER stock_count_lines_history BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_count_lines
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- Goods on their way between two places lie on nobody's shelf: sent − received − lost.
CREATE TABLE stock_transfers (
    id               text COLLATE "C" PRIMARY KEY,
    from_location_id text COLLATE "C" NOT NULL REFERENCES locations,
    to_location_id   text COLLATE "C" NOT NULL REFERENCES locations,
    reason           text NOT NULL CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    actor            text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    sent_at          timestamptz NOT NULL,
    CONSTRAINT transfer_goes_elsewhere CHECK (from_location_id <> to_location_id)
);
CREATE TABLE stock_transfer_lines (
    transfer_id text COLLATE "C" NOT NULL REFERENCES stock_transfers,
    sku         text COLLATE "C" NOT NULL REFERENCES variants,
    sent        bigint NOT NULL CONSTRAINT sent_is_positive CHECK (sent > 0),
    received    bigint NOT NULL DEFAULT 0 CONSTRAINT received_is_not_negative CHECK (received >= 0),
    lost        bigint NOT NULL DEFAULT 0 CONSTRAINT lost_is_not_negative CHECK (lost >= 0),
    PRIMARY KEY (transfer_id, sku),
    CONSTRAINT no_more_arrives_than_was_sent CHECK (received + lost <= sent)
);
CREATE INDEX stock_transfer_lines_in_transit ON stock_transfer_lines (transfer_id) WHERE received + lost < sent;
CREATE TABLE stock_transfer_legs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transfer_id text COLLATE "C" NOT NULL,
    sku         text COLLATE "C" NOT NULL,
    kind        text NOT NULL CONSTRAINT leg_is_known CHECK (kind IN ('sent', 'received', 'lost')),
    quantity    bigint NOT NULL CONSTRAINT leg_moves_something CHECK (quantity > 0),
    reason      text NOT NULL CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    at          timestamptz NOT NULL,
    FOREIGN KEY (transfer_id, sku) REFERENCES stock_transfer_lines
);
CREATE INDEX stock_transfer_legs_by_sku ON stock_transfer_legs (sku, at);
CREATE TRIGGER stock_transfer_legs_history BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_transfer_legs
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- One row per SKU that has a threshold of its own or lies below it; the alarm is armed while below_since is empty.
CREATE TABLE stock_levels (
    sku         text COLLATE "C" PRIMARY KEY REFERENCES variants,
    low_at      bigint CONSTRAINT low_at_is_not_negative CHECK (low_at >= 0),
    below_since timestamptz
);
CREATE INDEX stock_levels_below ON stock_levels (sku) WHERE below_since IS NOT NULL;

-- Who wants to be told when a SKU can be had again; a row goes once its letter was sent.
CREATE TABLE stock_alerts (
    id          text COLLATE "C" PRIMARY KEY,
    sku         text COLLATE "C" NOT NULL REFERENCES variants,
    email       text NOT NULL CONSTRAINT email_has_an_end CHECK (length(email) BETWEEN 3 AND 254),
    created_at  timestamptz NOT NULL,
    due_at      timestamptz
);
CREATE UNIQUE INDEX one_alert_per_buyer ON stock_alerts (sku, lower(email));
CREATE INDEX stock_alerts_waiting ON stock_alerts (sku) WHERE due_at IS NULL;
CREATE INDEX stock_alerts_due ON stock_alerts (sku) WHERE due_at IS NOT NULL;
CREATE INDEX stock_alerts_by_age ON stock_alerts (created_at);

-- A preorder is sold before its day, and does not leave before it.
ALTER TABLE variants ADD COLUMN available_from timestamptz;
CREATE FUNCTION preorder_ships_on_its_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM variants WHERE sku = NEW.sku AND available_from > NEW.at) THEN
        RAISE EXCEPTION '% cannot be shipped yet', NEW.sku
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'preorder_ships_on_its_day';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER movements_preorder BEFORE INSERT ON movements
    FOR EACH ROW WHEN (NEW.kind = 'shipped') EXECUTE FUNCTION preorder_ships_on_its_day();

-- migrate:down
DROP TRIGGER movements_preorder ON movements;
DROP FUNCTION preorder_ships_on_its_day();
ALTER TABLE variants DROP COLUMN available_from;
DROP TABLE stock_alerts, stock_levels, stock_transfer_legs, stock_transfer_lines, stock_transfers, stock_count_lines,
    stock_counts;
DROP INDEX hold_lines_committed, stock_by_location;
ALTER TABLE stock DROP COLUMN turn;
ALTER TABLE locations ADD COLUMN position integer NOT NULL DEFAULT 0;
UPDATE locations SET position = priority WHERE priority <> 0;
ALTER TABLE locations DROP COLUMN priority, DROP COLUMN open;

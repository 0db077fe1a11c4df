-- migrate:up

-- The machine of return.state as data (refund/rma.py: MOVES is the same table; a test holds them equal).
CREATE TABLE return_moves (
    from_state  text NOT NULL,
    event       text NOT NULL,
    to_state    text NOT NULL,
    PRIMARY KEY (from_state, event),
    CONSTRAINT return_move_is_whole UNIQUE (from_state, event, to_state)
);
INSERT INTO return_moves (from_state, event, to_state) VALUES
    ('new',       'requested', 'requested'),
    ('requested', 'approved',  'approved'),
    ('requested', 'refused',   'refused'),
    ('requested', 'withdrawn', 'withdrawn'),
    ('approved',  'withdrawn', 'withdrawn'),
    ('approved',  'received',  'received'),
    ('received',  'refunded',  'refunded'),
    ('received',  'exchanged', 'exchanged'),
    ('received',  'credited',  'credited'),
    ('received',  'closed',    'closed');

-- What the returns of an order say of it, for its status; written by the one writer of orders.
ALTER TABLE orders ADD COLUMN goods_back text
    CONSTRAINT goods_back_is_known CHECK (goods_back IN ('return_requested', 'returned'));
-- Units that are on their way back or back.
ALTER TABLE order_lines ADD COLUMN returned bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT units_come_back_once CHECK (returned >= 0 AND cancelled + returned <= quantity);

-- Goods that come back. Whoever writes one holds the lock of its order. The buyer's words may be erased.
CREATE TABLE returns (
    id         text COLLATE "C" PRIMARY KEY,
    order_id   text COLLATE "C" NOT NULL REFERENCES orders,
    state      text NOT NULL,
    comment    text NOT NULL DEFAULT '' CONSTRAINT comment_has_an_end CHECK (length(comment) <= 1000),
    request_id text COLLATE "C" REFERENCES refund_requests,
    created_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX returns_by_order ON returns (order_id, id);
CREATE INDEX returns_by_state ON returns (state, id);
CREATE INDEX returns_by_request ON returns (request_id) WHERE request_id IS NOT NULL;

CREATE TABLE return_lines (
    return_id   text COLLATE "C" NOT NULL REFERENCES returns,
    order_id    text COLLATE "C" NOT NULL,
    position    integer NOT NULL,
    quantity    bigint NOT NULL CONSTRAINT returns_something CHECK (quantity > 0),
    reason      text NOT NULL CONSTRAINT return_reason_is_known CHECK (reason IN
        ('damaged', 'wrong_item', 'not_as_described', 'too_late', 'changed_mind', 'other')),
    restocked   bigint NOT NULL DEFAULT 0,
    written_off bigint NOT NULL DEFAULT 0,
    CONSTRAINT no_more_arrives_than_was_sent
        CHECK (least(restocked, written_off) >= 0 AND restocked + written_off <= quantity),
    PRIMARY KEY (return_id, position),
    FOREIGN KEY (order_id, position) REFERENCES order_lines
);
CREATE INDEX return_lines_by_order ON return_lines (order_id, position);

CREATE TABLE return_events (
    return_id   text COLLATE "C" NOT NULL REFERENCES returns,
    position    bigint GENERATED ALWAYS AS IDENTITY,
    event       text NOT NULL,
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    actor       text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    reason      text NOT NULL DEFAULT '' CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    at          timestamptz NOT NULL,
    PRIMARY KEY (return_id, position),
    CONSTRAINT return_move_is_in_the_table FOREIGN KEY (from_state, event, to_state)
        REFERENCES return_moves (from_state, event, to_state)
);
CREATE TRIGGER return_events_history BEFORE UPDATE OR DELETE OR TRUNCATE ON return_events
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- What buyers show of it: personal data, so not history.
CREATE TABLE return_photos (
    id        text COLLATE "C" PRIMARY KEY,
    return_id text COLLATE "C" NOT NULL REFERENCES returns,
    body      bytea NOT NULL CONSTRAINT file_has_an_end CHECK (length(body) <= 5242880),
    at        timestamptz NOT NULL
);
CREATE INDEX return_photos_by_return ON return_photos (return_id);

-- migrate:down
DROP TABLE return_photos, return_events, return_lines, returns, return_moves;
ALTER TABLE order_lines DROP CONSTRAINT units_come_back_once, DROP COLUMN returned;
ALTER TABLE orders DROP COLUMN goods_back;

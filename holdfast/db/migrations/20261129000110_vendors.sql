-- migrate:up

-- Who sells in the shop beside the shop itself. One that is closed sells nothing more, and still ships what it sold.
CREATE TABLE vendors (
    id            text COLLATE "C" PRIMARY KEY,
    slug          text COLLATE "C" NOT NULL
        CONSTRAINT slug_is_plain CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 120),
    name          text NOT NULL CONSTRAINT name_has_an_end CHECK (length(name) BETWEEN 1 AND 200),
    commission_bp integer NOT NULL CONSTRAINT commission_is_possible CHECK (commission_bp BETWEEN 0 AND 10000),
    active        boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL,
    CONSTRAINT one_vendor_per_slug UNIQUE (slug)
);

-- Null: the shop itself.
ALTER TABLE products ADD COLUMN vendor_id text COLLATE "C" REFERENCES vendors;
CREATE INDEX products_by_vendor ON products (vendor_id, id) WHERE vendor_id IS NOT NULL;

ALTER TABLE users
    ADD COLUMN vendor_id text COLLATE "C" REFERENCES vendors,
    ADD CONSTRAINT only_vendors_belong_to_one CHECK (vendor_id IS NULL OR role = 'vendor');
CREATE INDEX users_by_vendor ON users (vendor_id, id) WHERE vendor_id IS NOT NULL;

-- Whose a line is and what the shop keeps of it, as it was when the order was placed; like its SKU it is no reference,
-- which every line of every order would pay for.
ALTER TABLE orders ADD COLUMN has_vendors boolean NOT NULL DEFAULT false;
ALTER TABLE order_lines
    ADD COLUMN vendor_id text COLLATE "C",
    ADD COLUMN commission_bp integer NOT NULL DEFAULT 0,
    ADD COLUMN commission_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT commission_is_part_of_the_line CHECK (commission_minor BETWEEN 0 AND total_minor + tax_minor),
    ADD CONSTRAINT only_vendors_pay_commission CHECK (vendor_id IS NOT NULL OR (commission_bp, commission_minor) = (0, 0));
CREATE INDEX order_lines_by_vendor ON order_lines (vendor_id, order_id) WHERE vendor_id IS NOT NULL;

-- Who packed it.
ALTER TABLE shipments ADD COLUMN vendor_id text COLLATE "C" REFERENCES vendors;

-- What the shop owes its vendors, only ever added to. A line's entries add up to what its units that are kept are worth.
CREATE TABLE vendor_ledger (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vendor_id    text COLLATE "C" NOT NULL REFERENCES vendors,
    order_id     text COLLATE "C",
    position     integer,
    kind         text NOT NULL CONSTRAINT vendor_entry_is_known
        CHECK (kind IN ('sale', 'commission', 'refund', 'commission_back', 'adjustment')),
    amount_minor bigint NOT NULL,
    currency     text COLLATE "C" NOT NULL CONSTRAINT money_has_a_currency CHECK (currency ~ '^[A-Z]{3}$'),
    reason       text NOT NULL DEFAULT '' CONSTRAINT reason_has_an_end CHECK (length(reason) <= 200),
    actor        text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(actor) <= 200),
    at           timestamptz NOT NULL,
    CONSTRAINT vendor_entry_has_its_sign CHECK (
        CASE WHEN kind IN ('sale', 'commission_back') THEN amount_minor > 0
             WHEN kind IN ('commission', 'refund') THEN amount_minor < 0
             ELSE amount_minor <> 0 END),
    CONSTRAINT only_adjustments_are_of_no_line CHECK (
        CASE WHEN kind = 'adjustment' THEN order_id IS NULL AND position IS NULL
             ELSE order_id IS NOT NULL AND position IS NOT NULL END),
    FOREIGN KEY (order_id, position) REFERENCES order_lines
);
CREATE INDEX vendor_ledger_by_vendor ON vendor_ledger (vendor_id, id);
CREATE INDEX vendor_ledger_by_line ON vendor_ledger (order_id, position);
CREATE TRIGGER vendor_ledger_history BEFORE UPDATE OR DELETE OR TRUNCATE ON vendor_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- What is transferred to a vendor: made once from what is open, and marked once when the bank has sent it.
CREATE TABLE vendor_payouts (
    id             text COLLATE "C" PRIMARY KEY,
    vendor_id      text COLLATE "C" NOT NULL REFERENCES vendors,
    amount_minor   bigint NOT NULL CONSTRAINT payout_is_positive CHECK (amount_minor > 0),
    currency       text COLLATE "C" NOT NULL CONSTRAINT money_has_a_currency CHECK (currency ~ '^[A-Z]{3}$'),
    made_by        text NOT NULL CONSTRAINT actor_has_an_end CHECK (length(made_by) <= 200),
    made_at        timestamptz NOT NULL,
    bank_reference text CONSTRAINT bank_reference_has_an_end CHECK (length(bank_reference) BETWEEN 1 AND 64),
    paid_by        text,
    paid_at        timestamptz,
    CONSTRAINT payout_is_paid_whole CHECK (
        (paid_at IS NULL) = (paid_by IS NULL) AND (paid_at IS NULL) = (bank_reference IS NULL))
);
CREATE INDEX vendor_payouts_by_vendor ON vendor_payouts (vendor_id, id);

-- An entry is paid out once.
CREATE TABLE vendor_payout_entries (
    entry_id  bigint PRIMARY KEY REFERENCES vendor_ledger,
    payout_id text COLLATE "C" NOT NULL REFERENCES vendor_payouts,
    at        timestamptz NOT NULL
);
CREATE INDEX vendor_payout_entries_by_payout ON vendor_payout_entries (payout_id);
CREATE TRIGGER vendor_payout_entries_history BEFORE UPDATE OR DELETE OR TRUNCATE ON vendor_payout_entries
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- migrate:down
DROP TABLE vendor_payout_entries, vendor_payouts, vendor_ledger;
ALTER TABLE shipments DROP COLUMN vendor_id;
ALTER TABLE order_lines DROP COLUMN vendor_id, DROP COLUMN commission_bp, DROP COLUMN commission_minor;
ALTER TABLE orders DROP COLUMN has_vendors;
ALTER TABLE users DROP COLUMN vendor_id;
ALTER TABLE products DROP COLUMN vendor_id;
DROP TABLE vendors;

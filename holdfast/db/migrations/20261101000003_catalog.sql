-- migrate:up

CREATE TABLE categories (
    id          text COLLATE "C" PRIMARY KEY,
    slug        text COLLATE "C" NOT NULL CONSTRAINT one_category_per_slug UNIQUE
        CONSTRAINT slug_is_plain CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 120),
    name        text NOT NULL CONSTRAINT name_has_an_end CHECK (length(name) BETWEEN 1 AND 200),
    parent_id   text COLLATE "C" REFERENCES categories,
    position    integer NOT NULL DEFAULT 0
);
CREATE INDEX categories_by_parent ON categories (parent_id);

CREATE TABLE products (
    id          text COLLATE "C" PRIMARY KEY,
    slug        text COLLATE "C" NOT NULL CONSTRAINT one_product_per_slug UNIQUE
        CONSTRAINT slug_is_plain CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 120),
    name        text NOT NULL CONSTRAINT name_has_an_end CHECK (length(name) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '' CONSTRAINT description_has_an_end CHECK (length(description) <= 5000),
    category_id text COLLATE "C" REFERENCES categories,
    published   boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL,
    search      tsvector GENERATED ALWAYS AS
        (setweight(to_tsvector('simple', name), 'A') || setweight(to_tsvector('simple', description), 'B')) STORED
);
CREATE INDEX products_by_search ON products USING gin (search);
CREATE INDEX products_by_category ON products (category_id, id);

CREATE TABLE variants (
    sku         text COLLATE "C" PRIMARY KEY CONSTRAINT sku_has_an_end CHECK (length(sku) BETWEEN 1 AND 64),
    product_id  text COLLATE "C" NOT NULL REFERENCES products,
    name        text NOT NULL CONSTRAINT name_has_an_end CHECK (length(name) BETWEEN 1 AND 200),
    price_minor bigint NOT NULL CONSTRAINT price_is_not_negative CHECK (price_minor BETWEEN 0 AND 9999999999),
    currency    text COLLATE "C" NOT NULL CONSTRAINT money_has_a_currency CHECK (currency ~ '^[A-Z]{3}$'),
    tracked     boolean NOT NULL,
    position    integer NOT NULL DEFAULT 0
);
CREATE INDEX variants_by_product ON variants (product_id, position);

-- migrate:down
DROP TABLE variants, products, categories;

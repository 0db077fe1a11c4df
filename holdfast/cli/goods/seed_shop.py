"""Fill an empty shop with believable goods, the same ones every time (``demo_shop.json``).

Made up, so that ``holdfast demo`` needs no data of anybody's. A second run changes nothing that
is still as it was seeded, and brings no units.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from holdfast.catalog.edit import import_categories, import_products
from holdfast.catalog.product import Name, NewCategory, NewProduct, NewVariant, Sku, Slug, Text
from holdfast.db.queries import Many, Queries, Transaction
from holdfast.money import Money
from holdfast.shop_settings.keep_settings import read_rules
from holdfast.stock.movements import StockLine, move_stock

DEMO_SHOP = Path(__file__).with_name("demo_shop.json")


class DemoVariant(msgspec.Struct, frozen=True, array_like=True):
    """One row of the file; ``units`` is None for what is not tracked."""

    sku: Sku
    name: Name
    price_minor: int
    units: int | None


class DemoProduct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product of the file."""

    slug: Slug
    name: Name
    category: Slug
    description: Text
    variants: tuple[DemoVariant, ...]


class DemoShop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    categories: tuple[NewCategory, ...]
    products: tuple[DemoProduct, ...]


class Seeded(msgspec.Struct, frozen=True):
    """What the shop has from the file, and the units that this run put on the shelves."""

    products: int
    variants: int
    units: int


class sql(Queries):
    stocked: Many[str]


async def seed(tx: Transaction, *, actor: str, at: datetime) -> Seeded:
    """Import the demo shop, priced in the shop's currency, and stock what was never stocked before."""
    shop = msgspec.json.decode(DEMO_SHOP.read_bytes(), type=DemoShop)
    currency = (await read_rules(tx)).currency
    await import_categories(tx, categories=shop.categories)
    imported = await import_products(tx, products=[_product(p, currency) for p in shop.products], at=at)
    units = {v.sku: v.units for p in shop.products for v in p.variants if v.units is not None}
    stocked = set(await sql.stocked(tx, skus=list(units)))
    lines = [StockLine(sku, "main", n) for sku, n in units.items() if sku not in stocked]
    moved = await move_stock(tx, lines=lines, kind="received", reason="Opening stock", actor=actor, at=at)
    return Seeded(imported.products, imported.variants, sum(m.taken for m in moved))


def _product(demo: DemoProduct, currency: str) -> NewProduct:
    variants = [
        NewVariant(v.sku, v.name, Money(v.price_minor, currency), tracked=v.units is not None)
        for v in demo.variants
    ]
    return NewProduct(
        slug=demo.slug,
        name=demo.name,
        variants=tuple(variants),
        description=demo.description,
        category=demo.category,
    )

"""The demo's shop: whole, lively, and the same however often it is seeded."""

from datetime import UTC, datetime

import pytest

from holdfast.catalog import browse
from holdfast.catalog.browse import Wish
from holdfast.catalog.product import Product
from holdfast.cli.goods.seed_shop import Seeded, seed
from holdfast.db.transaction import Database, read, transaction
from holdfast.shop_settings.keep_settings import change_rules

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def seeded(db: Database) -> Seeded:
    return await transaction(db, lambda tx: seed(tx, actor="seed", at=AT))


async def products(db: Database) -> tuple[Product, ...]:
    page = await read(db, lambda c: browse.list_products(c, wish=Wish(), limit=200, at=AT))
    return page.data


async def test_the_demo_has_a_shop_of_every_kind_of_thing(db: Database) -> None:
    counted = await seeded(db)
    shown = await products(db)
    variants = [v for p in shown for v in p.variants]
    assert (counted.products, counted.variants) == (len(shown), len(variants))
    assert counted.products >= 40
    assert counted.variants >= 90
    assert counted.units == sum(v.available or 0 for v in variants)
    stock = {v.sku: v.available for v in variants}
    assert stock["LHM-7"] == 100
    assert {None, 0, 3, 500} <= set(stock.values())
    assert any(not p.in_stock for p in shown)
    assert shown[0].slug == "lighthouse-mug-no-7"
    categories = await read(db, browse.read_categories)
    assert [c.slug for c in categories] == [
        "kitchen",
        "coffee-and-tea",
        "cycling",
        "home",
        "paper",
        "services",
    ]
    for category in categories:
        page = await read(
            db,
            lambda c, slug=category.slug: browse.list_products(c, wish=Wish(category=slug), at=AT),  # type: ignore[misc]
        )
        assert page.data


async def test_seeding_twice_changes_nothing(db: Database) -> None:
    first = await seeded(db)
    before = await products(db)
    again = await seeded(db)
    assert again == Seeded(first.products, first.variants, 0)
    assert await products(db) == before


async def test_a_shop_in_another_currency_is_seeded_in_it(db: Database) -> None:
    changes = {"currency": "EUR"}
    await transaction(db, lambda tx: change_rules(tx, changes=changes, actor="test", at=AT))
    await seeded(db)
    assert {v.price.currency for p in await products(db) for v in p.variants} == {"EUR"}

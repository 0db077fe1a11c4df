"""The catalogue on a real database: imports in sets, lists and their cursors, what is for sale."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.catalog import browse, edit
from holdfast.catalog.browse import Page, Wish
from holdfast.catalog.edit import Imported
from holdfast.catalog.product import Category, NewCategory, NewProduct, NewVariant, Product, Variant
from holdfast.db.transaction import Database, read, transaction
from holdfast.errors.checkout import CurrencyMismatch
from holdfast.errors.request import FieldInvalid
from holdfast.errors.shelf import TrackedFixed
from holdfast.money import Money
from holdfast.stock import holds
from holdfast.stock.holds import Change, Hold, HoldLine
from holdfast.stock.movements import StockLine, move_stock

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def product(
    slug: str,
    *prices: int,
    name: str = "",
    description: str = "",
    category: str | None = None,
    tracked: bool = True,
    published: bool = True,
) -> NewProduct:
    """A product whose variants are called by its slug and their number."""
    variants = [
        NewVariant(f"{slug}-{n}".upper(), f"Size {n}", Money(price, "GBP"), tracked)
        for n, price in enumerate(prices, 1)
    ]
    return NewProduct(slug, name or slug.title(), tuple(variants), description, category, published)


async def put(db: Database, *products: NewProduct) -> Imported:
    return await transaction(db, lambda tx: edit.import_products(tx, products=products, at=AT))


async def put_categories(db: Database, *categories: NewCategory) -> None:
    await transaction(db, lambda tx: edit.import_categories(tx, categories=categories))


async def receive(db: Database, sku: str, quantity: int) -> None:
    lines = [StockLine(sku, "main", quantity)]
    await transaction(
        db, lambda tx: move_stock(tx, lines=lines, kind="received", reason="test", actor="test", at=AT)
    )


async def hold(db: Database, sku: str, quantity: int, state: str = "active") -> None:
    """Promise units until an hour after ``AT``, to a checkout that is of no other interest."""
    await db.pool.execute("INSERT INTO carts VALUES ('crt', 'GBP', 'open', NULL, $1, $1)", AT)
    await db.pool.execute(
        "INSERT INTO checkouts (id, cart_id, expires_at, created_at) VALUES ('chk', 'crt', $1, $1)", AT
    )
    line = HoldLine("hld", sku, "main", quantity, state, AT + timedelta(hours=1))
    owner = Hold("hld", None, "chk", AT + timedelta(hours=1), AT)
    await transaction(db, lambda tx: holds.write(tx, changes=[Change(line)], holds=[owner]))


async def page(db: Database, wish: Wish, *, cursor: str | None = None, limit: int = 50) -> Page:
    return await read(db, lambda c: browse.list_products(c, wish=wish, cursor=cursor, limit=limit, at=AT))


async def slugs(db: Database, wish: Wish) -> list[str]:
    return [p.slug for p in (await page(db, wish)).data]


async def for_sale(db: Database, skus: Sequence[str]) -> list[browse.ForSale]:
    return await read(db, lambda c: browse.for_sale(c, skus=skus))


async def test_a_product_is_shown_as_it_was_imported(db: Database) -> None:
    await put_categories(db, NewCategory("tea", "Tea"))
    teapot = product("teapot", 2500, 1800, name="Teapot", description="Pours.", category="tea")
    assert await put(db, teapot) == Imported(products=1, variants=2)
    await receive(db, "TEAPOT-2", 7)
    shown = (await read(db, lambda c: browse.read_products(c, slugs=["teapot"], at=AT)))["teapot"]
    assert (shown.name, shown.description, shown.category) == ("Teapot", "Pours.", "tea")
    assert shown.price_from == Money(1800, "GBP")
    assert shown.in_stock
    assert shown.variants == (
        Variant("TEAPOT-1", "Size 1", Money(2500, "GBP"), True, 0, "sold_out"),
        Variant("TEAPOT-2", "Size 2", Money(1800, "GBP"), True, 7),
    )


async def test_the_same_import_again_writes_nothing(db: Database) -> None:
    batch = [product(f"p{n}", 100, 200) for n in range(20)]
    await put(db, *batch)
    before = await db.pool.fetch("SELECT xmin, * FROM products ORDER BY id")
    variants = await db.pool.fetch("SELECT xmin, * FROM variants ORDER BY sku")
    assert await put(db, *batch) == Imported(products=20, variants=40)
    assert await db.pool.fetch("SELECT xmin, * FROM products ORDER BY id") == before
    assert await db.pool.fetch("SELECT xmin, * FROM variants ORDER BY sku") == variants


async def test_an_import_changes_what_it_names_and_leaves_the_rest(db: Database) -> None:
    await put(db, product("teapot", 2500, 1800), product("cup", 400))
    await put(db, product("teapot", 2600, name="Best teapot"))
    teapot = (await read(db, lambda c: browse.read_products(c, slugs=["teapot"], at=AT)))["teapot"]
    assert teapot.name == "Best teapot"
    assert [v.price.amount for v in teapot.variants] == [2600, 1800]
    assert await slugs(db, Wish(sort="name")) == ["teapot", "cup"]


async def test_a_sku_moves_to_the_product_that_names_it(db: Database) -> None:
    await put(db, product("teapot", 2500))
    await put(db, NewProduct("set", "Tea set", (NewVariant("TEAPOT-1", "Pot", Money(2400, "GBP")),)))
    assert await slugs(db, Wish()) == ["set"]
    assert await read(db, lambda c: browse.read_products(c, slugs=["teapot"], at=AT)) == {}


async def test_a_refused_import_changes_nothing(db: Database) -> None:
    await put(db, product("cup", 400))
    bad = NewProduct("pot", "Pot", (NewVariant("POT", "Pot", Money(1, "EUR")),))
    with pytest.raises(CurrencyMismatch):
        await put(db, product("cup", 500), bad)
    with pytest.raises(FieldInvalid) as refused:
        await put(db, product("cup", 500), product("pot", 1, category="nowhere"))
    assert refused.value.field == "products[1].category"
    assert [p.price_from.amount for p in (await page(db, Wish())).data] == [400]


@pytest.mark.parametrize("state", ["active", "committed"])
async def test_tracking_is_fixed_while_units_are_promised(db: Database, state: str) -> None:
    await put(db, product("cup", 400))
    await receive(db, "CUP-1", 5)
    await hold(db, "CUP-1", 2, state)
    with pytest.raises(TrackedFixed) as refused:
        await put(db, product("cup", 400, tracked=False))
    assert refused.value.skus == ["CUP-1"]
    await put(db, product("cup", 450))
    await transaction(db, lambda tx: holds.end(tx, checkout_ids=["chk"]))
    await put(db, product("cup", 450, tracked=False))
    assert [(x.tracked, x.price_minor) for x in await for_sale(db, ["CUP-1"])] == [(False, 450)]


async def test_only_what_is_published_is_for_sale(db: Database) -> None:
    await put(db, product("cup", 400), product("pot", 900, published=False))
    assert await for_sale(db, ["CUP-1", "POT-1", "nothing", "cup-1"]) == [
        browse.ForSale("CUP-1", "Cup", "Size 1", 400, "GBP", True)
    ]
    assert await slugs(db, Wish()) == ["cup"]
    assert await read(db, lambda c: browse.read_products(c, slugs=["pot"], at=AT)) == {}


async def test_held_units_are_not_available_until_their_moment_has_passed(db: Database) -> None:
    await put(db, product("cup", 400))
    await receive(db, "CUP-1", 5)
    await hold(db, "CUP-1", 2)
    for minutes, available in ((0, 3), (59, 3), (60, 5)):
        at = AT + timedelta(minutes=minutes)
        listed = await read(db, lambda c, at=at: browse.read_listed(c, skus=["CUP-1"], at=at))  # type: ignore[misc]
        assert listed["CUP-1"].available == available


async def test_what_is_not_tracked_is_always_there(db: Database) -> None:
    await put(db, product("wrap", 300, tracked=False))
    (shown,) = (await page(db, Wish())).data
    assert shown.in_stock
    assert shown.variants[0].available is None


async def test_words_are_found_by_their_beginnings_in_name_and_description(db: Database) -> None:
    await put(
        db,
        product("a", 1, name="Blue mugs", description="Fired in Stoke."),
        product("b", 1, name="Red mug", description="Not blue."),
        product("c", 1, name="Plate"),
    )
    assert set(await slugs(db, Wish(q="mug"))) == {"a", "b"}
    assert set(await slugs(db, Wish(q="BLU mug"))) == {"a", "b"}
    assert await slugs(db, Wish(q="stok")) == ["a"]
    assert await slugs(db, Wish(q="blue plate")) == []
    assert len(await slugs(db, Wish(q="  "))) == 3


@pytest.mark.parametrize(
    "q", ["'", "!!!", "a' | 'b", "pot & ", "\\", "<->", ":*", "²", "‿", "a_b", "%", "\0"]
)
async def test_no_search_breaks_the_query(db: Database, q: str) -> None:
    await put(db, product("mug", 1))
    assert await slugs(db, Wish(q=q)) == []


async def test_a_category_shows_what_lies_below_it(db: Database) -> None:
    await put_categories(
        db, NewCategory("pots", "Pots", "tea"), NewCategory("tea", "Tea"), NewCategory("bikes", "Bikes")
    )
    await put(
        db, product("teapot", 1, category="pots"), product("leaf", 1, category="tea"), product("bell", 1)
    )
    assert set(await slugs(db, Wish(category="tea"))) == {"teapot", "leaf"}
    assert await slugs(db, Wish(category="pots", sort="price")) == ["teapot"]
    assert await slugs(db, Wish(category="nowhere")) == []


async def test_categories_can_be_moved_but_never_into_a_circle(db: Database) -> None:
    await put_categories(db, NewCategory("a", "A", position=2), NewCategory("b", "B", "a"))
    await put_categories(db, NewCategory("c", "C", position=1), NewCategory("b", "Bee", "c"))
    expected = (Category("c", "C", (Category("b", "Bee", ()),)), Category("a", "A", ()))
    assert await read(db, browse.read_categories) == expected
    with pytest.raises(FieldInvalid):
        await put_categories(db, NewCategory("c", "C", "b"))
    assert await read(db, browse.read_categories) == expected


async def test_prices_narrow_a_list_to_products_with_a_variant_between_them(db: Database) -> None:
    await put(db, product("low", 100), product("wide", 50, 900), product("high", 950))
    assert set(await slugs(db, Wish(price_min=500))) == {"wide", "high"}
    assert await slugs(db, Wish(price_max=99)) == ["wide"]
    assert await slugs(db, Wish(price_min=90, price_max=900, sort="price")) == ["low", "wide"]
    assert await slugs(db, Wish(price_min=901, price_max=900)) == []


@pytest.mark.parametrize("sort", ["newest", "price", "price_desc", "name"])
async def test_pages_meet_without_gap_or_overlap(db: Database, sort: browse.Sort) -> None:
    for n in range(0, 30, 10):
        await put(db, *(product(f"p{m}", 100 * (m % 4), name=f"Thing {m % 3}") for m in range(n, n + 10)))
    whole = (await page(db, Wish(sort=sort))).data
    assert len(whole) == 30
    walked: list[Product] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        part = await page(db, Wish(sort=sort), cursor=cursor, limit=7)
        walked += part.data
        cursor, pages = part.next_cursor, pages + 1
    assert tuple(walked) == whole
    assert pages == 5
    prices = [p.price_from.amount for p in whole]
    match sort:
        case "price":
            assert prices == sorted(prices)
        case "price_desc":
            assert prices == sorted(prices, reverse=True)
        case "name":
            assert [p.name for p in whole] == sorted(p.name for p in whole)
        case "newest":
            assert {p.slug for p in whole[:10]} == {f"p{m}" for m in range(20, 30)}


@pytest.mark.parametrize("cursor", ["x", "é", "W10=", "WyJhIiwiYiJd", "WyJ1bmRlZmluZWQiLCAiIiwgIiJd"])
async def test_a_cursor_that_nobody_gave_is_refused(db: Database, cursor: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        await page(db, Wish(), cursor=cursor)
    assert refused.value.field == "cursor"


async def test_a_cursor_of_another_order_is_refused(db: Database) -> None:
    await put(db, product("a", 1), product("b", 1))
    cursor = (await page(db, Wish(sort="price"), limit=1)).next_cursor
    with pytest.raises(FieldInvalid):
        await page(db, Wish(sort="name"), cursor=cursor)


async def test_a_large_import_needs_as_many_statements_as_a_small_one(db: Database) -> None:
    asked: list[list[object]] = []
    async with db.pool.acquire() as connection, connection.transaction():
        for size in (1, 2, 300):
            asked.append([])
            connection.add_query_logger(asked[-1].append)
            batch = [product(f"p{n}-of-{size}", 1, 2, 3) for n in range(size)]
            await edit.import_products(connection, products=batch, at=AT)
            connection.remove_query_logger(asked[-1].append)
    # Not the first: asyncpg itself asks about types that it has not met before.
    assert [len(of_batch) for of_batch in asked[1:]] == [5, 5]

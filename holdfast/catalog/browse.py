"""Look at the catalogue: lists, one product, the category tree, and what is for sale at which price."""

import base64
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from holdfast.catalog.product import (
    Category,
    CategoryRow,
    Listed,
    Product,
    Variant,
    availability,
    tree,
)
from holdfast.db.queries import Connection, Many, Queries
from holdfast.errors.request import FieldInvalid
from holdfast.limits import PAGE_ROWS_DEFAULT
from holdfast.money import Money

Sort = Literal["newest", "price", "price_desc", "name"]

_BEHIND_ALL_IDS = "~"


class ForSale(msgspec.Struct, frozen=True):
    """What an order needs to know of a SKU."""

    sku: str
    product_name: str
    variant_name: str
    price_minor: int
    currency: str
    tracked: bool
    vendor_id: str | None = None
    commission_bp: int = 0
    """What the shop keeps of what it is sold for, in hundredths of a percent."""


class Found(msgspec.Struct, frozen=True):
    """A product on a page, with its place in the order that was asked for."""

    id: str
    slug: str
    name: str
    description: str
    category: str | None
    vendor: str | None
    reviews: int
    rating: str | None
    key: str


class Wish(msgspec.Struct, frozen=True):
    """What a list is narrowed to: beginnings of words, a category with those below, minor units, a vendor."""

    q: str = ""
    category: str | None = None
    price_min: int | None = None
    price_max: int | None = None
    sort: Sort = "newest"
    vendor: str | None = None


class Page(msgspec.Struct, frozen=True):
    """A part of a list, and where the next one begins."""

    data: tuple[Product, ...]
    next_cursor: str | None


class sql(Queries):
    newest: Many[Found]
    in_order: Many[Found]
    named: Many[Found]
    listed: Many[Listed]
    for_sale: Many[ForSale]
    categories: Many[CategoryRow]


async def list_products(
    connection: Connection,
    *,
    wish: Wish,
    at: datetime,
    cursor: str | None = None,
    limit: int = PAGE_ROWS_DEFAULT,
) -> Page:
    """A page of published products; raise FieldInvalid for a cursor of another list."""
    after_key, after_id = _read_cursor(cursor, wish.sort) if cursor else ("", "")
    filters = {
        "category": wish.category,
        "words": _as_words(wish.q),
        "price_min": wish.price_min,
        "price_max": wish.price_max,
        "vendor": wish.vendor,
        "rows_max": limit + 1,
    }
    if wish.sort == "newest":
        found = await sql.newest(connection, after_id=after_id or _BEHIND_ALL_IDS, **filters)
    else:
        found = await sql.in_order(
            connection, sort=wish.sort, after_key=after_key, after_id=after_id, **filters
        )
    shown = found[:limit]
    more = len(found) > limit
    return Page(
        data=await _with_variants(connection, shown, at=at),
        next_cursor=_write_cursor(wish.sort, shown[-1]) if more else None,
    )


async def read_products(connection: Connection, *, slugs: Sequence[str], at: datetime) -> dict[str, Product]:
    """Published products with their variants, by slug; those that do not exist are missing."""
    found = await sql.named(connection, slugs=list(slugs))
    return {product.slug: product for product in await _with_variants(connection, found, at=at)}


async def read_categories(connection: Connection) -> tuple[Category, ...]:
    """The whole tree."""
    return tree(await sql.categories(connection))


async def read_listed(connection: Connection, *, skus: Sequence[str], at: datetime) -> dict[str, Listed]:
    """These variants with price and availability, published or not; unknown SKUs are missing."""
    rows = await sql.listed(connection, product_ids=[], skus=list(skus), at=at)
    return {row.sku: row for row in rows}


async def for_sale(connection: Connection, *, skus: Sequence[str]) -> list[ForSale]:
    """Those of these SKUs that can be bought, with name and price; the others are missing."""
    return await sql.for_sale(connection, skus=list(skus))


async def _with_variants(
    connection: Connection, found: Sequence[Found], *, at: datetime
) -> tuple[Product, ...]:
    """Products as they are shown; one that has no variant is not."""
    variants: dict[str, list[Listed]] = defaultdict(list)
    for row in await sql.listed(connection, product_ids=[f.id for f in found], skus=[], at=at):
        variants[row.product_id].append(row)
    return tuple(_product(f, variants[f.id], at=at) for f in found if f.id in variants)


def _product(found: Found, rows: Sequence[Listed], *, at: datetime) -> Product:
    cheapest = min(rows, key=lambda row: row.price_minor)
    return Product(
        slug=found.slug,
        name=found.name,
        description=found.description,
        category=found.category,
        reviews=found.reviews,
        rating=found.rating,
        price_from=Money(cheapest.price_minor, cheapest.currency),
        in_stock=any(row.available > 0 or not row.tracked for row in rows),
        variants=tuple(
            Variant(
                sku=row.sku,
                name=row.variant_name,
                price=Money(row.price_minor, row.currency),
                tracked=row.tracked,
                available=row.available if row.tracked else None,
                availability=availability(row, at=at),
                available_from=row.available_from,
            )
            for row in rows
        ),
        vendor=found.vendor,
    )


def _as_words(q: str) -> str | None:
    """A tsquery in which every word may go on: "blue mu" finds "Blue Mug". None: nothing was asked."""
    return " & ".join(f"'{word}':*" for word in re.findall(r"\w+", q)) if q.strip() else None


def _write_cursor(sort: Sort, last: Found) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((sort, last.key, last.id))).decode()


def _read_cursor(cursor: str, sort: Sort) -> tuple[str, str]:
    """The (key, id) behind which the page begins."""
    try:
        written, key, last_id = msgspec.json.decode(
            base64.urlsafe_b64decode(cursor), type=tuple[str, str, str]
        )
    except (ValueError, msgspec.DecodeError) as error:
        raise FieldInvalid(field="cursor", reason="is not one that this list gave") from error
    if written != sort or "\0" in key + last_id:
        raise FieldInvalid(field="cursor", reason="belongs to a list in another order")
    return key, last_id

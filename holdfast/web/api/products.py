"""Products and categories: what the shop shows to everybody."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import FromQuery, PathParameter, QueryParameter

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.catalog import browse, reviews
from holdfast.catalog.browse import Page, Sort, Wish
from holdfast.catalog.product import SLUG, Category, Product
from holdfast.catalog.reviews import NEWEST, Approved
from holdfast.db.transaction import read
from holdfast.limits import (
    NAME_CHARS_MAX,
    PAGE_ROWS_DEFAULT,
    PAGE_ROWS_MAX,
    PRICE_MINOR_MAX,
    SLUG_CHARS_MAX,
    TEXT_CHARS_MAX,
)
from holdfast.web.session import Asked, Cursor, process_of

SlugGiven = Annotated[str | None, QueryParameter(pattern=SLUG, max_length=SLUG_CHARS_MAX)]
SlugAsked = Annotated[str, PathParameter(pattern=SLUG, max_length=SLUG_CHARS_MAX)]
PriceGiven = Annotated[int | None, QueryParameter(ge=0, le=PRICE_MINOR_MAX)]


class ReviewPage(msgspec.Struct, frozen=True):
    """What buyers say, newest first, and where the next page begins."""

    data: list[Approved]
    next_cursor: str | None


class Categories(msgspec.Struct, frozen=True):
    """The whole tree."""

    data: tuple[Category, ...]


@get("/products", opt={"action": Action.BROWSE})
async def list_products(
    request: Asked,
    *,
    q: Annotated[str, QueryParameter(max_length=NAME_CHARS_MAX)] = "",
    category: SlugGiven = None,
    vendor: SlugGiven = None,
    price_min: PriceGiven = None,
    price_max: PriceGiven = None,
    sort: FromQuery[Sort] = "newest",
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: Annotated[str | None, QueryParameter(max_length=TEXT_CHARS_MAX)] = None,
) -> Page:
    """What is for sale: beginnings of words, a category with those below, prices in minor units, a vendor."""
    wish, at = Wish(q, category, price_min, price_max, sort, vendor), clock.now()
    return await read(
        process_of(request).database,
        lambda c: browse.list_products(c, wish=wish, cursor=cursor, limit=limit, at=at),
    )


@get("/products/{slug:str}", opt={"action": Action.BROWSE})
async def read_product(request: Asked, slug: SlugAsked) -> Product:
    """One product with its variants and what is left of them."""
    return await process_of(request).products.submit(slug)


@get("/products/{slug:str}/reviews", opt={"action": Action.BROWSE})
async def list_reviews(
    request: Asked,
    slug: SlugAsked,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
) -> ReviewPage:
    """What buyers say of a product, as far as it is shown; the texts are plain, never HTML."""
    rows = await read(
        process_of(request).database,
        lambda c: reviews.page_of_product(c, slug=slug, before=cursor or NEWEST, rows_max=limit + 1),
    )
    return ReviewPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


@get("/categories", opt={"action": Action.BROWSE})
async def read_categories(request: Asked) -> Categories:
    """The categories, nested."""
    return Categories(await read(process_of(request).database, browse.read_categories))


ROUTES = [list_products, read_product, list_reviews, read_categories]

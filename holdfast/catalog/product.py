"""Products, variants and categories as values: what is shown, what is imported, how it is named. Pure.

A product is what is shown, a variant is what is bought. Units on the shelf belong to ``stock/``;
here ``available`` is only shown.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from holdfast.errors.checkout import CurrencyMismatch
from holdfast.errors.request import FieldInvalid
from holdfast.limits import (
    NAME_CHARS_MAX,
    PRICE_MINOR_MAX,
    SKU_CHARS_MAX,
    SLUG_CHARS_MAX,
    TEXT_CHARS_MAX,
)
from holdfast.money import Money

# `$` alone would also match before a newline at the end.
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*(?!\n)$"
Slug = Annotated[str, Meta(pattern=SLUG, max_length=SLUG_CHARS_MAX)]
SKU = r"^[^\x00-\x1f\x7f]+(?!\n)$"
Sku = Annotated[str, Meta(pattern=SKU, max_length=SKU_CHARS_MAX)]
Name = Annotated[str, Meta(pattern=r"^[^\x00]+$", max_length=NAME_CHARS_MAX)]
Text = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=TEXT_CHARS_MAX)]


_FIRST_DAY = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_DAY = datetime(2200, 1, 1, tzinfo=UTC)

Availability = Literal["in_stock", "backorder", "preorder", "sold_out"]


class Listed(msgspec.Struct, frozen=True):
    """A variant as it stands now; ``available`` in units over all locations, 0 if it is not tracked.

    ``ready`` are those of them that lie there; the others may be ordered before they come.
    """

    product_id: str
    sku: str
    product_name: str
    variant_name: str
    price_minor: int
    currency: str
    tracked: bool
    published: bool
    available: int
    ready: int = 0
    available_from: datetime | None = None


class Variant(msgspec.Struct, frozen=True):
    """What is bought; ``available`` in units, None for what is not tracked and so always there.

    ``available_from`` is the day before which it is not sent; it may be ordered, as long as there is any.
    """

    sku: str
    name: str
    price: Money
    tracked: bool
    available: int | None
    availability: Availability = "in_stock"
    available_from: datetime | None = None


class Product(msgspec.Struct, frozen=True):
    """What is shown, with its variants; ``price_from`` is the lowest of their prices.

    ``rating`` is the mean of the stars of its ``reviews``, with two decimals; None where there are none.
    """

    slug: str
    name: str
    description: str
    category: str | None
    reviews: int
    rating: str | None
    price_from: Money
    in_stock: bool
    variants: tuple[Variant, ...]
    vendor: str | None = None
    """The slug of who sells it; null: the shop itself."""


class Category(msgspec.Struct, frozen=True):
    """A category with the ones below it."""

    slug: str
    name: str
    children: tuple["Category", ...]


class NewVariant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A variant as it is imported."""

    sku: Sku
    name: Name
    price: Money
    tracked: bool = True
    available_from: Annotated[datetime, Meta(tz=True)] | msgspec.UnsetType | None = msgspec.UNSET
    """A preorder's day; null: none. Where it is left out, it stays as it is."""


class NewProduct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product as it is imported; its variants are shown in this order."""

    slug: Slug
    name: Name
    variants: Annotated[tuple[NewVariant, ...], Meta(min_length=1)]
    description: Text = ""
    category: Slug | None = None
    published: bool = True
    vendor: Slug | msgspec.UnsetType | None = msgspec.UNSET
    """Who sells it; null: the shop itself. Where it is left out, it stays as it is."""


class NewCategory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A category as it is imported, below ``parent`` (a slug), among its neighbours by ``position``."""

    slug: Slug
    name: Name
    parent: Slug | None = None
    position: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class CategoryRow(msgspec.Struct, frozen=True):
    """A category as it is stored."""

    slug: str
    name: str
    parent: str | None


def availability(item: Listed, *, at: datetime) -> Availability:
    """In one word what a buyer can expect of a variant."""
    if item.tracked and item.available <= 0:
        return "sold_out"
    if item.available_from is not None and item.available_from > at:
        return "preorder"
    return "backorder" if item.tracked and item.ready <= 0 else "in_stock"


def line_name(product: str, variant: str) -> str:
    """What carts and orders call a variant: the product's name, and the variant's where they differ."""
    return product if variant == product else f"{product} \N{EN DASH} {variant}"


def tree(rows: Sequence[CategoryRow], parent: str | None = None) -> tuple[Category, ...]:
    """The categories below ``parent`` (None: all), nested, in the order of the rows."""
    below = (row for row in rows if row.parent == parent)
    return tuple(Category(row.slug, row.name, tree(rows, row.slug)) for row in below)


def check_products(products: Sequence[NewProduct], *, currency: str) -> None:
    """Raise FieldInvalid (a slug or SKU twice, a price out of bounds) or CurrencyMismatch."""
    slugs: set[str] = set()
    skus: set[str] = set()
    for i, product in enumerate(products):
        if product.slug in slugs:
            raise FieldInvalid(field=f"products[{i}].slug", reason=f"{product.slug} stands here twice")
        slugs.add(product.slug)
        for j, variant in enumerate(product.variants):
            field = f"products[{i}].variants[{j}]"
            if variant.sku in skus:
                raise FieldInvalid(field=f"{field}.sku", reason=f"{variant.sku} stands here twice")
            skus.add(variant.sku)
            if not 0 <= variant.price.amount <= PRICE_MINOR_MAX:
                reason = f"must be from 0 to {PRICE_MINOR_MAX} minor units"
                raise FieldInvalid(field=f"{field}.price.amount", reason=reason)
            day = variant.available_from
            if isinstance(day, datetime) and not _FIRST_DAY <= day <= _LAST_DAY:
                raise FieldInvalid(field=f"{field}.available_from", reason="must be a day from 1970 to 2200")
            if variant.price.currency != currency:
                given = variant.price.currency
                raise CurrencyMismatch(field=f"{field}.price", given=given, wanted=currency)


def check_categories(categories: Sequence[NewCategory], parents: Mapping[str, str | None]) -> None:
    """Raise FieldInvalid where the categories and those that exist (slug to parent) are no tree."""
    after = {**parents, **{c.slug: c.parent for c in categories}}
    if len({c.slug for c in categories}) < len(categories):
        raise FieldInvalid(field="categories", reason="have a slug that stands here twice")
    for i, category in enumerate(categories):
        above, steps = category.parent, 0
        while above is not None:
            if above not in after:
                raise FieldInvalid(field=f"categories[{i}].parent", reason=f"{above} is not a category")
            above, steps = after[above], steps + 1
            if steps > len(after):
                raise FieldInvalid(field=f"categories[{i}].parent", reason="would stand below itself")

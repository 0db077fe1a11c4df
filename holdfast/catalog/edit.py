"""Write the catalogue: imports of any size in a fixed number of statements.

What is not mentioned stays as it is: orders name SKUs for ever, so nothing is deleted; a product
that is no longer sold is imported with ``published`` false. Who did it is the caller's to audit.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET

from holdfast import ids
from holdfast.catalog.product import (
    CategoryRow,
    NewCategory,
    NewProduct,
    check_categories,
    check_products,
)
from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.errors.request import FieldInvalid
from holdfast.errors.shelf import TrackedFixed
from holdfast.shop_settings.keep_settings import read_rules


class Imported(msgspec.Struct, frozen=True):
    """How much an import named, new or not."""

    products: int
    variants: int


class Known(msgspec.Struct, frozen=True):
    """A variant that is there already."""

    sku: str
    tracked: bool


class Promised(msgspec.Struct, frozen=True):
    """Units of a SKU at one place that are held or committed."""

    sku: str
    units: int


class sql(Queries):
    lock_categories: Many[CategoryRow]
    add_categories: Do
    write_categories: Do
    unknown_categories: Many[str]
    unknown_vendors: Many[str]
    lock_variants: Many[Known]
    lock_promised: Many[Promised]
    write_products: Do
    write_variants: Do
    take_off: Do


async def import_products(tx: Transaction, *, products: Sequence[NewProduct], at: datetime) -> Imported:
    """Add products and variants or bring them up to date, by slug and SKU.

    A SKU moves to the product that names it; what a closed vendor sells is not published. Raises
    FieldInvalid, CurrencyMismatch, and TrackedFixed when ``tracked`` would change while units of the SKU
    are promised.
    """
    check_products(products, currency=(await read_rules(tx)).currency)
    unknown = await sql.unknown_categories(tx, slugs=[p.category for p in products])
    if unknown:
        place = next(i for i, p in enumerate(products) if p.category in unknown)
        raise FieldInvalid(
            field=f"products[{place}].category", reason=f"{products[place].category} is not a category"
        )
    vendors = [None if p.vendor is UNSET else p.vendor for p in products]
    strange = await sql.unknown_vendors(tx, slugs=vendors) if any(vendors) else []
    if strange:
        place = next(i for i, slug in enumerate(vendors) if slug in strange)
        raise FieldInvalid(field=f"products[{place}].vendor", reason=f"{vendors[place]} is not a vendor")
    variants = [(p.slug, i, v) for p in products for i, v in enumerate(p.variants)]
    await _check_tracked(tx, {v.sku: v.tracked for _, _, v in variants})
    await sql.write_products(
        tx,
        ids=sorted((ids.mint("prd") for _ in products), reverse=True),  # the first counts as the newest
        slugs=[p.slug for p in products],
        names=[p.name for p in products],
        descriptions=[p.description for p in products],
        categories=[p.category for p in products],
        published=[p.published for p in products],
        vendors_given=[p.vendor is not UNSET for p in products],
        vendors=vendors,
        at=at,
    )
    await sql.write_variants(
        tx,
        skus=[v.sku for _, _, v in variants],
        products=[slug for slug, _, _ in variants],
        names=[v.name for _, _, v in variants],
        prices=[v.price.amount for _, _, v in variants],
        currencies=[v.price.currency for _, _, v in variants],
        tracked=[v.tracked for _, _, v in variants],
        positions=[position for _, position, _ in variants],
        days_given=[v.available_from is not UNSET for _, _, v in variants],
        days=[None if v.available_from is UNSET else v.available_from for _, _, v in variants],
    )
    return Imported(products=len(products), variants=len(variants))


async def import_categories(tx: Transaction, *, categories: Sequence[NewCategory]) -> None:
    """Add categories or bring them up to date, by slug; raise FieldInvalid where they are no tree."""
    rows = await sql.lock_categories(tx)
    check_categories(categories, {row.slug: row.parent for row in rows})
    slugs, names = [c.slug for c in categories], [c.name for c in categories]
    await sql.add_categories(tx, ids=[ids.mint("cat") for _ in categories], slugs=slugs, names=names)
    await sql.write_categories(
        tx,
        slugs=slugs,
        names=names,
        parents=[c.parent for c in categories],
        positions=[c.position for c in categories],
    )


async def take_off_products(tx: Transaction, *, vendor_id: str) -> None:
    """Nothing of this vendor's is shown any more, or bought."""
    await sql.take_off(tx, vendor_id=vendor_id)


async def _check_tracked(tx: Transaction, wanted: dict[str, bool]) -> None:
    """The stock row's lock keeps promises from being made meanwhile."""
    known = await sql.lock_variants(tx, skus=list(wanted))
    changing = [variant.sku for variant in known if variant.tracked != wanted[variant.sku]]
    if not changing:
        return
    promised = [row.sku for row in await sql.lock_promised(tx, skus=changing) if row.units]
    if promised:
        raise TrackedFixed(skus=sorted(set(promised)))

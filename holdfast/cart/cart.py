"""A cart as a value: what somebody might buy, how two become one, and how it is shown. Pure.

Contents are units per SKU in the order in which they are shown. A cart may hold more than can be
had: that is shown as a problem and refused only when the order is placed.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from holdfast.catalog.product import Listed, Sku, line_name
from holdfast.errors.request import FieldInvalid
from holdfast.limits import CART_LINES_MAX, QUANTITY_MAX
from holdfast.money import Money
from holdfast.pricing.quote import PricedLine, TaxRule, quote

Contents = Mapping[str, int]
Quantity = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]

_NO_TAX = TaxRule(rate_bp=0, inclusive=True)


class CartLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one SKU that somebody might buy."""

    sku: Sku
    quantity: Quantity


class Note(msgspec.Struct, frozen=True):
    """What merging could not keep, in units: above the limit of a line, or of lines."""

    code: Literal["quantity_limited", "line_left_out"]
    sku: str
    asked: int
    kept: int


class ShownLine(msgspec.Struct, frozen=True):
    """A line with its price as it stands now; ``available`` is None for what is not tracked."""

    sku: str
    name: str
    quantity: int
    unit_price: Money
    total: Money
    available: int | None


class StockProblem(msgspec.Struct, frozen=True):
    """A line that cannot be had as it is; nothing is available of what is no longer sold."""

    sku: str
    requested: int
    available: int


class Cart(msgspec.Struct, frozen=True):
    """The whole cart; ``subtotal`` leaves out what is no longer sold."""

    id: str
    currency: str
    lines: tuple[ShownLine, ...]
    subtotal: Money
    problems: tuple[StockProblem, ...] = ()
    notes: tuple[Note, ...] = ()


def add(contents: Contents, wanted: Contents) -> dict[str, int]:
    """Put units on top of what is there, new lines behind, by SKU; raise FieldInvalid beyond a limit."""
    after = dict(contents)
    for sku in sorted(wanted):
        after[sku] = after.get(sku, 0) + wanted[sku]
    return _within_limits(after)


def put(contents: Contents, sku: str, quantity: int) -> dict[str, int]:
    """Set the units of one line; raise FieldInvalid beyond a limit."""
    return _within_limits({**contents, sku: quantity})


def merge(into: Contents, other: Contents) -> tuple[dict[str, int], tuple[Note, ...]]:
    """Sum two carts; what goes beyond a limit is left out, and a note says so."""
    after, notes = dict(into), []
    for sku in sorted(other):
        asked = into.get(sku, 0) + other[sku]
        if sku not in into and len(after) == CART_LINES_MAX:
            notes.append(Note("line_left_out", sku, asked, 0))
            continue
        after[sku] = min(asked, QUANTITY_MAX)
        if asked > QUANTITY_MAX:
            notes.append(Note("quantity_limited", sku, asked, QUANTITY_MAX))
    return after, tuple(notes)


def show(
    *,
    cart_id: str,
    currency: str,
    contents: Contents,
    listed: Mapping[str, Listed],
    notes: tuple[Note, ...] = (),
) -> Cart:
    """The cart as its owner sees it: live names, prices, totals and stock problems."""
    lines, problems, priced = [], [], []
    for sku, quantity in contents.items():
        item = listed[sku]
        sold = item.published and item.currency == currency
        available = (item.available if item.tracked else None) if sold else 0
        if sold:
            priced.append(PricedLine(sku, quantity, item.price_minor))
        if available is not None and available < quantity:
            problems.append(StockProblem(sku, quantity, available))
        lines.append(
            ShownLine(
                sku=sku,
                name=line_name(item.product_name, item.variant_name),
                quantity=quantity,
                unit_price=Money(item.price_minor, item.currency),
                total=Money(item.price_minor * quantity, item.currency),
                available=available,
            )
        )
    summed = quote(priced, currency=currency, shipping_minor=0, tax=_NO_TAX)
    return Cart(
        id=cart_id,
        currency=currency,
        lines=tuple(lines),
        subtotal=Money(summed.subtotal_minor, currency),
        problems=tuple(problems),
        notes=notes,
    )


def _within_limits(contents: dict[str, int]) -> dict[str, int]:
    if len(contents) > CART_LINES_MAX:
        raise FieldInvalid(field="lines", reason=f"would be more than {CART_LINES_MAX} in this cart")
    for sku, quantity in contents.items():
        if not 1 <= quantity <= QUANTITY_MAX:
            reason = f"must be from 1 to {QUANTITY_MAX} of {sku} in one cart, not {quantity}"
            raise FieldInvalid(field="quantity", reason=reason)
    return contents

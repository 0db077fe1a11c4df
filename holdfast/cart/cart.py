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
from holdfast.pricing.coupon import Entered
from holdfast.pricing.quote import PricedLine, ShownCoupon, TaxRule, quote

Contents = Mapping[str, int]
Quantity = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]

MergeHow = Literal["sum", "larger", "keep", "replace"]
"""Units of both, the larger number of each line, the cart's own list alone, or the other one's alone."""
MERGE_CHOICES: tuple[MergeHow, ...] = ("sum", "larger", "keep", "replace")

Reason = Literal["line_limit", "lines_limit", "purchase_limit", "stock", "choice"]
Most = Mapping[str, Mapping[Reason, int]]
"""How many units of a SKU can be had, by what bounds them."""

_UNBOUNDED: Most = {}
_NO_TAX = TaxRule(rate_bp=0, inclusive=True)
_NO_COUPONS = Entered()


class CartLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one SKU that somebody might buy."""

    sku: Sku
    quantity: Quantity


class Note(msgspec.Struct, frozen=True):
    """A line that merging did not keep as it would have been, in units; ``to`` is 0 where it is not there.

    More than a line, a cart or a buyer may have; more than there is; or the list that was not chosen.
    """

    sku: str
    before: int = msgspec.field(name="from")
    to: int
    reason: Reason


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
    """The whole cart; ``subtotal`` leaves out what is no longer sold, and is before coupons."""

    id: str
    currency: str
    lines: tuple[ShownLine, ...]
    subtotal: Money
    problems: tuple[StockProblem, ...] = ()
    notes: tuple[Note, ...] = ()
    coupons: tuple[ShownCoupon, ...] = ()


def add(contents: Contents, wanted: Contents) -> dict[str, int]:
    """Put units on top of what is there, new lines behind, by SKU; raise FieldInvalid beyond a limit."""
    after = dict(contents)
    for sku in sorted(wanted):
        after[sku] = after.get(sku, 0) + wanted[sku]
    return _within_limits(after)


def put(contents: Contents, sku: str, quantity: int) -> dict[str, int]:
    """Set the units of one line; raise FieldInvalid beyond a limit."""
    return _within_limits({**contents, sku: quantity})


def merge(
    into: Contents, other: Contents, *, how: MergeHow = "sum", most: Most = _UNBOUNDED
) -> tuple[dict[str, int], tuple[Note, ...]]:
    """Make one list of two, and a note for each line that was not kept as it would have been.

    No line leaves for want of units: one stays, and is shown as a problem. Beyond the lines that a cart may
    have, the other list's are left out.
    """
    kept, added, given_up = {
        "sum": (into, other, {}),
        "larger": (into, other, {}),
        "keep": (into, {}, other),
        "replace": ({}, other, into),
    }[how]
    after, notes = dict(kept), list[Note]()
    for sku in sorted(added):
        had = after.get(sku, 0)
        asked = had + added[sku] if how == "sum" else max(had, added[sku])
        if not had and len(after) == CART_LINES_MAX:
            notes.append(Note(sku, asked, 0, "lines_limit"))
            continue
        bounds: dict[Reason, int] = {"line_limit": QUANTITY_MAX, **most.get(sku, {})}
        reason = min(bounds, key=bounds.__getitem__)
        after[sku] = max(1, min(asked, bounds[reason]))
        if after[sku] < asked:
            notes.append(Note(sku, asked, after[sku], reason))
    for sku, units in sorted(given_up.items()):
        if after.get(sku, 0) < units:
            notes.append(Note(sku, units, after.get(sku, 0), "choice"))
    return after, tuple(notes)


def show(
    *,
    cart_id: str,
    currency: str,
    contents: Contents,
    listed: Mapping[str, Listed],
    notes: tuple[Note, ...] = (),
    entered: Entered = _NO_COUPONS,
) -> Cart:
    """The cart as its owner sees it: live names, prices, totals, stock problems, what coupons take off."""
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
    summed = quote(priced, currency=currency, shipping_minor=0, tax=_NO_TAX, entered=entered)
    return Cart(
        id=cart_id,
        currency=currency,
        lines=tuple(lines),
        subtotal=Money(summed.subtotal_minor, currency),
        problems=tuple(problems),
        notes=notes,
        coupons=summed.shown_coupons(),
    )


def _within_limits(contents: dict[str, int]) -> dict[str, int]:
    if len(contents) > CART_LINES_MAX:
        raise FieldInvalid(field="lines", reason=f"would be more than {CART_LINES_MAX} in this cart")
    for sku, quantity in contents.items():
        if not 1 <= quantity <= QUANTITY_MAX:
            reason = f"must be from 1 to {QUANTITY_MAX} of {sku} in one cart, not {quantity}"
            raise FieldInvalid(field="quantity", reason=reason)
    return contents

"""Whatever is given back, in whatever portions: in the end it is what was paid, to the last minor unit."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from holdfast.pricing.coupon import Coupon, Entered, Kind
from holdfast.pricing.parts import Part, SoldLine, part_of
from holdfast.pricing.quote import PricedLine, TaxRule, quote
from holdfast.refund.refund import Plan, Sale, Wish, WishedLine, plan

units = st.integers(1, 40) | st.integers(1, 1_000_000)
prices = st.integers(0, 30) | st.integers(0, 9_999_999_999)


@st.composite
def coupons(draw: st.DrawFn) -> Entered:
    """A few that combine, of every kind."""
    found = {}
    for place, kind in enumerate(draw(st.lists(st.sampled_from(Kind), max_size=3))):
        share_bp = draw(st.integers(1, 10_000)) if kind is Kind.PERCENT else None
        amount = draw(st.integers(1, 10_000_000)) if kind is Kind.AMOUNT else None
        found[f"CODE{place}"] = Coupon(f"CODE{place}", kind, "GBP", share_bp, amount, combinable=True)
    return Entered(tuple(found), found)


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    """An order as the shop quotes it: with coupons, taxed once on the whole."""
    bought = draw(st.lists(st.tuples(units, prices), min_size=1, max_size=6))
    sold = quote(
        [PricedLine(f"S{place}", quantity, price) for place, (quantity, price) in enumerate(bought)],
        currency="GBP",
        shipping_minor=draw(st.integers(0, 2_000)),
        tax=TaxRule(draw(st.integers(0, 10_000)), draw(st.booleans())),
        entered=draw(coupons()),
    )
    lines = {
        position: SoldLine(line.quantity, line.total_minor, line.discount_minor, line.tax_minor)
        for position, line in enumerate(sold.lines, 1)
    }
    of_shipping = sold.tax_minor - sum(line.tax_minor for line in sold.lines)
    return Sale(lines, sold.shipping_minor, of_shipping, sold.tax_inclusive)


def paid(sale: Sale) -> int:
    """What the buyer paid for all of it."""
    net = sum(line.total_minor - line.discount_minor for line in sale.lines.values()) + sale.shipping_minor
    return net if sale.tax_inclusive else net + tax(sale)


def tax(sale: Sale) -> int:
    return sum(line.tax_minor for line in sale.lines.values()) + sale.shipping_tax_minor


def after(sale: Sale, done: Plan) -> Sale:
    """The order once a refund is intended."""
    gone = {line.position: line.quantity for line in done.lines}
    return msgspec.structs.replace(
        sale,
        lines={
            position: msgspec.structs.replace(line, gone=line.gone + gone.get(position, 0))
            for position, line in sale.lines.items()
        },
        shipping_back_minor=sale.shipping_back_minor + done.shipping_minor,
    )


def some_of(data: st.DataObject, sale: Sale) -> Wish:
    """A wish for some of what is left."""
    lines = []
    for position, line in sale.lines.items():
        quantity = data.draw(st.integers(0, line.quantity - line.gone))
        if quantity:
            lines.append(WishedLine(position, quantity, restock=data.draw(st.booleans())))
    shipping_left = sale.shipping_worth_minor - sale.shipping_back_minor
    shipping = data.draw(st.booleans() | st.integers(1, shipping_left) if shipping_left else st.booleans())
    return Wish(tuple(lines), shipping)


@given(sales(), st.data())
def test_any_sequence_that_gives_everything_back_gives_back_what_was_paid(
    sale: Sale, data: st.DataObject
) -> None:
    left, taxes = paid(sale), tax(sale)
    for _ in range(data.draw(st.integers(0, 5))):
        wish = some_of(data, sale)
        if left == 0 or wish.is_everything:
            break
        part = plan(sale, wish, left_minor=left)
        assert 0 <= part.cancelled_minor <= part.amount_minor <= left
        sale, left, taxes = after(sale, part), left - part.amount_minor, taxes - part.tax_minor
    if left:
        rest = [
            WishedLine(position, line.quantity - line.gone)
            for position, line in sale.lines.items()
            if line.quantity > line.gone
        ]
        last = plan(sale, Wish(tuple(rest), shipping=True), left_minor=left)
        assert last.amount_minor == left
        assert last.tax_minor == taxes
        assert plan(sale, Wish(), left_minor=left).amount_minor == left


@given(sales(), st.data())
def test_units_leave_a_line_in_portions_that_add_up_to_it(sale: Sale, data: st.DataObject) -> None:
    for sold in sale.lines.values():
        line, parts = sold, list[Part]()
        while left := line.quantity - line.gone:
            portion = data.draw(st.integers(1, left)) if len(parts) < 8 else left
            parts.append(part_of(line, portion, tax_inclusive=sale.tax_inclusive))
            line = msgspec.structs.replace(line, gone=line.gone + portion)
        on_top = 0 if sale.tax_inclusive else sold.tax_minor
        assert all(min(msgspec.structs.astuple(part)) >= 0 for part in parts)
        assert sum(part.total_minor for part in parts) == sold.total_minor
        assert sum(part.discount_minor for part in parts) == sold.discount_minor
        assert sum(part.tax_minor for part in parts) == sold.tax_minor
        assert sum(part.worth_minor for part in parts) == sold.total_minor - sold.discount_minor + on_top


@given(sales(), st.integers(1, 10_000), st.data())
def test_an_amount_goes_before_the_sum_and_everything_before_the_amount(
    sale: Sale, extra: int, data: st.DataObject
) -> None:
    left = paid(sale) + extra  # paid twice, say
    named = data.draw(st.integers(1, left))
    part = plan(sale, Wish(amount_minor=named), left_minor=left)
    assert (part.amount_minor, part.lines, part.cancelled_minor) == (named, (), 0)
    assert 0 <= part.tax_minor <= named
    assert plan(after(sale, part), Wish(), left_minor=left - named + 1).amount_minor == left - named + 1

"""Which orders the units came from that customers gave back: newest first, and every unit once."""

import csv
import lzma
import os
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from holdfast.replay.journal import Journal, Order, OrderLine, Returned
from holdfast.replay.outcomes import Placed
from holdfast.replay.read import read
from holdfast.replay.returns import Matched, Parcel, Unfound, Unmatched, match
from holdfast.replay.wire import OrderedLine

DATA = Path(__file__).parents[3] / "shared" / "data"


def at(day: int) -> datetime:
    return datetime(2011, 1, day, tzinfo=UTC)


def gone(order_id: str, day: int, *lines: tuple[str, int], customer: str = "17850") -> Placed:
    wanted = tuple(OrderLine(code, units, 100) for code, units in lines)
    order = Order(order_id, at(day), "2011-01", customer, "France", wanted)
    return as_sold(order, order_id)


def as_sold(order: Order, order_id: str) -> Placed:
    lines = tuple(OrderedLine(n, line.code, line.quantity) for n, line in enumerate(order.lines, 1))
    return Placed(order, order_id, order.total_minor, lines, asked_to_pay=True, repeated=False)


def back(day: int, code: str, units: int, *, invoice: str = "C1", customer: str = "17850") -> Returned:
    return Returned(invoice, 2, at(day), customer, code, units)


def test_units_come_from_the_newest_earlier_order_first() -> None:
    sold = [gone("old", 1, ("A", 5)), gone("new", 2, ("B", 1), ("A", 2)), gone("later", 9, ("A", 9))]
    two = Counter(A=2)
    parcels = (Parcel("C1", "new", {2: 2}, two), Parcel("C1", "old", {1: 2}, two))
    assert match([back(3, "A", 4)], sold) == Matched(parcels, ())


def test_a_unit_comes_back_once_and_what_is_over_is_told() -> None:
    sold = [gone("one", 1, ("A", 2), ("A", 1))]
    found = match([back(2, "A", 2), back(3, "A", 2, invoice="C2")], sold)
    first, second = Parcel("C1", "one", {1: 2}, Counter(A=2)), Parcel("C2", "one", {2: 1}, Counter(A=1))
    assert found.parcels == (first, second)
    assert found.unfound == (Unfound(Unmatched.MORE_THAN_BOUGHT, 2, "C2", "A", 1),)


def test_what_belongs_to_nobody_or_was_never_bought_is_told_by_reason() -> None:
    sold = [gone("one", 1, ("A", 2)), gone("nobodys", 1, ("B", 2), customer="")]
    wanted = [back(2, "B", 1, customer=""), back(2, "B", 1), back(2, "A", 1, customer="12345")]
    found = match(wanted, sold)
    assert found.parcels == ()
    assert [one.reason for one in found.unfound] == [
        Unmatched.NO_CUSTOMER,
        Unmatched.NEVER_BOUGHT,
        Unmatched.NEVER_BOUGHT,
    ]


class Count(NamedTuple):
    """Returns (an invoice and an order each), units, pennies that go back, and rows left over."""

    returns: int
    units: int
    refunded_minor: int
    rows_over: int


def independent_count(file: Path) -> Count:
    """The same by another way: the file as it was lived, and a stack of what each customer has of a code."""
    packed = file.read_bytes()
    text = (lzma.decompress(packed) if file.suffix == ".xz" else packed).decode()
    rows = [*csv.DictReader(text.splitlines())]
    began: dict[str, str] = {}
    for row in rows:
        began.setdefault(row["InvoiceNo"], row["InvoiceDate"])
    rows.sort(key=lambda row: (began[row["InvoiceNo"]], row["InvoiceNo"]))
    stacks: defaultdict[tuple[str, str], list[list[Any]]] = defaultdict(list)
    pairs: set[tuple[str, str]] = set()
    units = refunded = over = 0
    for row in rows:
        invoice, stack, count = (
            row["InvoiceNo"],
            stacks[row["CustomerID"], row["StockCode"]],
            int(row["Quantity"]),
        )
        pennies = Decimal(row["UnitPrice"]) * 100
        if invoice.isdecimal() and count > 0 and pennies > 0 and pennies == int(pennies):
            if stack and stack[-1][0] == invoice:  # of one order the first line gives first
                own = next(n for n, sold in enumerate(stack) if sold[0] == invoice)
                stack.insert(own, [invoice, int(pennies), count])
            elif row["CustomerID"]:
                stack.append([invoice, int(pennies), count])
        elif invoice.startswith("C") and count < 0:
            wanted = -count
            while wanted and stack:
                sold = stack[-1]
                taken = min(wanted, sold[2])
                wanted, sold[2] = wanted - taken, sold[2] - taken
                units, refunded = units + taken, refunded + taken * sold[1]
                pairs.add((invoice, sold[0]))
                if not sold[2]:
                    stack.pop()
            over += bool(wanted)
    return Count(len(pairs), units, refunded, over)


def the_replays_count(journal: Journal) -> Count:
    """As the replay matches, had every order been placed and sent; an invoice is its order's id."""
    found = match(journal.returned, [as_sold(order, order.invoice) for order in journal.orders])
    orders = {order.invoice: order for order in journal.orders}
    refunded = sum(
        units * orders[parcel.order_id].lines[position - 1].price_minor
        for parcel in found.parcels
        for position, units in parcel.units.items()
    )
    units = sum(sum(parcel.units.values()) for parcel in found.parcels)
    return Count(len(found.parcels), units, refunded, len(found.unfound))


def test_the_first_week_equals_an_independent_count() -> None:
    file = DATA / "online-retail-first-week.csv"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    assert the_replays_count(read(file)) == independent_count(file)


@pytest.mark.skipif("HOLDFAST_FULL" not in os.environ, reason="the whole year only with HOLDFAST_FULL=1")
def test_the_whole_year_equals_an_independent_count() -> None:
    file = DATA / "online-retail.csv.xz"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    assert the_replays_count(read(file)) == independent_count(file)

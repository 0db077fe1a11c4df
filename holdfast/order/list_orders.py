"""Lists of orders for the desk: newest first, by what staff look for, each list along an index of its own.

Of several filters the one that finds fewest leads, and the others are looked at row by row.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Connection, Many, Queries
from holdfast.money import Money
from holdfast.order.order import BESIDE_STATES


class Wanted(msgspec.Struct, frozen=True):
    """What to look for; None does not matter. ``number`` is an order's number or reference, as text."""

    status: str | None = None
    state: str | None = None
    payment_method: str | None = None
    email: str | None = None
    number: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    vendor_id: str | None = None


class SummaryRow(msgspec.Struct, frozen=True):
    """An order's row in a list, its total in minor units."""

    id: str
    number: int
    status: str
    state: str
    currency: str
    total_minor: int
    email: str | None
    reference: str | None
    placed_at: datetime
    payment_method: str
    payment_state: str


class OrderSummary(msgspec.Struct, frozen=True):
    """An order in a list, without its lines."""

    id: str
    number: int
    status: str
    state: str
    total: Money
    email: str | None
    reference: str | None
    placed_at: datetime
    payment_method: str
    payment_state: str


class sql(Queries):
    newest: Many[SummaryRow]
    of_statuses: Many[SummaryRow]
    of_method: Many[SummaryRow]
    of_email: Many[SummaryRow]
    of_number: Many[SummaryRow]
    placed_between: Many[SummaryRow]
    of_vendor: Many[SummaryRow]


async def page_of_orders(
    connection: Connection, *, wanted: Wanted, before: str, rows_max: int
) -> list[OrderSummary]:
    """Newest first (by the moment they were placed, where that is asked for), those behind the cursor."""
    rows = await _rows(connection, wanted, before=before, rows_max=rows_max)
    return [summary(row) for row in rows]


def summary(row: SummaryRow) -> OrderSummary:
    """A row of a list, as callers see it."""
    return OrderSummary(
        id=row.id,
        number=row.number,
        status=row.status,
        state=row.state,
        total=Money(row.total_minor, row.currency),
        email=row.email,
        reference=row.reference,
        placed_at=row.placed_at,
        payment_method=row.payment_method,
        payment_state=row.payment_state,
    )


async def _rows(
    connection: Connection, wanted: Wanted, *, before: str, rows_max: int
) -> Sequence[SummaryRow]:
    page = {"before": before, "rows_max": rows_max}
    what = {"status": wanted.status, "state": wanted.state, "method": wanted.payment_method}
    when = {"since": wanted.since, "until": wanted.until}
    called = {"number": _number(wanted.number or ""), "reference": wanted.number}
    if wanted.vendor_id is not None:
        whose = {"vendor_id": wanted.vendor_id, "email": wanted.email}
        return await sql.of_vendor(connection, **page, **what, **when, **called, **whose)
    if wanted.number is not None:
        return await sql.of_number(connection, **page, **what, **when, **called)
    if wanted.email is not None:
        return await sql.of_email(connection, **page, **what, **when, email=wanted.email)
    if wanted.since is not None or wanted.until is not None:
        return await sql.placed_between(connection, **page, **what, **when)
    if wanted.status is not None or wanted.state is not None:
        del what["status"]
        statuses = [wanted.status] if wanted.status else [wanted.state, *BESIDE_STATES]
        return await sql.of_statuses(connection, **page, **what, statuses=statuses)
    if wanted.payment_method is not None:
        return await sql.of_method(connection, **page, method=wanted.payment_method)
    return await sql.newest(connection, **page)


def _number(text: str) -> int | None:
    digits = text.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX else None


_DIGITS_MAX = 18  # of a bigint

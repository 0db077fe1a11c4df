"""The ledger of what the shop owes its vendors: brought up to what their lines say, by differences.

Whoever has changed an order's state, its money or its lines brings it up in the same transaction. Under the
order's lock the same change entered twice leaves no difference, so that it adds nothing.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Connection, Do, Many, Queries, Transaction
from holdfast.money import Money
from holdfast.vendor.vendor import VendorLine, missing


class EntryRow(msgspec.Struct, frozen=True):
    """A line of the ledger, its amount in minor units."""

    id: int
    order_id: str | None
    position: int | None
    kind: str
    amount_minor: int
    currency: str
    reason: str
    payout_id: str | None
    at: datetime


class EntryView(msgspec.Struct, frozen=True):
    """A line of the ledger as callers see it; ``payout_id`` is null while it is open."""

    id: int
    order_id: str | None
    position: int | None
    kind: str
    amount: Money
    reason: str
    payout_id: str | None
    at: datetime


class sql(Queries):
    lines: Many[VendorLine]
    enter: Do
    adjust: Do
    page: Many[EntryRow]


async def bring_up(tx: Transaction, *, order_ids: Sequence[str], at: datetime) -> None:
    """Enter what these locked orders' vendors have earned, or do not earn any more, since the last time."""
    if not order_ids:
        return
    lines = await sql.lines(tx, order_ids=list(order_ids))
    entries = [entry for line in lines for entry in missing(line)]
    if entries:
        await sql.enter(
            tx,
            vendors=[e.vendor_id for e in entries],
            orders=[e.order_id for e in entries],
            positions=[e.position for e in entries],
            kinds=[e.kind for e in entries],
            amounts=[e.amount_minor for e in entries],
            currencies=[e.currency for e in entries],
            at=at,
        )


async def adjust(
    tx: Transaction, *, vendor_id: str, amount: Money, reason: str, actor: str, at: datetime
) -> None:
    """Staff owe a vendor more, or less: what no line says (a fee, a dispute that was lost, a gift)."""
    await sql.adjust(
        tx,
        vendor_id=vendor_id,
        amount_minor=amount.amount,
        currency=amount.currency,
        reason=reason,
        actor=actor,
        at=at,
    )


async def page_of_entries(
    connection: Connection, *, vendor_id: str, before: int, rows_max: int
) -> list[EntryView]:
    """A vendor's entries, newest first, those behind the cursor."""
    rows = await sql.page(connection, vendor_id=vendor_id, before=before, rows_max=rows_max)
    return [
        EntryView(
            row.id,
            row.order_id,
            row.position,
            row.kind,
            Money(row.amount_minor, row.currency),
            row.reason,
            row.payout_id,
            row.at,
        )
        for row in rows
    ]

"""Pay vendors out: everything that is open becomes one payout, which is marked once the bank has sent it.

An entry is in one payout at most, by its key. What is refunded after its sale was paid out is an entry below
zero of its own, which lessens the next payout. What a bank has not decided about waits, but for what vendors
owe.
"""

from datetime import datetime

import msgspec

from holdfast import audit, ids
from holdfast.db.queries import Connection, Many, Maybe, Queries, Transaction
from holdfast.errors.money import MoveRefused, NothingToPayOut
from holdfast.errors.request import NotFound
from holdfast.money import Money


class BalanceRow(msgspec.Struct, frozen=True):
    """What is open of a vendor in one currency, in minor units."""

    currency: str
    open_minor: int
    payable_minor: int


class Balance(msgspec.Struct, frozen=True):
    """What the shop owes a vendor in one currency, and what of it can be paid out now.

    Below zero the vendor owes the shop. The rest would be paid for orders whose money a bank may take back.
    """

    owed: Money
    payable: Money


class PayoutRow(msgspec.Struct, frozen=True):
    """A payout's row, its amount in minor units."""

    id: str
    vendor_id: str
    amount_minor: int
    currency: str
    made_at: datetime
    bank_reference: str | None
    paid_at: datetime | None


class Payout(msgspec.Struct, frozen=True):
    """What is transferred to a vendor; ``paid_at`` is null until somebody has said that it was sent."""

    id: str
    vendor_id: str
    amount: Money
    made_at: datetime
    bank_reference: str | None
    paid_at: datetime | None


class sql(Queries):
    lock: Maybe[str]
    balances: Many[BalanceRow]
    make: Maybe[PayoutRow]
    mark: Maybe[PayoutRow]
    find: Maybe[PayoutRow]
    page: Many[PayoutRow]


async def balances_of(connection: Connection, *, vendor_id: str) -> list[Balance]:
    """What the shop owes a vendor, by currency."""
    return [
        Balance(Money(row.open_minor, row.currency), Money(row.payable_minor, row.currency))
        for row in await sql.balances(connection, vendor_id=vendor_id)
    ]


async def make_payout(tx: Transaction, *, vendor_id: str, currency: str, actor: str, at: datetime) -> Payout:
    """Make a payout of all that is open in a currency; raises NotFound, or NothingToPayOut."""
    if await sql.lock(tx, id=vendor_id) is None:
        raise NotFound(kind="vendor", id=vendor_id)
    made = await sql.make(tx, id=ids.mint("vpo"), vendor_id=vendor_id, currency=currency, actor=actor, at=at)
    if made is None:
        balances = await sql.balances(tx, vendor_id=vendor_id)
        payable = sum(row.payable_minor for row in balances if row.currency == currency)
        raise NothingToPayOut(payable_minor=payable, currency=currency)
    payout = _view(made)
    detail = {"vendor_id": vendor_id, "amount_minor": made.amount_minor, "currency": currency}
    await audit.record(tx, actor=actor, action="payout.made", subject=made.id, detail=detail, at=at)
    return payout


async def mark_paid(
    tx: Transaction, *, payout_id: str, bank_reference: str, actor: str, at: datetime
) -> Payout:
    """The bank has sent a payout; raises NotFound, or MoveRefused the second time."""
    marked = await sql.mark(tx, id=payout_id, bank_reference=bank_reference, actor=actor, at=at)
    if marked is None:
        if await sql.find(tx, id=payout_id) is None:
            raise NotFound(kind="payout", id=payout_id)
        raise MoveRefused(state="paid", event="paid", possible=[])
    await audit.record(tx, actor=actor, action="payout.paid", subject=payout_id, at=at)
    return _view(marked)


async def page_of_payouts(
    connection: Connection, *, vendor_id: str, before: str, rows_max: int
) -> list[Payout]:
    """A vendor's payouts, newest first, those behind the cursor."""
    rows = await sql.page(connection, vendor_id=vendor_id, before=before, rows_max=rows_max)
    return [_view(row) for row in rows]


def _view(row: PayoutRow) -> Payout:
    amount = Money(row.amount_minor, row.currency)
    return Payout(row.id, row.vendor_id, amount, row.made_at, row.bank_reference, row.paid_at)

"""Letters as rows: one is asked for in the transaction of its cause, and sent once by the worker.

A row names a kind and a subject, never an address or a text: both are made when it is sent
(``notify/``). Who asks twice asks once, unless there was nothing to say the first time. A new kind is a
name here, a line in ``notify/write.py``, a template, and the line that asks for it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from holdfast.db.queries import Do, Many, Maybe, Queries, Transaction
from holdfast.db.together import Part


class About(StrEnum):
    """What a letter is about. Its subject is an id, with what else is meant behind a slash."""

    ORDER_RECEIVED = "order_received"
    """order: it is placed, and how to pay it."""
    ORDER_CONFIRMED = "order_confirmed"
    """order: its money is there or set aside, or it is to be paid at the door."""
    PAYMENT_FAILED = "payment_failed"
    """order: it may be paid again."""
    ORDER_EXPIRED = "order_expired"
    """order: its units are no longer kept."""
    ORDER_CANCELLED = "order_cancelled"
    """order: it has ended."""
    GOODS_OWED = "goods_owed"
    """order: it is paid, and its goods are waited for."""
    GOODS_UNDECIDED = "goods_undecided"
    """order: it is paid, its goods are gone, and a person decides what becomes of it."""
    GOODS_ARRIVED = "goods_arrived"
    """order: what was waited for is there."""
    MONEY_TOO_LATE = "money_too_late"
    """order: it was paid when its goods were gone, and the money goes back."""
    PAID_AFTER_CANCELLING = "paid_after_cancelling"
    """order/attempt/sum so far: it had ended before, and the money goes back."""
    PAID_SHORT = "paid_short"
    """order/attempt/sum so far: something is missing."""
    PAID_TOO_MUCH = "paid_too_much"
    """order/attempt/sum so far: what was too much goes back."""
    PAID_TWICE = "paid_twice"
    """order: the second payment goes back."""
    SHIPPED = "shipped"
    """order/shipment: it is on its way."""
    DELIVERED = "delivered"
    """order/shipment: it has arrived."""
    REFUND_STARTED = "refund_started"
    """order/refund: the provider is being asked."""
    REFUND_DONE = "refund_done"
    """order/refund: the money is back."""
    REFUND_FAILED = "refund_failed"
    """order/refund: the shop has to find another way."""
    RETURN_REQUESTED = "return_requested"
    """order/return: the shop knows that goods are to come back."""
    RETURN_APPROVED = "return_approved"
    """order/return: they may be sent."""
    RETURN_REFUSED = "return_refused"
    """order/return: they may not, and why."""
    RETURN_WITHDRAWN = "return_withdrawn"
    """order/return: its buyer keeps them."""
    RETURN_RECEIVED = "return_received"
    """order/return: they are here."""
    RETURN_REFUNDED = "return_refunded"
    """order/return: the money for them goes back."""
    RETURN_EXCHANGED = "return_exchanged"
    """order/return: other goods are given for them."""
    RETURN_CREDITED = "return_credited"
    """order/return: a credit is given for them."""
    RETURN_CLOSED = "return_closed"
    """order/return: nothing is given for them, and why."""
    BACK_IN_STOCK = "back_in_stock"
    """alert: what somebody waits for can be had again."""
    LOW_STOCK = "low_stock"
    """moment: the SKUs that became few then; to the staff."""
    RETURN_TO_DECIDE = "return_to_decide"
    """order/return: a buyer asks to send goods back; to the staff."""
    DISPUTE_OPENED = "dispute_opened"
    """dispute/moment: a buyer asks money back at the bank; to the staff."""
    DISPUTE_EVIDENCE_DUE = "dispute_evidence_due"
    """dispute/moment: and until when the shop has to answer there; to the staff."""
    DISPUTE_DUE_SOON = "dispute_due_soon"
    """dispute/moment of the answer: nobody has said that it was answered; to the staff."""
    DISPUTE_WON = "dispute_won"
    """dispute/moment: the bank leaves the money; to the staff."""
    DISPUTE_LOST = "dispute_lost"
    """dispute/moment: the bank has taken it; to the staff."""
    DESK_MATTER = "desk_matter"
    """matter: it is urgent; to the staff."""


class Wanted(NamedTuple):
    """A letter that is to be sent."""

    about: About
    subject: str


class Due(msgspec.Struct, frozen=True):
    """A letter that was taken to be sent, for the n-th time."""

    kind: str
    subject: str
    tries: int


class sql(Queries):
    ask: Do
    claim: Maybe[int]
    state: Maybe[str]
    take: Many[Due]
    end: Do
    put_off: Do
    sweep: Do


async def ask(tx: Transaction, wanted: Collection[Wanted], *, at: datetime) -> None:
    """Have letters sent once this commits."""
    if wanted:
        await sql.ask(tx, **asking(wanted, at=at).given)


def asking(wanted: Collection[Wanted], *, at: datetime) -> Part:
    """The same as a part of a larger statement, for where a trip of its own would be one too many."""
    kinds, subjects = [w.about for w in wanted], [w.subject for w in wanted]
    return Part(sql.ask, {"kinds": kinds, "subjects": subjects, "at": at})


async def claim(
    tx: Transaction, *, kind: str, subject: str, lease_until: datetime, at: datetime
) -> int | None:
    """Take one letter, born with this if need be; answers the tries, None for what ended or is being sent."""
    return await sql.claim(tx, kind=kind, subject=subject, lease_until=lease_until, at=at)


async def has_ended(tx: Transaction, *, kind: str, subject: str) -> bool:
    """Whether nobody has to send it any more."""
    return await sql.state(tx, kind=kind, subject=subject) != "waiting"


async def take(tx: Transaction, *, lease_until: datetime, at: datetime, rows_max: int) -> list[Due]:
    """Take letters that are due, those that wait longest first; nobody else has them until the lease ends."""
    return await sql.take(tx, kinds=list(About), lease_until=lease_until, at=at, rows_max=rows_max)


async def end(tx: Transaction, *, kind: str, subject: str, state: str, at: datetime) -> None:
    """Write down how it ended: ``sent``, ``not_needed``, ``refused`` or ``given_up``."""
    await sql.end(tx, kind=kind, subject=subject, state=state, sent_at=at if state == "sent" else None)


async def put_off(tx: Transaction, *, kind: str, subject: str, due_at: datetime) -> None:
    """It may be tried again from then on."""
    await sql.put_off(tx, kind=kind, subject=subject, due_at=due_at)


async def sweep(tx: Transaction, *, before: datetime) -> int:
    """Forget what was asked for before then; no letter is tried for so long."""
    return await sql.sweep(tx, before=before)


def about_order(about: About, order_id: str, *more: object) -> Wanted:
    """A letter about an order, and about what else is meant."""
    return Wanted(about, "/".join([order_id, *map(str, more)]))


def about_each(wanted: Sequence[tuple[About | None, str]]) -> list[Wanted]:
    """The letters among these: what asks for none has None in its place."""
    return [Wanted(about, subject) for about, subject in wanted if about is not None]

"""Letters about orders, their money and their parcels: read as the buyer would see them at this moment."""

from collections.abc import Mapping

import msgspec

from holdfast.db.queries import Transaction
from holdfast.money import Money
from holdfast.notify.shop import Fill, Filled, Sender
from holdfast.order.order import UNPAID, State
from holdfast.order.read_order import LineView, OrderAnswer, read_order


def order_in(*states: State) -> Fill:
    """About an order, while it is in one of these states."""

    async def fill(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
        answer = await read_order(tx, subject.partition("/")[0])
        return to_buyer(answer, sender) if answer and answer.order.state in states else None

    return fill


def order_was(*states: State) -> Fill:
    """About an order that is in none of these states yet."""
    return order_in(*(state for state in State if state not in states))


def refund_in(*states: str) -> Fill:
    """About a refund, while it is in one of these states."""

    async def fill(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
        order_id, _, refund_id = subject.partition("/")
        answer = await read_order(tx, order_id)
        found = [r for r in answer.payment.refunds if r.id == refund_id] if answer else []
        if answer is None or not found or found[0].state not in states:
            return None
        return to_buyer(answer, sender, refund=found[0])

    return fill


async def undecided(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
    """While nobody has decided what becomes of an order that was paid too late."""
    answer = await read_order(tx, subject)
    waits = answer and answer.order.state == State.AWAITING_STOCK
    return to_buyer(answer, sender) if answer and waits and not _owed(answer) else None


async def underpaid(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
    """While something is missing of an order that may still be paid."""
    answer = await read_order(tx, subject.partition("/")[0])
    if answer is None or answer.order.state not in UNPAID:
        return None
    missing = answer.payment.due.amount - answer.payment.captured.amount
    return to_buyer(answer, sender, missing=Money(missing, answer.order.currency)) if missing > 0 else None


async def overpaid(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
    """Of an order that ends meanwhile all of the money goes back, and its own letters say so."""
    answer = await read_order(tx, subject.partition("/")[0])
    if answer is None or answer.order.state == State.CANCELLED:
        return None
    extra = answer.payment.captured.amount - answer.payment.due.amount
    return to_buyer(answer, sender, extra=Money(extra, answer.order.currency)) if extra > 0 else None


async def parcel(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
    """A parcel with what lies in it, unless it was unpacked."""
    order_id, _, shipment_id = subject.partition("/")
    answer = await read_order(tx, order_id)
    found = [s for s in answer.shipments if s.id == shipment_id] if answer else []
    if answer is None or not found:
        return None
    names = {line.position: line.name for line in answer.order.lines}
    inside = [{"name": names[x.position], "quantity": x.quantity} for x in found[0].lines]
    units = sum(line.quantity - line.cancelled for line in answer.order.lines)
    whole = units == sum(x.quantity for x in found[0].lines)
    return to_buyer(answer, sender, parcel=found[0], parcel_lines=inside, is_whole=whole)


def to_buyer(answer: OrderAnswer, sender: Sender, **more: object) -> Filled:
    """A letter to the buyer of an order: what all of them show, and more."""
    values: Mapping[str, object] = {
        "order": answer.order,
        "payment": answer.payment,
        "owed": _owed(answer),
        "until": sender.moment(answer.hold.expires_at) if answer.hold else None,
        "link": sender.order_link(answer.order.id),
        "money": sender.money,
        "money_of": lambda amount: sender.money(msgspec.convert(amount, Money)),
        **more,
    }
    return Filled(answer.order.email, values)


def _owed(answer: OrderAnswer) -> list[LineView]:
    return [line for line in answer.order.lines if line.owed]

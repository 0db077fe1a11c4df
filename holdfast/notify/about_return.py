"""Letters about goods that come back: to their buyer at every step, and to the staff who have to decide."""

from collections.abc import Sequence

from holdfast.db.queries import Transaction
from holdfast.money import Money
from holdfast.notify.about_order import to_buyer
from holdfast.notify.shop import Fill, Filled, Sender
from holdfast.order.read_order import OrderAnswer, read_order
from holdfast.refund import returns
from holdfast.refund.give_back import requests_of
from holdfast.refund.returns import Return
from holdfast.refund.rma import State


def return_in(state: State) -> Fill:
    """About a return, while it is in this state."""

    async def fill(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
        answer, found = await _read(tx, subject)
        if answer is None or found.state != state:
            return None
        return to_buyer(
            answer,
            sender,
            comment=found.comment,
            lines=await _lines(tx, answer, found),
            return_id=found.id,
            seller=sender.rules.seller,
            sum_back=await _sum_back(tx, found),
            why=await returns.why(tx, return_id=found.id),
        )

    return fill


async def to_decide(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
    """To the staff, unless somebody has decided or the buyer has thought better of it."""
    answer, found = await _read(tx, subject)
    if answer is None or found.state != State.REQUESTED:
        return None
    values = {"lines": await _lines(tx, answer, found), "order": answer.order, "return_id": found.id}
    return Filled(sender.rules.desk_email, values)


async def _read(tx: Transaction, subject: str) -> tuple[OrderAnswer | None, Return]:
    order_id, _, return_id = subject.partition("/")
    return await read_order(tx, order_id), await returns.find_return(tx, return_id=return_id)


async def _lines(tx: Transaction, answer: OrderAnswer, found: Return) -> Sequence[object]:
    """What comes back by name, why, and how much of it has come."""
    names = {line.position: line.name for line in answer.order.lines}
    return [
        {
            "name": names[x.position],
            "quantity": x.quantity,
            "reason": x.reason.replace("_", " "),
            "came": x.restocked + x.written_off,
        }
        for x in await returns.lines_of(tx, return_ids=[found.id])
    ]


async def _sum_back(tx: Transaction, found: Return) -> Money | None:
    """What is given back for it, if that is money."""
    if found.request_id is None:
        return None
    requests = await requests_of(tx, order_id=found.order_id)
    (asked,) = [x for x in requests if x.id == found.request_id]
    return Money(asked.amount_minor, asked.currency)

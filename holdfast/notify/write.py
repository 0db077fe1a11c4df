"""Which letter says what: one line for each kind of ``holdfast/letters.py``.

The template, and what reads the values that it is filled with when it is sent. What is not true any
more by then (an order that was paid while its first letter waited) is not said.
"""

from collections.abc import Mapping

from holdfast.db.queries import Transaction
from holdfast.letters import About, Due
from holdfast.notify.about_desk import low_stock, matter
from holdfast.notify.about_order import order_in, order_was, overpaid, parcel, refund_in, underpaid
from holdfast.notify.about_shelf import back_in_stock
from holdfast.notify.letter import Letter, write_letter
from holdfast.notify.shop import Fill, Sender
from holdfast.order.order import State

LETTERS: Mapping[About, tuple[str, Fill]] = {
    About.ORDER_RECEIVED: ("order/order_received", order_in(State.PENDING_PAYMENT)),
    About.ORDER_CONFIRMED: ("order/order_confirmed", order_was(State.CANCELLED, State.ARCHIVED)),
    About.ORDER_EXPIRED: ("order/order_expired", order_in(State.EXPIRED)),
    About.ORDER_CANCELLED: ("order/order_cancelled", order_in(State.CANCELLED)),
    About.GOODS_OWED: ("order/goods_owed", order_in(State.AWAITING_STOCK)),
    About.GOODS_ARRIVED: ("order/goods_arrived", order_was(State.CANCELLED, State.ARCHIVED)),
    About.PAYMENT_FAILED: ("money/payment_failed", order_in(State.PAYMENT_FAILED)),
    About.MONEY_TOO_LATE: ("money/money_too_late", order_in(State.CANCELLED)),
    About.PAID_SHORT: ("money/paid_short", underpaid),
    About.PAID_TOO_MUCH: ("money/paid_too_much", overpaid),
    About.PAID_TWICE: ("money/paid_twice", overpaid),
    About.REFUND_STARTED: ("money/refund_started", refund_in("requested", "pending")),
    About.REFUND_DONE: ("money/refund_done", refund_in("succeeded")),
    About.REFUND_FAILED: ("money/refund_failed", refund_in("failed")),
    About.SHIPPED: ("parcel/shipped", parcel),
    About.DELIVERED: ("parcel/delivered", parcel),
    About.BACK_IN_STOCK: ("shelf/back_in_stock", back_in_stock),
    About.LOW_STOCK: ("desk/low_stock", low_stock),
    About.DESK_MATTER: ("desk/desk_matter", matter),
}


async def write(tx: Transaction, due: Due, *, sender: Sender) -> Letter | None:
    """A letter that is due; None when there is nothing to say, or nobody to say it to."""
    about = About(due.kind)
    if about in sender.rules.letters_off:
        return None
    template, fill = LETTERS[about]
    filled = await fill(tx, due.subject, sender)
    if filled is None or not filled.to:
        return None
    return write_letter(template, to=filled.to, shop=sender.rules.name, stop=filled.stop, **filled.values)

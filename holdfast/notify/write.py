"""Which letter says what: one line for each kind of ``holdfast/letters.py``.

The template, and what reads the values that it is filled with when it is sent. What is not true any
more by then (an order that was paid while its first letter waited) is not said.
"""

from collections.abc import Mapping

from holdfast.db.queries import Transaction
from holdfast.letters import About, Due
from holdfast.notify.about_desk import dispute_in, low_stock, matter
from holdfast.notify.about_order import (
    order_in,
    order_was,
    overpaid,
    parcel,
    refund_in,
    undecided,
    underpaid,
)
from holdfast.notify.about_return import return_in, to_decide
from holdfast.notify.about_shelf import back_in_stock
from holdfast.notify.letter import Letter, write_letter
from holdfast.notify.shop import Fill, Sender
from holdfast.order.order import State
from holdfast.refund.dispute import State as Dispute
from holdfast.refund.rma import State as Return

LETTERS: Mapping[About, tuple[str, Fill]] = {
    About.ORDER_RECEIVED: ("order/order_received", order_in(State.PENDING_PAYMENT)),
    About.ORDER_CONFIRMED: ("order/order_confirmed", order_was(State.CANCELLED, State.ARCHIVED)),
    About.ORDER_EXPIRED: ("order/order_expired", order_in(State.EXPIRED)),
    About.ORDER_CANCELLED: ("order/order_cancelled", order_in(State.CANCELLED)),
    About.GOODS_OWED: ("order/goods_owed", order_in(State.AWAITING_STOCK)),
    About.GOODS_UNDECIDED: ("order/goods_undecided", undecided),
    About.GOODS_ARRIVED: ("order/goods_arrived", order_was(State.CANCELLED, State.ARCHIVED)),
    About.PAYMENT_FAILED: ("money/payment_failed", order_in(State.PAYMENT_FAILED)),
    About.MONEY_TOO_LATE: ("money/money_too_late", order_in(State.CANCELLED)),
    About.PAID_AFTER_CANCELLING: ("money/paid_after_cancelling", order_in(State.CANCELLED, State.ARCHIVED)),
    About.PAID_SHORT: ("money/paid_short", underpaid),
    About.PAID_TOO_MUCH: ("money/paid_too_much", overpaid),
    About.PAID_TWICE: ("money/paid_twice", overpaid),
    About.REFUND_STARTED: ("money/refund_started", refund_in("requested", "pending")),
    About.REFUND_DONE: ("money/refund_done", refund_in("succeeded")),
    About.REFUND_FAILED: ("money/refund_failed", refund_in("failed")),
    About.SHIPPED: ("parcel/shipped", parcel),
    About.DELIVERED: ("parcel/delivered", parcel),
    About.RETURN_REQUESTED: ("returns/requested", return_in(Return.REQUESTED)),
    About.RETURN_APPROVED: ("returns/approved", return_in(Return.APPROVED)),
    About.RETURN_REFUSED: ("returns/refused", return_in(Return.REFUSED)),
    About.RETURN_WITHDRAWN: ("returns/withdrawn", return_in(Return.WITHDRAWN)),
    About.RETURN_RECEIVED: ("returns/received", return_in(Return.RECEIVED)),
    About.RETURN_REFUNDED: ("returns/refunded", return_in(Return.REFUNDED)),
    About.RETURN_EXCHANGED: ("returns/exchanged", return_in(Return.EXCHANGED)),
    About.RETURN_CREDITED: ("returns/credited", return_in(Return.CREDITED)),
    About.RETURN_CLOSED: ("returns/closed", return_in(Return.CLOSED)),
    About.BACK_IN_STOCK: ("shelf/back_in_stock", back_in_stock),
    About.LOW_STOCK: ("desk/low_stock", low_stock),
    About.RETURN_TO_DECIDE: ("desk/return_to_decide", to_decide),
    About.DISPUTE_OPENED: ("desk/dispute_opened", dispute_in(Dispute.OPENED)),
    About.DISPUTE_EVIDENCE_DUE: ("desk/dispute_evidence_due", dispute_in(Dispute.EVIDENCE_DUE)),
    About.DISPUTE_DUE_SOON: ("desk/dispute_due_soon", dispute_in(Dispute.EVIDENCE_DUE)),
    About.DISPUTE_WON: ("desk/dispute_won", dispute_in(Dispute.WON)),
    About.DISPUTE_LOST: ("desk/dispute_lost", dispute_in(Dispute.LOST)),
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

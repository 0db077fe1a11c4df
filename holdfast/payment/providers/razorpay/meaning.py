"""What Razorpay's objects mean in the shop's words. Pure: objects in, facts out (gateways.md §3.2-3.8).

An order, or a link, is what its payments have made of it: there may be several, and two of them
may have taken money. None means a status that we do not know, which is neither a yes nor a no.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import DisputeSaid, RefundSaid, Refused, Said
from holdfast.payment.providers.razorpay.objects import (
    Dispute,
    ErrorAnswer,
    Link,
    Notes,
    Order,
    Payment,
    Ref,
    Refund,
)
from holdfast.payment.wire import amounts
from holdfast.payment.wire.references import bare, whole

NAME = "razorpay"
REFUND_ID, REFUND_OF = "refund_id", "refund_of"
"""Notes of our refunds: our id, and the object of ours that the money was paid for."""

_FINAL = "BAD_REQUEST_ERROR"
_UNTOUCHED, _PAID = "created", "paid"
_MONEY = (AttemptState.AUTHORIZED, AttemptState.CAPTURED)
# `refunded` after a capture; what was authorised and never captured lapses into the same word.
_TRIES = {
    "created": AttemptState.PENDING,
    "authorized": AttemptState.AUTHORIZED,
    "captured": AttemptState.CAPTURED,
    "refunded": AttemptState.EXPIRED,
    "failed": AttemptState.FAILED,
}
_LINKS = {
    "created": AttemptState.PENDING,
    "partially_paid": AttemptState.CAPTURED,
    "paid": AttemptState.CAPTURED,
    "cancelled": AttemptState.CANCELLED,
    "expired": AttemptState.EXPIRED,
}
_REFUNDS = {"pending": "pending", "processed": "succeeded", "failed": "failed"}
_DISPUTES = {"won": "won", "lost": "lost"}


def receipt_of(attempt_id: str) -> str:
    """The receipt of our order: the attempt's id."""
    return attempt_id


def reference_of(attempt_id: str) -> str:
    """The reference of our link, written otherwise: its order may have it as receipt and is not ours."""
    return bare(attempt_id)


def is_ours(order: Order) -> bool:
    """Whether we made this order, and not a link or somebody else."""
    return order.receipt is not None and order.receipt == whole(order.receipt)


def try_state(payment: Payment) -> AttemptState | None:
    """What one try has come to, by its status and not by ``captured`` (§3.7)."""
    state = _TRIES.get(payment.status)
    return AttemptState.CAPTURED if payment.status == "refunded" and payment.captured else state


def taken(payments: Sequence[Payment]) -> list[Payment]:
    """Those whose money was taken, oldest first, whether or not it was given back."""
    return [payment for payment in _oldest_first(payments) if try_state(payment) is AttemptState.CAPTURED]


def order_says(
    order: Order, payments: Sequence[Payment], *, live: bool, next_action: dict[str, Any] | None = None
) -> Said | None:
    """An order by its payments; one that is paid and does not show them is paid all the same."""
    blank = Said(
        provider_ref=order.id,
        state=AttemptState.PENDING,
        amount_minor=amounts.to_minor(NAME, order.amount, order.currency),
        currency=order.currency,
        live=live,
        reference=whole(order.receipt) if is_ours(order) else None,
        next_action=next_action,
    )
    now = _by_payments(blank, payments)
    if now is None or now.state in _MONEY or order.status != _PAID:
        return now
    return _all_of(blank, order.amount_paid)


def link_says(
    link: Link, payments: Sequence[Payment], *, live: bool, next_action: dict[str, Any] | None = None
) -> Said | None:
    """A link by the payments of its order; money comes before what the link itself says."""
    state = _LINKS.get(link.status)
    if state is None:
        return None
    blank = Said(
        provider_ref=link.id,
        state=AttemptState.PENDING,
        amount_minor=amounts.to_minor(NAME, link.amount, link.currency),
        currency=link.currency,
        live=live,
        reference=whole(link.reference_id),
        next_action=next_action,
    )
    now = _by_payments(blank, payments)
    if now is None or now.state in _MONEY or state is AttemptState.PENDING:
        return now
    if state is not AttemptState.CAPTURED:
        return replace(blank, state=state, next_action=None)
    part = link.status == "partially_paid"
    charge = link.payments[0].payment_id if link.payments else None
    return replace(_all_of(blank, link.amount_paid), part=part, charge_ref=charge)


def payment_says(payment: Payment, *, live: bool) -> Said | None:
    """A hint of one try, under its order; None for one without an order, which was never ours."""
    state = try_state(payment)
    if state is None or payment.order_id is None:
        return None
    return Said(
        provider_ref=payment.order_id,
        state=AttemptState.PENDING if state is AttemptState.FAILED else state,
        amount_minor=amounts.to_minor(NAME, payment.amount, payment.currency),
        currency=payment.currency,
        live=live,
        declined=_why(payment),
        charge_ref=payment.id,
    )


def refund_says(refund: Refund, *, live: bool) -> RefundSaid | None:
    """A refund; one of ours names in its notes what it was paid for, another one only its payment."""
    state = _REFUNDS.get(refund.status)
    if state is None:
        return None
    return RefundSaid(
        provider_ref=refund.id,
        payment_ref=note_of(refund.notes, REFUND_OF) or refund.payment_id,
        state=state,
        amount_minor=amounts.to_minor(NAME, refund.amount, refund.currency),
        currency=refund.currency,
        live=live,
        reference=note_of(refund.notes, REFUND_ID),
    )


def dispute_says(dispute: Dispute, *, live: bool) -> DisputeSaid:
    """A dispute; one that was closed without a verdict is lost only if it took money."""
    state = _DISPUTES.get(dispute.status, "open")
    if dispute.status == "closed":
        state = "lost" if dispute.amount_deducted else "won"
    return DisputeSaid(
        provider_ref=dispute.id,
        payment_ref=dispute.payment_id,
        state=state,
        amount_minor=amounts.to_minor(NAME, dispute.amount, dispute.currency),
        currency=dispute.currency,
        live=live,
        due_at=datetime.fromtimestamp(dispute.respond_by, UTC) if dispute.respond_by else None,
    )


def refusal(body: bytes) -> Refused | None:
    """A final no; None for trouble at a bank or at Razorpay, and where our key has done something else."""
    error = msgspec.json.decode(body, type=ErrorAnswer).error
    if error.code != _FINAL or "idempotency" in error.description.lower():
        return None
    reason = error.reason if error.reason not in (None, "", "NA") else error.code
    return Refused(reason or error.code, error.description)


def is_untouched(order: Order) -> bool:
    """Nobody has tried to pay it, so that there are no payments to read."""
    return order.status == _UNTOUCHED


def best_of(orders: Sequence[Order]) -> Order | None:
    """Of several orders under one receipt: one with money, else one with tries, else the oldest."""
    ranks = {_PAID: 2, _UNTOUCHED: 0}
    return max(
        reversed(orders), key=lambda order: (ranks.get(order.status, 1), -order.created_at), default=None
    )


def note_of(notes: Notes, name: str, kind: Any = Ref) -> str | None:
    """A text that we have noted; notes can be edited on the dashboard, so anything may stand there."""
    try:
        noted: str | None = msgspec.convert(notes.get(name) if isinstance(notes, dict) else None, kind | None)
    except msgspec.ValidationError:
        return None
    return noted


def _by_payments(blank: Said, payments: Sequence[Payment]) -> Said | None:
    """What the tries have made of an object: the sum of what was taken, or what was set aside, or why not."""
    tries = _oldest_first(payments)
    states = [try_state(payment) for payment in tries]
    if None in states:
        return None
    money = taken(payments)
    if money:
        return _sum_of(blank, money)
    if AttemptState.AUTHORIZED in states:
        held = tries[states.index(AttemptState.AUTHORIZED)]
        return replace(_sum_of(blank, [held]), state=AttemptState.AUTHORIZED)
    if not tries:
        return blank
    if states[-1] is AttemptState.PENDING:  # somebody is paying just now
        return replace(blank, next_action=None)
    if AttemptState.EXPIRED in states:
        return replace(blank, state=AttemptState.EXPIRED, next_action=None)
    return replace(blank, declined=_why(tries[-1]))


def _sum_of(blank: Said, money: Sequence[Payment]) -> Said:
    """More than was asked, if two tries succeeded: settling gives the surplus back (§3.10).

    Money in another currency than the order's is told only where there is no other; it does not add up.
    """
    currency = blank.currency if any(one.currency == blank.currency for one in money) else money[0].currency
    fitting = [payment for payment in money if payment.currency == currency]
    units = sum(payment.amount for payment in fitting)
    return replace(_all_of(blank, units, currency), charge_ref=fitting[0].id)


def _all_of(blank: Said, units: int, currency: str | None = None) -> Said:
    currency = currency or blank.currency
    if units == 0:
        raise ValueError("something was paid and it does not say how much")
    return replace(
        blank,
        state=AttemptState.CAPTURED,
        amount_minor=amounts.to_minor(NAME, units, currency),
        currency=currency,
        next_action=None,
    )


def _oldest_first(payments: Sequence[Payment]) -> list[Payment]:
    """They come newest first, those of one second too."""
    return sorted(payments, key=lambda payment: payment.created_at, reverse=True)[::-1]


def _why(payment: Payment) -> str | None:
    if payment.status != "failed":
        return None
    return payment.error_reason or payment.error_code or "declined"

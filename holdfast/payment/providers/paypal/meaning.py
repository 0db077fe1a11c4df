"""What PayPal's objects mean in the shop's words. Pure: bytes in, facts out (gateways.md §6.2-6.5).

None means a status that we do not know, which is neither a yes nor a no. An order that is
``COMPLETED`` is not paid by that: what hangs on it says where the money is.
"""

import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import DisputeSaid, RefundSaid, Refused, Said, redirect
from holdfast.payment.providers.paypal.objects import (
    Dispute,
    ErrorAnswer,
    Link,
    Money,
    Moved,
    Order,
    Refund,
    Token,
)
from holdfast.payment.wire import amounts
from holdfast.payment.wire.references import whole

NAME = "paypal"
DECLINED = frozenset({"INSTRUMENT_DECLINED", "TRANSACTION_REFUSED"})
"""The buyer's instrument was refused; the order lives on for another (§6.5)."""

_ORDER_STATES = {
    "CREATED": AttemptState.PENDING,
    "SAVED": AttemptState.PENDING,
    "PAYER_ACTION_REQUIRED": AttemptState.REQUIRES_ACTION,
    "APPROVED": AttemptState.REQUIRES_ACTION,
    "VOIDED": AttemptState.CANCELLED,
}
_CAPTURE_STATES = {
    "COMPLETED": AttemptState.CAPTURED,
    "PARTIALLY_REFUNDED": AttemptState.CAPTURED,
    "REFUNDED": AttemptState.CAPTURED,
    "PENDING": AttemptState.PENDING,
    "DECLINED": AttemptState.FAILED,
    "FAILED": AttemptState.FAILED,
}
# What was captured is said by the captures themselves; EXPIRED is of an older set.
_HOLD_STATES = {
    "CREATED": AttemptState.AUTHORIZED,
    "PENDING": AttemptState.PENDING,
    "DENIED": AttemptState.FAILED,
    "VOIDED": AttemptState.CANCELLED,
    "EXPIRED": AttemptState.EXPIRED,
}
_SPENT_HOLDS = ("CAPTURED", "PARTIALLY_CAPTURED")
_REFUND_STATES = {
    "COMPLETED": "succeeded",
    "PENDING": "pending",
    "FAILED": "failed",
    "CANCELLED": "failed",
}
# Other outcomes, and those that we do not know, leave a dispute open for people.
_DISPUTE_STATES = {
    "RESOLVED_SELLER_FAVOUR": "won",
    "CANCELED_BY_BUYER": "won",
    "RESOLVED_BUYER_FAVOUR": "lost",
}
_TO_THE_PAGE = ("payer-action", "approve")
_UP = re.compile(r"/(captures|orders)/([A-Za-z0-9-]{1,100})\Z")
_ADDRESS = re.compile(r"https?://[!-~]{1,4000}")


def order_of(body: bytes | Raw) -> Order | None:
    """An order with its one purchase unit; None for another's, which may have more."""
    order = msgspec.json.decode(body, type=Order)
    return order if len(order.purchase_units) == 1 else None


def order_says(order: Order, *, live: bool) -> Said | None:
    """An order: its captures first, then what is set aside, then its own status."""
    (unit,) = order.purchase_units
    base = Said(
        provider_ref=order.id,
        state=AttemptState.PENDING,
        amount_minor=_minor(unit.amount),
        currency=unit.amount.currency_code,
        live=live,
        reference=whole(unit.custom_id),
    )
    captures = [(_CAPTURE_STATES.get(one.status), one) for one in unit.payments.captures]
    if any(state is None for state, _ in captures):
        return None
    taken = [one for state, one in captures if state is AttemptState.CAPTURED]
    if taken:
        return _taken(base, taken)
    waiting = [one for state, one in captures if state is AttemptState.PENDING]
    if waiting:
        return replace(base, charge_ref=waiting[0].id)
    failed = [one for _, one in captures]
    held = unit.payments.authorizations[-1] if unit.payments.authorizations else None
    if held is not None and not (failed and held.status in _SPENT_HOLDS):
        return _held(base, held)
    why = _why(failed[-1]) if failed else None
    if failed and order.status == "COMPLETED":
        return replace(base, state=AttemptState.FAILED, declined=why)
    state = _ORDER_STATES.get(order.status)
    if state is None:
        return None
    page = address(order.links, *_TO_THE_PAGE) if order.status != "VOIDED" else None
    return replace(
        base,
        state=state,
        next_action=redirect(page) if page else None,
        declined=why,
        approved=order.status == "APPROVED",
    )


def capture_says(body: bytes | Raw, *, live: bool) -> Said | None:
    """A capture; its order is named beside it."""
    one = msgspec.json.decode(body, type=Moved)
    state = _CAPTURE_STATES.get(one.status)
    if state is None:
        return None
    failed = state is AttemptState.FAILED
    said = _moved(one, state, live=live)
    return replace(said, declined=_why(one) if failed else None, charge_ref=None if failed else one.id)


def hold_says(body: bytes | Raw, *, live: bool) -> Said | None:
    """An authorisation; None also for one that was captured, of which its captures tell."""
    one = msgspec.json.decode(body, type=Moved)
    state = _HOLD_STATES.get(one.status)
    return None if state is None else _held(_moved(one, state, live=live), one)


def refund_says(body: bytes | Raw, *, live: bool) -> RefundSaid | None:
    """A refund; None also where no link names its capture."""
    return refund_of(msgspec.json.decode(body, type=Refund), live=live)


def refund_of(refund: Refund, *, live: bool) -> RefundSaid | None:
    """The same of one that was read as a part of its order."""
    state, up = _REFUND_STATES.get(refund.status), _last_part(refund.links, "captures")
    if state is None or up is None:
        return None
    return RefundSaid(
        provider_ref=refund.id,
        payment_ref=up,
        state=state,
        amount_minor=_minor(refund.amount),
        currency=refund.amount.currency_code,
        live=live,
        reference=whole(refund.custom_id) or whole(refund.invoice_id),
    )


def dispute_says(body: bytes | Raw, *, live: bool) -> DisputeSaid | None:
    """A dispute of one capture; None for one of several, or of none."""
    dispute = msgspec.json.decode(body, type=Dispute)
    if len(dispute.disputed_transactions) != 1:
        return None
    outcome = dispute.dispute_outcome.outcome_code if dispute.dispute_outcome else ""
    decided = _DISPUTE_STATES.get(outcome, "open") if dispute.status == "RESOLVED" else "open"
    return DisputeSaid(
        provider_ref=dispute.dispute_id,
        payment_ref=dispute.disputed_transactions[0].seller_transaction_id,
        state=decided,
        amount_minor=_minor(dispute.dispute_amount),
        currency=dispute.dispute_amount.currency_code,
        live=live,
    )


def token(body: bytes) -> tuple[str, int]:
    """What is to stand in Authorization, and for how many seconds it is good (§6.1)."""
    found = msgspec.json.decode(body, type=Token)
    return f"Bearer {found.access_token}", found.expires_in


def refusal(body: bytes) -> Refused | None:
    """A final no: the first issue is its code (§6.5); None for what names neither issue nor error."""
    answer = msgspec.json.decode(body, type=ErrorAnswer)
    first = answer.details[0] if answer.details else None
    code = (first.issue if first else None) or answer.name or answer.error
    message = (first.description if first else "") or answer.message or answer.error_description
    return Refused(code, message) if code else None


def refusal_of_order(body: bytes) -> Refused | None:
    """The same of an order that is read: one that nobody approved in time is not found any more (§6.2)."""
    refused = refusal(body)
    absent = msgspec.json.decode(body, type=ErrorAnswer).name == "RESOURCE_NOT_FOUND"
    return replace(refused, gone=absent) if refused else None


def address(links: Sequence[Link], *rels: str) -> str | None:
    """Where the first of these links leads."""
    found = next((link.href for link in links if link.rel in rels), "")
    return found if _ADDRESS.fullmatch(found) else None


def _taken(base: Said, taken: Sequence[Moved]) -> Said | None:
    """What was taken, in one sum; None where it is of several currencies."""
    currency = taken[0].amount.currency_code
    if any(one.amount.currency_code != currency for one in taken):
        return None
    amount = sum(_minor(one.amount) for one in taken)
    return replace(
        base,
        state=AttemptState.CAPTURED,
        amount_minor=amount,
        currency=currency,
        charge_ref=taken[0].id,
    )


def _held(base: Said, held: Moved) -> Said | None:
    state = _HOLD_STATES.get(held.status)
    if state is None:
        return None
    said = replace(base, state=state, declined=_why(held) if state is AttemptState.FAILED else None)
    if state is not AttemptState.AUTHORIZED:
        return said
    return replace(said, amount_minor=_minor(held.amount), currency=held.amount.currency_code)


def _moved(one: Moved, state: AttemptState, *, live: bool) -> Said:
    order = one.supplementary_data.related_ids.order_id or _last_part(one.links, "orders")
    return Said(
        provider_ref=order or "",
        state=state,
        amount_minor=_minor(one.amount),
        currency=one.amount.currency_code,
        live=live,
        reference=whole(one.custom_id),
    )


def _last_part(links: Sequence[Link], kind: str) -> str | None:
    """The id of the capture or order that an object hangs on: ``…/captures/{id}``."""
    for link in links:
        found = _UP.search(link.href) if link.rel == "up" else None
        if found and found[1] == kind:
            return found[2]
    return None


def _why(one: Moved) -> str:
    reason = one.status_details.reason if one.status_details else None
    return reason or one.status


def _minor(money: Money) -> int:
    return amounts.from_text(NAME, money.value, money.currency_code)

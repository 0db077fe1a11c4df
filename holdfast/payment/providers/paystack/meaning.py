"""What Paystack's objects mean in the shop's words. Pure: bytes in, facts out (gateways.md §4.3-4.5).

None means a status that we do not know, or a yes that says nothing: neither a yes nor a no. Whatever
does not fit raises one of UNREADABLE.
"""

from typing import TypeVar

import msgspec

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import DisputeSaid, RefundSaid, Refused, Said
from holdfast.payment.providers.paystack.objects import (
    NUMBER_CHARS_MAX,
    Captured,
    Dispute,
    Envelope,
    ErrorAnswer,
    Page,
    Preauthorization,
    Refund,
    Refunded,
    RefundNews,
    Transaction,
    WireNumber,
)
from holdfast.payment.wire import amounts
from holdfast.payment.wire.references import whole

NAME = "paystack"
WHY_CHARS_MAX = 200

# Nobody tells of the end of an abandoned one, and it can still be paid: our own time for it decides (§4.3).
_STATES = {
    "abandoned": AttemptState.PENDING,
    "ongoing": AttemptState.REQUIRES_ACTION,
    "pending": AttemptState.PENDING,
    "processing": AttemptState.PENDING,
    "queued": AttemptState.PENDING,
    "success": AttemptState.CAPTURED,
    "failed": AttemptState.FAILED,
    "reversed": AttemptState.CAPTURED,
}
# What could not be taken, or not be let go, is still set aside.
_HOLD_STATES = {
    "abandoned": AttemptState.PENDING,
    "ongoing": AttemptState.REQUIRES_ACTION,
    "authorized": AttemptState.AUTHORIZED,
    "capture_failed": AttemptState.AUTHORIZED,
    "release_failed": AttemptState.AUTHORIZED,
    "captured": AttemptState.CAPTURED,
    "released": AttemptState.CANCELLED,
    "failed": AttemptState.FAILED,
}
# One that needs attention waits for the number of an account, which the merchant gives on the dashboard.
_REFUND_STATES = {
    "pending": "pending",
    "processing": "pending",
    "needs-attention": "pending",
    "processed": "succeeded",
    "failed": "failed",
}
_RESOLUTIONS = {"declined": "won", "merchant-accepted": "lost", "auto-accepted": "lost"}

_NOT_THERE = ("not found", "no preauthorized transaction exists")

Kind = TypeVar("Kind")


def content(body: bytes, kind: type[Kind]) -> Kind | None:
    """What a yes is about."""
    answer = msgspec.json.decode(body, type=Envelope)
    return msgspec.json.decode(answer.data, type=kind) if answer.status else None


def transaction_says(made: Transaction) -> Said | None:
    """A transaction; its amount is what was paid, and before that what is asked."""
    state = _STATES.get(made.status)
    if state is None:
        return None
    return Said(
        provider_ref=made.reference,
        state=state,
        amount_minor=amounts.to_minor(NAME, int(made.amount), made.currency),
        currency=made.currency,
        live=made.domain == "live",
        reference=whole(made.reference),
        declined=why(made.gateway_response) if state is AttemptState.FAILED else None,
        charge_ref=number(made.id),
    )


def capture_says(body: bytes) -> Captured | Refused | None:
    """Whether a capture was made: HTTP's yes says only that it was attempted (§4.4)."""
    answer = content(body, Captured)
    match answer and answer.status:
        case "success" | "captured":
            return answer
        case "failed" | "capture_failed":
            return Refused("capture_failed", why(answer and answer.gateway_response))
        case _:
            return None


def is_yes(body: bytes) -> bool | None:
    """A yes whose content does not matter, since it is looked at afterwards."""
    return msgspec.json.decode(body, type=Envelope).status or None


def hold_says(held: Preauthorization) -> Said | None:
    """A pre-authorisation; its charge is the transaction that took the money (§4.4)."""
    state = _HOLD_STATES.get(held.status)
    if state is None:
        return None
    taken = held.captured_amount if state is AttemptState.CAPTURED else None
    return Said(
        provider_ref=held.reference,
        state=state,
        amount_minor=amounts.to_minor(NAME, int(held.amount if taken is None else taken), held.currency),
        currency=held.currency,
        live=held.domain == "live",
        reference=whole(held.reference),
        declined=why(held.message) if state is AttemptState.FAILED else None,
        charge_ref=None if held.transaction_id is None else number(held.transaction_id),
    )


def refund_says(refund: Refund, payment_ref: str) -> RefundSaid | None:
    """A refund of this payment; the merchant's note holds our id (§4.5)."""
    state = _REFUND_STATES.get(refund.status)
    if state is None:
        return None
    return RefundSaid(
        provider_ref=number(refund.id),
        payment_ref=payment_ref,
        state=state,
        amount_minor=amounts.to_minor(NAME, int(refund.amount), refund.currency),
        currency=refund.currency,
        live=refund.domain == "live",
        reference=whole(refund.merchant_note),
    )


def refund_news_says(news: RefundNews) -> RefundSaid | None:
    """What an event tells of a refund; which one it is is not said where it has no id (§4.6)."""
    state = _REFUND_STATES.get(news.status)
    if state is None:
        return None
    return RefundSaid(
        provider_ref="" if news.id is None else number(news.id),
        payment_ref=news.transaction_reference,
        state=state,
        amount_minor=amounts.to_minor(NAME, int(news.amount), news.currency),
        currency=news.currency,
        live=news.domain == "live",
        reference=whole(news.merchant_note),
    )


def dispute_says(dispute: Dispute) -> DisputeSaid:
    """A dispute; values that we do not know are open ones."""
    about = dispute.transaction
    amount = about.amount if dispute.refund_amount is None else dispute.refund_amount
    currency = dispute.currency or about.currency
    decided = dispute.status == "resolved"
    return DisputeSaid(
        provider_ref=number(dispute.id),
        payment_ref=about.reference,
        state=_RESOLUTIONS.get(dispute.resolution or "", "open") if decided else "open",
        amount_minor=amounts.to_minor(NAME, int(amount), currency),
        currency=currency,
        live=dispute.domain == "live",
    )


def refunds_say(body: bytes, transaction: str, payment_ref: str) -> tuple[list[RefundSaid], bool]:
    """The refunds of this transaction, newest first, and whether these are all and each of them is clear.

    Whether the list was narrowed to the transaction is not left to whoever made it.
    """
    page = msgspec.json.decode(body, type=Page)
    rows = [msgspec.json.decode(row, type=Refund) for row in page.data]
    said = [refund_says(row, payment_ref) for row in rows if _transaction_of(row) == transaction]
    known = [one for one in said if one is not None]
    return known, len(known) == len(said) and len(rows) >= int(page.meta.total)


def refusal(body: bytes) -> Refused | None:
    """A final no in Paystack's own words (§4.7)."""
    error = msgspec.json.decode(body, type=ErrorAnswer)
    return Refused(why(error.code or error.type, "refused"), error.message)


def is_absent(refused: Refused) -> bool:
    """Whether a no says that there is no such thing; not every answer has a code for it."""
    return refused.code == "transaction_not_found" or any(
        words in refused.message.lower() for words in _NOT_THERE
    )


def number(wire: WireNumber) -> str:
    """An id as text: it may be larger than a bigint; raises ValueError for what is none."""
    text = str(wire)
    if len(text) > NUMBER_CHARS_MAX:
        raise ValueError("an id of more than 64 bits")
    return text


def why(told: object, otherwise: str = "declined") -> str:
    """What is told as the reason, if that is a text that can be kept."""
    text = told.strip() if isinstance(told, str) else ""
    return text[:WHY_CHARS_MAX] if text.isprintable() and text else otherwise


def _transaction_of(refund: Refund) -> str:
    made = refund.transaction
    return number(made.id if isinstance(made, Refunded) else made)

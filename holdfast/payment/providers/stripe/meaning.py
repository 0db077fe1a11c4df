"""What Stripe's objects mean in the shop's words. Pure: bytes in, facts out (gateways.md §2.2-2.5).

None means a status that we do not know, which is neither a yes nor a no.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import DisputeSaid, RefundSaid, Refused, Said, client_secret, redirect
from holdfast.payment.providers.stripe.objects import (
    Dispute,
    ErrorAnswer,
    Intent,
    Page,
    Ref,
    Refund,
    Session,
)
from holdfast.payment.wire import amounts

NAME = "stripe"
IN_SESSION = "in_session"
"""Metadata of an intent whose session, not itself, is the object that we made."""

# `requires_payment_method` is also where a declined try leaves the intent.
_STATES = {
    "requires_payment_method": AttemptState.PENDING,
    "requires_confirmation": AttemptState.PENDING,
    "requires_action": AttemptState.REQUIRES_ACTION,
    "processing": AttemptState.PENDING,
    "requires_capture": AttemptState.AUTHORIZED,
    "succeeded": AttemptState.CAPTURED,
    "canceled": AttemptState.CANCELLED,
}
_LAPSED = ("expired", "automatic")
_WAITS_FOR_BUYER = ("requires_payment_method", "requires_confirmation", "requires_action")
_REFUND_STATES = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
# An inquiry that was closed took no money and no longer can (gateways.md §2.5); all else is open.
_DISPUTE_STATES = {"won": "won", "lost": "lost", "warning_closed": "won"}


def intent_says(body: bytes | msgspec.Raw, *, page_url: str) -> Said | None:
    """A PaymentIntent; of one inside a session what it says is said of the session, by its charge."""
    intent = msgspec.json.decode(body, type=Intent)
    state = _state_of(intent)
    if state is None:
        return None
    inside = IN_SESSION in intent.metadata
    return Said(
        provider_ref="" if inside else intent.id,
        state=state,
        amount_minor=amounts.to_minor(NAME, _amount_of(intent, state), intent.currency.upper()),
        currency=intent.currency.upper(),
        live=intent.livemode,
        reference=_reference(intent.metadata, "attempt_id"),
        next_action=None if inside else _next_action(intent, page_url),
        declined=_why_declined(intent),
        charge_ref=intent.id if inside else None,
    )


def intents_say(body: bytes, *, page_url: str) -> list[Said] | None:
    """What a search found; None also where one of them is neither a yes nor a no."""
    said = [intent_says(row, page_url=page_url) for row in msgspec.json.decode(body, type=Page).data]
    known = [one for one in said if one is not None]
    return known if len(known) == len(said) else None


def session_says(body: bytes | msgspec.Raw) -> Said | None:
    """A Checkout Session; once it is complete its intent, where that was sent along, knows better.

    A session that says only ``complete`` and ``unpaid`` is pending: with a delayed method, or with
    manual capture, the intent decides (gateways.md §2.3).
    """
    session = msgspec.json.decode(body, type=Session)
    currency = session.currency.upper()
    intent = session.payment_intent if isinstance(session.payment_intent, Intent) else None
    state = _state_of_session(session, intent)
    if state is None:
        return None
    has_money = state in (AttemptState.AUTHORIZED, AttemptState.CAPTURED)
    units = _amount_of(intent, state) if intent and has_money else session.amount_total
    open_url = session.url if session.status == "open" else None
    return Said(
        provider_ref=session.id,
        state=state,
        amount_minor=amounts.to_minor(NAME, units, currency),
        currency=currency,
        live=session.livemode,
        reference=_reference({"id": session.client_reference_id or ""}, "id"),
        next_action=redirect(open_url) if open_url else None,
        declined=_why_declined(intent) if intent and open_url else None,
        charge_ref=intent.id if intent else _id(session.payment_intent),
    )


def sessions_say(body: bytes) -> list[Said] | None:
    """A list of sessions; None also where one of them is neither a yes nor a no."""
    said = [session_says(row) for row in msgspec.json.decode(body, type=Page).data]
    known = [one for one in said if one is not None]
    return known if len(known) == len(said) else None


def refund_says(body: bytes | msgspec.Raw, *, live: bool) -> RefundSaid | None:
    """A refund, which does not say its mode; None also for one without an intent, which was never ours."""
    refund = msgspec.json.decode(body, type=Refund)
    state = _REFUND_STATES.get(refund.status)
    if state is None or refund.payment_intent is None:
        return None
    return RefundSaid(
        provider_ref=refund.id,
        payment_ref=refund.payment_intent,
        state=state,
        amount_minor=amounts.to_minor(NAME, refund.amount, refund.currency.upper()),
        currency=refund.currency.upper(),
        live=live,
        reference=_reference(refund.metadata or {}, "refund_id"),
    )


def dispute_says(body: bytes | msgspec.Raw, *, live: bool) -> DisputeSaid | None:
    """A dispute; values that we do not know are open ones."""
    dispute = msgspec.json.decode(body, type=Dispute)
    if dispute.payment_intent is None:
        return None
    due_by = dispute.evidence_details.due_by if dispute.evidence_details else None
    return DisputeSaid(
        provider_ref=dispute.id,
        payment_ref=dispute.payment_intent,
        state=_DISPUTE_STATES.get(dispute.status, "open"),
        amount_minor=amounts.to_minor(NAME, dispute.amount, dispute.currency.upper()),
        currency=dispute.currency.upper(),
        live=live,
        due_at=datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )


def refusal(body: bytes) -> Refused | None:
    """A final no in Stripe's own words; None where our key has done something else before (§2.8)."""
    error = msgspec.json.decode(body, type=ErrorAnswer).error
    return None if error.type == "idempotency_error" else Refused(error.code or error.type, error.message)


def _state_of_session(session: Session, intent: Intent | None) -> AttemptState | None:
    match session.status, session.payment_status:
        case "open", _:
            proving = intent is not None and intent.status == "requires_action"
            return AttemptState.REQUIRES_ACTION if proving else AttemptState.PENDING
        case "expired", _:
            return AttemptState.EXPIRED
        case "complete", "paid" | "no_payment_required" if intent is None:
            return AttemptState.CAPTURED
        case "complete", "paid" | "no_payment_required" | "unpaid":
            return _state_of(intent) if intent else AttemptState.PENDING
        case _:
            return None


def _id(intent: Intent | str | None) -> str | None:
    return intent if isinstance(intent, str) else None


def _state_of(intent: Intent) -> AttemptState | None:
    state = _STATES.get(intent.status)
    lapsed = state is AttemptState.CANCELLED and intent.cancellation_reason in _LAPSED
    return AttemptState.EXPIRED if lapsed else state


def _amount_of(intent: Intent, state: AttemptState) -> int:
    """In Stripe's units; raises ValueError for an intent that succeeded and does not say with how much."""
    amount: int | None = intent.amount
    if state is AttemptState.CAPTURED:
        amount = intent.amount_received
    if state is AttemptState.AUTHORIZED:
        amount = intent.amount_capturable
    if amount is None:
        raise ValueError("an intent has money and does not say how much")
    return amount


def _why_declined(intent: Intent) -> str | None:
    error = intent.last_payment_error if intent.status == "requires_payment_method" else None
    return (error.decline_code or error.code or "declined") if error else None


def _next_action(intent: Intent, page_url: str) -> dict[str, object] | None:
    if intent.client_secret is None or intent.status not in _WAITS_FOR_BUYER:
        return None
    page = page_url.replace("{id}", intent.id).replace("{client_secret}", intent.client_secret)
    return client_secret(intent.client_secret, page or None)


def _reference(metadata: Mapping[str, str], name: str) -> str | None:
    """Our own id; metadata can be edited on the dashboard, so anything may stand there."""
    try:
        return msgspec.convert(metadata.get(name), Ref | None)
    except msgspec.ValidationError:
        return None

"""What v4 says, in the shop's words. Pure: bytes in, facts out (gateways.md §5.2).

Refunds and chargebacks do not say their currency, which is their charge's.
"""

import re
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import (
    DisputeSaid,
    Facts,
    Proof,
    ProviderEvent,
    RefundSaid,
    Refused,
    Said,
    redirect,
)
from holdfast.payment.providers.flutterwave.envelope import NAME, Address, CurrencyText, Ref, Text, opened
from holdfast.payment.wire import amounts
from holdfast.payment.wire.call import key
from holdfast.payment.wire.references import whole

NO_CURRENCY = "XXX"
"""ISO 4217's own word, in a hint that does not say it."""

Seconds = Annotated[int, Meta(ge=0, le=86_400)]

_NO_KEY_CHAR = re.compile(r"[^0-9A-Za-z]")
_STATES = {"succeeded": AttemptState.CAPTURED, "failed": AttemptState.FAILED}
_REFUND_STATES = {"succeeded": "succeeded", "completed": "succeeded", "failed": "failed"}
# Who accepts a chargeback has lost it; one that was declined is still fought about. All else is open.
_DISPUTE_STATES = {"won": "won", "lost": "lost", "accepted": "lost"}


class _Token(msgspec.Struct, frozen=True):
    access_token: Annotated[str, Meta(pattern=r"\A[!-~]{1,8000}\Z")]
    expires_in: Seconds


class _Place(msgspec.Struct, frozen=True):
    url: Address


class _NextAction(msgspec.Struct, frozen=True):
    type: str
    redirect_url: _Place | None = None


class _Response(msgspec.Struct, frozen=True):
    type: Text | None = None


class Charge(msgspec.Struct, frozen=True):
    """One amount, one method, one try."""

    id: Ref
    amount: Decimal
    currency: CurrencyText
    reference: Text
    status: str
    next_action: _NextAction | None = None
    processor_response: _Response | None = None


class Refund(msgspec.Struct, frozen=True):
    """Money on its way back; its meta holds our id."""

    id: Ref
    charge_id: Ref
    amount_refunded: Decimal
    status: str
    meta: dict[str, object] | None = None


class Chargeback(msgspec.Struct, frozen=True):
    """A charge that the buyer's bank asks back."""

    id: Ref
    charge_id: Ref
    amount: Decimal
    status: str


class _Named(msgspec.Struct, frozen=True):
    """What an event about a refund or a chargeback says for certain."""

    id: Ref
    charge_id: Ref


class _Event(msgspec.Struct, frozen=True):
    type: Ref
    data: Raw
    webhook_id: Ref | None = None
    id: Ref | None = None


class _Problem(msgspec.Struct, frozen=True):
    type: Ref
    code: Text = ""
    message: Text = ""


class _Error(msgspec.Struct, frozen=True):
    """A refusal of the API; the identity provider has only a word."""

    error: _Problem | Ref
    error_description: Text = ""


def idempotency_key(operation: str, our_id: str, again: int | None) -> str:
    """Our key in the poorer alphabet: letters and digits, 12 to 255 of them."""
    return _NO_KEY_CHAR.sub("", key(operation, our_id, again))


def token(body: bytes) -> tuple[str, int]:
    """What stands in Authorization, and for how many seconds it is good."""
    found = msgspec.json.decode(body, type=_Token)
    return f"Bearer {found.access_token}", found.expires_in


def charge(body: bytes, *, live: bool) -> Said | None:
    """The charge that an answer is about."""
    data = opened(body)
    return None if data is None else charge_says(data, live=live)


def charges(body: bytes, *, live: bool) -> list[Said] | None:
    """A list of charges, newest first."""
    data = opened(body)
    if data is None:
        return None
    return [charge_says(row, live=live) for row in msgspec.json.decode(data, type=list[Raw])]


def charge_says(data: Raw, *, live: bool) -> Said:
    """A charge; one that is neither ``succeeded`` nor ``failed`` is under way, whatever it is called."""
    found = msgspec.json.decode(data, type=Charge)
    action = found.next_action
    state = _STATES.get(found.status, AttemptState.REQUIRES_ACTION if action else AttemptState.PENDING)
    place = action.redirect_url if action and state is AttemptState.REQUIRES_ACTION else None
    why = found.processor_response.type if found.processor_response else None
    return Said(
        provider_ref=found.id,
        state=state,
        amount_minor=amounts.from_text(NAME, found.amount, found.currency),
        currency=found.currency,
        live=live,
        reference=whole(found.reference),
        next_action=redirect(place.url) if place else None,
        declined=(why or "declined") if state is AttemptState.FAILED else None,
    )


def refund(body: bytes) -> Refund | None:
    """The refund that an answer is about."""
    data = opened(body)
    return None if data is None else msgspec.json.decode(data, type=Refund)


def refund_says(found: Refund, *, currency: str, live: bool) -> RefundSaid:
    """A refund of a charge in this currency; ``new``, and what we do not know, is under way."""
    return RefundSaid(
        provider_ref=found.id,
        payment_ref=found.charge_id,
        state=_REFUND_STATES.get(found.status, "pending"),
        amount_minor=amounts.from_text(NAME, found.amount_refunded, currency),
        currency=currency,
        live=live,
        reference=whole((found.meta or {}).get("refund_id")),
    )


def chargeback(body: bytes) -> Chargeback | None:
    """The chargeback that an answer is about."""
    data = opened(body)
    return None if data is None else msgspec.json.decode(data, type=Chargeback)


def chargeback_says(found: Chargeback, *, currency: str, live: bool) -> DisputeSaid:
    """A chargeback of a charge in this currency."""
    return DisputeSaid(
        provider_ref=found.id,
        payment_ref=found.charge_id,
        state=_DISPUTE_STATES.get(found.status, "open"),
        amount_minor=amounts.from_text(NAME, found.amount, currency),
        currency=currency,
        live=live,
    )


def event_says(body: bytes, *, live: bool, proof: Proof) -> ProviderEvent:
    """An event whose body is proved as far as ``proof``; kinds that mean nothing to us have no facts.

    One of a refund or a chargeback is to be asked about, since it lacks the currency. Raises UNREADABLE.
    """
    event = msgspec.json.decode(body.decode(), type=_Event)
    event_id = event.webhook_id or event.id
    if event_id is None:
        raise ValueError("it has no id")
    facts: Facts | None = None
    match event.type.split("."):
        case ["charge", "completed"]:
            facts = charge_says(event.data, live=live)
        case ["refund", _]:
            told = msgspec.json.decode(event.data, type=_Named)
            facts = RefundSaid(told.id, told.charge_id, "pending", 0, NO_CURRENCY, live)
        case ["chargeback", _]:
            told = msgspec.json.decode(event.data, type=_Named)
            facts = DisputeSaid(told.id, told.charge_id, "open", 0, NO_CURRENCY, live)
        case _:
            pass
    is_charge = facts is None or isinstance(facts, Said)
    return ProviderEvent(event_id, event.type, facts, proof if is_charge else Proof.ASK)


def refusal(body: bytes) -> Refused | None:
    """A final no in v4's own words."""
    error = msgspec.json.decode(body, type=_Error)
    if isinstance(error.error, str):
        return Refused(error.error, error.error_description)
    return Refused(error.error.type, f"{error.error.code} {error.error.message}".strip())

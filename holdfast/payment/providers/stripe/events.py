"""Stripe's webhooks: whether one was signed, and what it tells (gateways.md §2.6)."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Facts, Proof, ProviderEvent, Said
from holdfast.payment.providers.stripe.meaning import dispute_says, intent_says, refund_says, session_says
from holdfast.payment.providers.stripe.objects import Event
from holdfast.payment.wire.call import UNREADABLE
from holdfast.payment.wire.signature import check_hmac, check_moment


def check_stripe(header: str | None, body: bytes, *, secrets: Sequence[str], at: datetime) -> None:
    """Raise SignatureInvalid unless one ``v1`` of a Stripe-Signature header fits one of the secrets.

    We hold the future to the same bound as the past, unlike Stripe's own SDKs.
    """
    items = [item.partition("=") for item in (header or "").split(",")]
    if not all(equals for _, equals, _ in items):
        raise SignatureInvalid
    signed_at = next((value for name, _, value in items if name == "t"), "")
    check_moment(signed_at, at=at)
    digests = [value for name, _, value in items if name == "v1"]
    check_hmac(digests, signed_at.encode() + b"." + body, secrets=secrets)


def event_says(body: bytes, *, page_url: str) -> ProviderEvent:
    """An event; kinds and states that mean nothing to us have no facts. Raises RequestMalformed."""
    try:
        event = msgspec.json.decode(body.decode(), type=Event)
        facts = _facts(event, page_url=page_url)
        return ProviderEvent(event.id, event.type, facts, _proof(event, facts))
    except UNREADABLE as error:
        raise RequestMalformed(reason=f"This is not an event of Stripe's: {error}") from error


def _proof(event: Event, facts: Facts | None) -> Proof:
    """A session's event comes without its intent, which alone knows what was taken or set aside (§2.3)."""
    is_session = event.type.startswith("checkout.session.")
    ended = isinstance(facts, Said) and facts.state is AttemptState.EXPIRED
    return Proof.ASK if is_session and facts and not ended else Proof.SIGNED


def _facts(event: Event, *, page_url: str) -> Facts | None:
    thing = event.data.object
    match event.type.split("."):
        case ["payment_intent", _]:
            return intent_says(thing, page_url=page_url)
        case ["checkout", "session", _]:
            return session_says(thing)
        case ["refund", _] | ["charge", "refund", "updated"]:
            return refund_says(thing, live=event.livemode)
        case ["charge", "dispute", _]:
            return dispute_says(thing, live=event.livemode)
        case _:
            return None

"""PayPal's webhooks: what one tells (gateways.md §6.6). All of it is a hint, however well it is signed.

A signature covers the body by its CRC-32 alone, and a body of the same CRC is easily made.
"""

import msgspec
from msgspec import Raw

from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Facts, Proof, ProviderEvent, Said
from holdfast.payment.providers.paypal import meaning
from holdfast.payment.providers.paypal.objects import Event, ReversedApproval
from holdfast.payment.wire.call import UNREADABLE

NO_CURRENCY = "XXX"


def event_says(body: bytes, *, live: bool) -> ProviderEvent:
    """An event; kinds and states that mean nothing to us have no facts. Raises RequestMalformed."""
    try:
        event = msgspec.json.decode(body.decode(), type=Event)
        facts = _facts(event.event_type.split("."), event.resource, live=live)
        return ProviderEvent(event.id, event.event_type, facts, Proof.ASK)
    except UNREADABLE as error:
        raise RequestMalformed(reason=f"This is not an event of PayPal's: {error}") from error


def _facts(kind: list[str], resource: Raw, *, live: bool) -> Facts | None:
    match kind:
        case ["CHECKOUT", "ORDER", _]:
            order = meaning.order_of(resource)
            return meaning.order_says(order, live=live) if order else None
        case ["CHECKOUT", "PAYMENT-APPROVAL", "REVERSED"]:
            return _reversed(resource, live=live)
        case ["PAYMENT", "CAPTURE", "REFUNDED" | "REVERSED"] | ["PAYMENT", "REFUND", _]:
            return meaning.refund_says(resource, live=live)
        case ["PAYMENT", "CAPTURE", _]:
            return meaning.capture_says(resource, live=live)
        case ["PAYMENT", "AUTHORIZATION", _]:
            return meaning.hold_says(resource, live=live)
        case ["CUSTOMER", "DISPUTE", _]:
            return meaning.dispute_says(resource, live=live)
        case _:
            return None


def _reversed(resource: Raw, *, live: bool) -> Said:
    """Which order it is about is told, and no sum: how it stands has to be asked."""
    about = msgspec.json.decode(resource, type=ReversedApproval)
    return Said(about.order_id, AttemptState.CANCELLED, 0, NO_CURRENCY, live)

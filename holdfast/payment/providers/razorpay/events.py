"""Razorpay's webhooks: what one tells, and how far it is the whole story (gateways.md §3.7).

An event of a payment tells of one try. What its order has come to, or the link whose order it is,
only asking tells: another try may have taken money before. An order and a link tell their own sum.
"""

from hashlib import sha256

import msgspec
from msgspec.structs import replace

from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Facts, Proof, ProviderEvent, Said
from holdfast.payment.providers.razorpay import meaning
from holdfast.payment.providers.razorpay.objects import (
    Dispute,
    Event,
    Link,
    Order,
    Part,
    Payload,
    Payment,
    Refund,
)
from holdfast.payment.wire.call import UNREADABLE
from holdfast.payment.wire.references import content_key, whole


def event_says(body: bytes, *, live: bool) -> ProviderEvent:
    """An event; its id is not signed, so its key is its content (§12.6). Raises RequestMalformed."""
    try:
        event = msgspec.json.decode(body.decode(), type=Event)
        facts, proof = _facts(event, live=live)
    except UNREADABLE as error:
        raise RequestMalformed(reason=f"This is not an event of Razorpay's: {error}") from error
    return ProviderEvent(content_key(event.event, sha256(body).hexdigest()), event.event, facts, proof)


def _facts(event: Event, *, live: bool) -> tuple[Facts | None, Proof]:
    told = event.payload
    match event.event.split("."):
        case ["payment", "authorized" | "captured" | "failed"]:
            return _try(told, live=live), Proof.ASK
        case ["order", "paid"]:
            return _order(told, live=live)
        case ["payment_link", "paid" | "partially_paid" | "cancelled" | "expired"]:
            return _link(told, live=live), Proof.SIGNED
        case ["refund", "created" | "processed" | "failed"]:
            return _refund(told, live=live)
        case ["payment", "dispute", _]:
            dispute = msgspec.json.decode(_entity(told.dispute), type=Dispute)
            return meaning.dispute_says(dispute, live=live), Proof.SIGNED
        case _:
            return None, Proof.SIGNED


def _try(told: Payload, *, live: bool) -> Facts | None:
    return meaning.payment_says(_payment(told), live=live)


def _order(told: Payload, *, live: bool) -> tuple[Facts | None, Proof]:
    """One that we made shows all that was paid for it; of another one we have to ask whose it is.

    That of a link was seen in a shape of its own, which is not that of an order.
    """
    raw, payment = _entity(told.order), _payment(told)
    try:
        order = msgspec.json.decode(raw, type=Order)
    except msgspec.ValidationError:
        return meaning.payment_says(payment, live=live), Proof.ASK
    if not meaning.is_ours(order) or payment.currency != order.currency:
        return meaning.payment_says(payment, live=live), Proof.ASK
    return _charged(meaning.order_says(order, [], live=live), payment), Proof.SIGNED


def _link(told: Payload, *, live: bool) -> Facts | None:
    """What is not ours says nothing to us."""
    link = msgspec.json.decode(_entity(told.payment_link), type=Link)
    if whole(link.reference_id) is None:
        return None
    said = meaning.link_says(link, [], live=live)
    return _charged(said, _payment(told)) if told.payment else said


def _refund(told: Payload, *, live: bool) -> tuple[Facts | None, Proof]:
    """One of ours says so. What lapsed was never taken: that is news of the payment (§3.2)."""
    refund = msgspec.json.decode(_entity(told.refund), type=Refund)
    if told.payment is not None:
        payment = _payment(told)
        if meaning.try_state(payment) is not AttemptState.CAPTURED:
            return meaning.payment_says(payment, live=live), Proof.ASK
    said = meaning.refund_says(refund, live=live)
    return said, Proof.SIGNED if said and said.payment_ref != refund.payment_id else Proof.ASK


def _charged(said: Said | None, payment: Payment) -> Said | None:
    has_money = said is not None and said.state is AttemptState.CAPTURED
    return replace(said, charge_ref=payment.id) if said and has_money else said


def _payment(told: Payload) -> Payment:
    return msgspec.json.decode(_entity(told.payment), type=Payment)


def _entity(part: Part | None) -> msgspec.Raw:
    """Raises ValueError where the event does not bring what it is about."""
    if part is None:
        raise ValueError("it says nothing of what it is about")
    return part.entity

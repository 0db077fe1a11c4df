"""Paystack's webhooks: what one tells, and what makes it the one it is (gateways.md §4.6)."""

from hashlib import sha256

import msgspec

from holdfast.errors.request import RequestMalformed
from holdfast.payment.provider import Facts, Proof, ProviderEvent
from holdfast.payment.providers.paystack import meaning
from holdfast.payment.providers.paystack.objects import (
    Dispute,
    Event,
    Preauthorization,
    RefundNews,
    Transaction,
)
from holdfast.payment.wire.call import UNREADABLE
from holdfast.payment.wire.references import content_key


def event_says(body: bytes) -> ProviderEvent:
    """An event; kinds and states that mean nothing to us have no facts. Raises RequestMalformed."""
    try:
        event = msgspec.json.decode(body, type=Event)
        return _read(event, body)
    except UNREADABLE as error:
        raise RequestMalformed(reason=f"This is not an event of Paystack's: {error}") from error


def _read(event: Event, body: bytes) -> ProviderEvent:
    kind = event.event
    facts: Facts | None
    match kind.split("."):
        case ["charge", "dispute", _]:
            dispute = msgspec.json.decode(event.data, type=Dispute)
            facts = meaning.dispute_says(dispute)
            return ProviderEvent(
                content_key(kind, dispute.id, dispute.status, dispute.resolution), kind, facts
            )
        case ["charge", _]:
            made = msgspec.json.decode(event.data, type=Transaction)
            return ProviderEvent(
                content_key(kind, made.id, made.status), kind, meaning.transaction_says(made)
            )
        case ["preauthorization", _, _]:
            held = msgspec.json.decode(event.data, type=Preauthorization)
            return ProviderEvent(content_key(kind, held.id, held.status), kind, meaning.hold_says(held))
        case ["refund", _]:
            news = msgspec.json.decode(event.data, type=RefundNews)
            return _refund(kind, news)
        case _:
            return ProviderEvent(content_key(kind, sha256(body).hexdigest()), kind, None)


def _refund(kind: str, news: RefundNews) -> ProviderEvent:
    """Without an id it is a hint: the list of the transaction's refunds tells which one is meant."""
    names = (news.transaction_reference, news.id, news.refund_reference, news.amount, news.status)
    proof = Proof.ASK if news.id is None else Proof.SIGNED
    return ProviderEvent(content_key(kind, *names), kind, meaning.refund_news_says(news), proof)

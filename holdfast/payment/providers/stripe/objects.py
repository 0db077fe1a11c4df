"""Stripe's objects as its API shows them, cut to what we read of them (gateways.md §2).

Owns their shapes and bounds; what they mean is ``meaning.py``'s matter.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from holdfast.limits import TOTAL_MINOR_MAX

# What ends up in a column: nothing that PostgreSQL's text or bigint would refuse.
Ref = Annotated[str, Meta(pattern=r"\A[!-~]{1,255}\Z")]
WireAmount = Annotated[int, Meta(ge=0, le=TOTAL_MINOR_MAX)]
WireCurrency = Annotated[str, Meta(pattern=r"\A[a-z]{3}\Z")]
Address = Annotated[str, Meta(pattern=r"\Ahttps?://[!-~]{1,4000}\Z")]
Text = Annotated[str, Meta(pattern=r"\A[^\x00]*\Z")]


class PaymentError(msgspec.Struct, frozen=True):
    """Why the last try failed."""

    code: Ref | None = None
    decline_code: Ref | None = None


class Intent(msgspec.Struct, frozen=True):
    """A PaymentIntent."""

    id: Ref
    object: Literal["payment_intent"]
    status: str
    amount: WireAmount
    currency: WireCurrency
    livemode: bool
    amount_capturable: WireAmount | None = None
    amount_received: WireAmount | None = None
    client_secret: Ref | None = None
    cancellation_reason: str | None = None
    last_payment_error: PaymentError | None = None
    metadata: dict[str, str] = {}


class Session(msgspec.Struct, frozen=True):
    """A Checkout Session; its intent is an id, or the whole one where that was asked for."""

    id: Ref
    object: Literal["checkout.session"]
    status: str
    payment_status: str
    amount_total: WireAmount
    currency: WireCurrency
    livemode: bool
    client_reference_id: str | None = None
    payment_intent: Intent | Ref | None = None
    url: Address | None = None


class Refund(msgspec.Struct, frozen=True):
    """A refund; its metadata holds our id."""

    id: Ref
    object: Literal["refund"]
    status: str
    amount: WireAmount
    currency: WireCurrency
    payment_intent: Ref | None = None
    metadata: dict[str, str] | None = None


class EvidenceDetails(msgspec.Struct, frozen=True):
    """Until when evidence is wanted, in Unix seconds."""

    due_by: Annotated[int, Meta(ge=0, le=99_999_999_999)] | None = None


class Dispute(msgspec.Struct, frozen=True):
    """A dispute."""

    id: Ref
    object: Literal["dispute"]
    status: str
    amount: WireAmount
    currency: WireCurrency
    payment_intent: Ref | None = None
    evidence_details: EvidenceDetails | None = None


class Error(msgspec.Struct, frozen=True):
    """Why a call was refused."""

    type: Ref
    code: Ref | None = None
    message: Text = ""


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The outer shape of a refusal."""

    error: Error


class EventData(msgspec.Struct, frozen=True):
    """What an event is about, not yet read."""

    object: msgspec.Raw


class Event(msgspec.Struct, frozen=True):
    """The snapshot form; thin events have another ``object`` and no ``data``."""

    id: Ref
    object: Literal["event"]
    type: Ref
    livemode: bool
    data: EventData


class Page(msgspec.Struct, frozen=True):
    """A list or what a search found, newest first."""

    data: list[msgspec.Raw]
    has_more: bool = False

"""Paystack's objects as its API and its webhooks show them, cut to what we read of them (gateways.md §4).

Owns their shapes and bounds; what they mean is ``meaning.py``'s matter. Metadata is not read: it may be
an object, a text, an empty text or nothing (§4.3).
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from holdfast.limits import TOTAL_MINOR_MAX

# What ends up in a column: nothing that PostgreSQL's text or bigint would refuse.
Ref = Annotated[str, Meta(pattern=r"\A[!-~]{1,255}\Z")]
WireAmount = Annotated[int, Meta(ge=0, le=TOTAL_MINOR_MAX)] | Annotated[str, Meta(pattern=r"\A[0-9]{1,16}\Z")]
WireCurrency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
WireNumber = Annotated[int, Meta(ge=0)] | Annotated[str, Meta(pattern=r"\A[0-9]{1,20}\Z")]
"""An id of Paystack's, unsigned and of 64 bits; it is kept as text (§12.19)."""
Domain = Literal["test", "live"]
Address = Annotated[str, Meta(pattern=r"\Ahttps?://[!-~]{1,4000}\Z")]
Text = Annotated[str, Meta(pattern=r"\A[^\x00]*\Z")]

NUMBER_CHARS_MAX = 20


class Initialized(msgspec.Struct, frozen=True):
    """The answer to an ask: where the buyer is to go."""

    authorization_url: Address
    reference: Ref


class Transaction(msgspec.Struct, frozen=True):
    """One amount that a buyer is asked for."""

    id: WireNumber
    reference: Ref
    status: str
    amount: WireAmount
    currency: WireCurrency
    domain: Domain
    gateway_response: Any = None


class Preauthorization(msgspec.Struct, frozen=True):
    """An amount that is set aside first; its answers differ in what they show beside the first six."""

    id: WireNumber
    reference: Ref
    status: str
    amount: WireAmount
    currency: WireCurrency
    domain: Domain
    captured_amount: WireAmount | None = None
    transaction_id: WireNumber | None = None
    """Of the transaction that took the money."""
    message: Any = None


class Captured(msgspec.Struct, frozen=True):
    """What became of a capture; Paystack's descriptions do not agree about what else is shown."""

    status: str
    gateway_response: Any = None


class Refunded(msgspec.Struct, frozen=True):
    """The transaction of a refund, where the whole of it is shown."""

    id: WireNumber


class Refund(msgspec.Struct, frozen=True):
    """A refund as the API shows it."""

    id: WireNumber
    transaction: WireNumber | Refunded
    status: str
    amount: WireAmount
    currency: WireCurrency
    domain: Domain
    merchant_note: Any = None


class RefundNews(msgspec.Struct, frozen=True):
    """A refund as its events tell of it: mostly without its id, and never with our own."""

    transaction_reference: Ref
    status: str
    amount: WireAmount
    currency: WireCurrency
    domain: Domain
    id: WireNumber | None = None
    refund_reference: int | Ref | None = None
    merchant_note: Any = None


class Disputed(msgspec.Struct, frozen=True):
    """The transaction of a dispute."""

    reference: Ref
    amount: WireAmount
    currency: WireCurrency


class Dispute(msgspec.Struct, frozen=True):
    """A dispute; what it is about may be a part of its transaction."""

    id: WireNumber
    status: str
    domain: Domain
    transaction: Disputed
    refund_amount: WireAmount | None = None
    currency: WireCurrency | None = None
    resolution: str | None = None


class Envelope(msgspec.Struct, frozen=True):
    """The outer shape of every answer; ``status`` says that the call was understood, and no more."""

    status: bool
    data: msgspec.Raw = msgspec.Raw(b"null")


class PageMeta(msgspec.Struct, frozen=True):
    """How much of a list there is beside what is shown."""

    total: WireNumber


class Page(msgspec.Struct, frozen=True):
    """A list, newest first."""

    status: Literal[True]
    data: list[msgspec.Raw]
    meta: PageMeta


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The outer shape of a refusal; older ones have only a message."""

    status: Literal[False]
    message: Text = ""
    type: str = ""
    code: str = ""


class Event(msgspec.Struct, frozen=True):
    """A webhook: it has no id, and nothing says when it was made."""

    event: Annotated[str, Meta(pattern=r"\A[!-~]{1,100}\Z")]
    data: msgspec.Raw

"""Razorpay's objects as its API shows them, cut to what we read of them (gateways.md §3).

Owns their shapes and bounds; what they mean is ``meaning.py``'s matter.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from holdfast.limits import TOTAL_MINOR_MAX

# What ends up in a column: nothing that PostgreSQL's text or bigint would refuse.
Ref = Annotated[str, Meta(pattern=r"\A[!-~]{1,255}\Z")]
WireAmount = Annotated[int, Meta(ge=0, le=TOTAL_MINOR_MAX)]
WireCurrency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Address = Annotated[str, Meta(pattern=r"\Ahttps?://[!-~]{1,4000}\Z")]
Text = Annotated[str, Meta(pattern=r"\A[^\x00]*\Z")]
Notes = dict[str, Any] | list[Any] | None
"""Empty ones come as a list (§3.2)."""


class Order(msgspec.Struct, frozen=True):
    """An amount that is to be paid, in as many tries as it takes."""

    id: Ref
    entity: Literal["order"]
    amount: WireAmount
    amount_paid: WireAmount
    currency: WireCurrency
    status: str
    receipt: str | None = None
    notes: Notes = None
    created_at: int = 0


class Payment(msgspec.Struct, frozen=True):
    """One try to pay an order; ``captured`` is right only beside the status ``refunded`` (§3.7)."""

    id: Ref
    entity: Literal["payment"]
    amount: WireAmount
    currency: WireCurrency
    status: str
    order_id: Ref | None = None
    captured: bool | None = None
    error_code: Text | None = None
    error_reason: Text | None = None
    created_at: int = 0


class LinkPayment(msgspec.Struct, frozen=True):
    """What a link says of one of its payments; it may say nothing of them."""

    payment_id: Ref


class Link(msgspec.Struct, frozen=True):
    """A payment link; it has an order once somebody has opened it."""

    id: Annotated[str, Meta(pattern=r"\Aplink_[!-~]{1,200}\Z")]
    amount: WireAmount
    amount_paid: WireAmount
    currency: WireCurrency
    status: str
    reference_id: str | None = None
    short_url: Address | None = None
    order_id: Ref | None = None
    payments: list[LinkPayment] | None = None


class Refund(msgspec.Struct, frozen=True):
    """Money on its way back."""

    id: Ref
    entity: Literal["refund"]
    amount: WireAmount
    currency: WireCurrency
    payment_id: Ref
    status: str
    notes: Notes = None


class Dispute(msgspec.Struct, frozen=True):
    """A payment that the buyer's bank asks back."""

    id: Ref
    entity: Literal["dispute"]
    payment_id: Ref
    amount: WireAmount
    currency: WireCurrency
    status: str
    amount_deducted: WireAmount = 0
    respond_by: Annotated[int, Meta(ge=0, le=99_999_999_999)] | None = None
    """In Unix seconds."""


class Orders(msgspec.Struct, frozen=True):
    """A list of orders, newest first."""

    entity: Literal["collection"]
    items: list[Order]


class Payments(msgspec.Struct, frozen=True):
    """The tries to pay an order, newest first."""

    entity: Literal["collection"]
    items: list[Payment]


class Refunds(msgspec.Struct, frozen=True):
    """The refunds of a payment, newest first."""

    entity: Literal["collection"]
    items: list[Refund]


class Links(msgspec.Struct, frozen=True):
    """Payment links, newest first: no collection, unlike all other lists."""

    payment_links: list[Link]


class Error(msgspec.Struct, frozen=True):
    """Why a call was refused (§3.8)."""

    code: Ref
    description: Text = ""
    reason: Text | None = None


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The outer shape of a refusal."""

    error: Error


class Part(msgspec.Struct, frozen=True):
    """One object in an event, not yet read."""

    entity: msgspec.Raw


class Payload(msgspec.Struct, frozen=True):
    """What an event is about, as it was at that moment."""

    payment: Part | None = None
    order: Part | None = None
    payment_link: Part | None = None
    refund: Part | None = None
    dispute: Part | None = None


class Event(msgspec.Struct, frozen=True):
    """Its id is in an unsigned header only (§3.7)."""

    entity: Literal["event"]
    event: Ref
    payload: Payload

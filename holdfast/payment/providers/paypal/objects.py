"""PayPal's objects as its API and its events show them, cut to what we read of them (gateways.md §6).

Owns their shapes and bounds; what they mean is ``meaning.py``'s matter.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Raw

# What ends up in a column: nothing that PostgreSQL's text or bigint would refuse.
Ref = Annotated[str, Meta(pattern=r"\A[!-~]{1,100}\Z")]
AmountText = Annotated[str, Meta(pattern=r"\A[0-9]{1,15}(\.[0-9]{1,3})?\Z")]
CurrencyText = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Text = Annotated[str, Meta(pattern=r"\A[^\x00]*\Z")]


class Money(msgspec.Struct, frozen=True):
    """A decimal string in major units."""

    currency_code: CurrencyText
    value: AmountText


class Link(msgspec.Struct, frozen=True):
    """Where one can go from an object."""

    href: str
    rel: str = ""


class RelatedIds(msgspec.Struct, frozen=True):
    """What a capture or an authorisation belongs to."""

    order_id: Ref | None = None


class Supplement(msgspec.Struct, frozen=True):
    """The outer shape of the same."""

    related_ids: RelatedIds = RelatedIds()


class StatusDetails(msgspec.Struct, frozen=True):
    """Why a status is what it is."""

    reason: Ref | None = None


class Moved(msgspec.Struct, frozen=True):
    """A capture or an authorisation."""

    id: Ref
    status: str
    amount: Money
    custom_id: str | None = None
    status_details: StatusDetails | None = None
    supplementary_data: Supplement = Supplement()
    links: list[Link] = []


class Refund(msgspec.Struct, frozen=True):
    """A refund; its capture is known by a link alone."""

    id: Ref
    status: str
    amount: Money
    custom_id: str | None = None
    invoice_id: str | None = None
    links: list[Link] = []


class Payments(msgspec.Struct, frozen=True):
    """The money that hangs on an order."""

    authorizations: list[Moved] = []
    captures: list[Moved] = []
    refunds: list[Refund] = []


class Unit(msgspec.Struct, frozen=True):
    """A purchase unit; ours have one."""

    amount: Money
    custom_id: str | None = None
    payments: Payments = Payments()


class Order(msgspec.Struct, frozen=True):
    """An order."""

    id: Ref
    status: str
    intent: str
    purchase_units: list[Unit]
    create_time: Ref | None = None
    update_time: Ref | None = None
    links: list[Link] = []


class ReversedApproval(msgspec.Struct, frozen=True):
    """An order that was approved and not captured in time: its id is all that is told."""

    order_id: Ref


class DisputedTransaction(msgspec.Struct, frozen=True):
    """Which capture a dispute is about."""

    seller_transaction_id: Ref


class DisputeOutcome(msgspec.Struct, frozen=True):
    """How a dispute ended."""

    outcome_code: str = ""


class Dispute(msgspec.Struct, frozen=True):
    """A dispute."""

    dispute_id: Ref
    status: str
    dispute_amount: Money
    disputed_transactions: list[DisputedTransaction]
    dispute_outcome: DisputeOutcome | None = None


class Event(msgspec.Struct, frozen=True):
    """What a webhook brings."""

    id: Ref
    event_type: Ref
    resource: Raw


class Token(msgspec.Struct, frozen=True):
    """An access token and its seconds."""

    access_token: Annotated[str, Meta(pattern=r"\A[!-~]{1,8000}\Z")]
    expires_in: Annotated[int, Meta(ge=0, le=10**7)]


class Verified(msgspec.Struct, frozen=True):
    """PayPal's own word on a signature."""

    verification_status: str


class Detail(msgspec.Struct, frozen=True):
    """One thing that is wrong; its issue is the word that decides (§6.5)."""

    issue: Ref | None = None
    description: Text = ""


class ErrorAnswer(msgspec.Struct, frozen=True):
    """A refusal, by an API or, with ``error``, by whoever looks at tokens."""

    name: Ref | None = None
    message: Text = ""
    details: list[Detail] = []
    error: Ref | None = None
    error_description: Text = ""

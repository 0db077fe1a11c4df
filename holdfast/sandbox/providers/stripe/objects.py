"""What a Stripe account keeps, field for field as the API shows it (gateways.md §2).

Objects are frozen: a change is a new one that takes the old one's place in the account.
"""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Raw, Struct

IntentStatus = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
]
CaptureMethod = Literal["automatic", "automatic_async", "manual"]


class PaymentError(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why the last try failed; fields that do not apply are absent."""

    type: Literal["card_error", "invalid_request_error"] = "card_error"
    code: str
    message: str
    decline_code: str | None = None
    charge: str | None = None


class RedirectToUrl(Struct, frozen=True):
    """Where the buyer's browser is to go, and where it comes back to."""

    url: str
    return_url: str | None


class NextAction(Struct, frozen=True, kw_only=True):
    """What the buyer must do."""

    type: Literal["redirect_to_url"] = "redirect_to_url"
    redirect_to_url: RedirectToUrl


class PaymentIntent(Struct, frozen=True, kw_only=True):
    """One intent to collect an amount (§2.2)."""

    id: str
    object: Literal["payment_intent"] = "payment_intent"
    amount: int
    amount_capturable: int = 0
    amount_received: int = 0
    automatic_payment_methods: dict[str, bool | str] | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    capture_method: CaptureMethod = "automatic_async"
    client_secret: str
    confirmation_method: Literal["automatic"] = "automatic"
    created: int
    currency: str
    customer: str | None = None
    description: str | None = None
    last_payment_error: PaymentError | None = None
    latest_charge: str | None = None
    livemode: bool = False
    metadata: dict[str, str]
    next_action: NextAction | None = None
    payment_method: str | None = None
    payment_method_types: tuple[str, ...] = ("card",)
    processing: dict[str, str] | None = None
    receipt_email: str | None = None
    setup_future_usage: str | None = None
    statement_descriptor_suffix: str | None = None
    status: IntentStatus = "requires_payment_method"


class CheckoutSession(Struct, frozen=True, kw_only=True):
    """A page of Stripe's on which one order is paid (§2.3); its intent exists once the buyer has begun."""

    id: str
    object: Literal["checkout.session"] = "checkout.session"
    amount_total: int
    cancel_url: str | None = None
    client_reference_id: str | None = None
    created: int
    currency: str
    customer_email: str | None = None
    expires_at: int
    livemode: bool = False
    metadata: dict[str, str]
    mode: Literal["payment"] = "payment"
    payment_intent: str | None = None
    payment_status: Literal["unpaid", "paid"] = "unpaid"
    status: Literal["open", "complete", "expired"] = "open"
    success_url: str
    url: str | None


class IntentPlan(Struct, frozen=True, kw_only=True):
    """How the intent of a session is to be made; not part of the session that the API shows."""

    id: str
    capture_method: CaptureMethod
    description: str | None
    metadata: dict[str, str]


class Card(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The card of a charge; until when an authorisation can be captured."""

    brand: str
    last4: str
    capture_before: int | None = None


class CardDetails(Struct, frozen=True, kw_only=True, tag_field="type", tag="card"):
    """How a charge was paid; always by card."""

    card: Card


class Charge(Struct, frozen=True, kw_only=True):
    """One try to move money."""

    id: str
    object: Literal["charge"] = "charge"
    amount: int
    amount_captured: int = 0
    amount_refunded: int = 0
    captured: bool = False
    created: int
    currency: str
    customer: str | None = None
    description: str | None = None
    disputed: bool = False
    failure_code: str | None = None
    failure_message: str | None = None
    livemode: bool = False
    metadata: dict[str, str]
    paid: bool
    payment_intent: str
    payment_method: str | None = None
    payment_method_details: CardDetails
    receipt_email: str | None = None
    refunded: bool = False
    status: Literal["succeeded", "failed"]


class Refund(Struct, frozen=True, kw_only=True):
    """Money on its way back (§2.4)."""

    id: str
    object: Literal["refund"] = "refund"
    amount: int
    charge: str
    created: int
    currency: str
    failure_reason: str | None = None
    metadata: dict[str, str]
    payment_intent: str
    pending_reason: str | None = None
    reason: str | None = None
    status: Literal["pending", "succeeded", "failed"]


class EvidenceDetails(Struct, frozen=True, kw_only=True):
    """Until when evidence can be given."""

    due_by: int
    has_evidence: bool = False
    past_due: bool = False
    submission_count: int = 0


class Dispute(Struct, frozen=True, kw_only=True):
    """A charge that the buyer's bank asks back (§2.5)."""

    id: str
    object: Literal["dispute"] = "dispute"
    amount: int
    charge: str
    created: int
    currency: str
    evidence_details: EvidenceDetails
    is_charge_refundable: bool = False
    livemode: bool = False
    metadata: dict[str, str]
    payment_intent: str
    reason: str = "fraudulent"
    status: Literal["needs_response", "won", "lost"] = "needs_response"


class EventData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The object as it was at that moment, and the old values of what changed."""

    previous_attributes: Mapping[str, Any] | None = None
    object: Raw


class EventRequest(Struct, frozen=True):
    """The API call that caused the event; empty when a buyer or a bank did."""

    id: str | None = None
    idempotency_key: str | None = None


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened, in the snapshot form (§2.6)."""

    id: str
    object: Literal["event"] = "event"
    api_version: str
    created: int
    data: EventData
    livemode: bool = False
    pending_webhooks: int
    request: EventRequest
    type: str


class ReturnUrl(Struct, frozen=True):
    """Where the buyer of an intent wants to be led; not part of the intent that the API shows."""

    id: str
    url: str

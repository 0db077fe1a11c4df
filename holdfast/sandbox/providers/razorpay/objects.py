"""What a Razorpay account keeps, field for field as the API shows it (gateways.md §3).

Objects are frozen: a change is a new one that takes the old one's place in the account.
"""

from typing import Any, Literal

from msgspec import Struct, field

Notes = dict[str, Any] | list[Any]
"""Empty notes are shown as a list (§3.2)."""


class Order(Struct, frozen=True, kw_only=True):
    """One amount that is to be paid, in as many tries as it takes (§3.2)."""

    id: str
    entity: Literal["order"] = "order"
    amount: int
    amount_paid: int = 0
    amount_due: int
    currency: str
    receipt: str | None = None
    offer_id: str | None = None
    status: Literal["created", "attempted", "paid"] = "created"
    attempts: int = 0
    notes: Notes
    created_at: int


class Terms(Struct, frozen=True, kw_only=True):
    """What is agreed about an order and not shown with it."""

    id: str
    """The order's id."""
    automatic: bool = True
    """Its payments are captured by themselves."""
    link: str | None = None
    """The payment link that it belongs to."""


class Visit(Struct, frozen=True, kw_only=True):
    """What the checkout was opened with, and how the buyer left it (§3.3)."""

    id: str
    """The order's id."""
    callback_url: str = ""
    cancel_url: str = ""
    email: str = "buyer@example.com"
    contact: str = "+919999999999"
    notes: dict[str, str] = {}
    """Of the payment; those of the order are not copied to it."""
    left: bool = False
    proof: str = ""
    """The payment for which the bank asked for a one-time password."""


class Payment(Struct, frozen=True, kw_only=True):
    """One try to pay an order (§3.2)."""

    id: str
    entity: Literal["payment"] = "payment"
    amount: int
    currency: str
    status: Literal["created", "authorized", "captured", "refunded", "failed"] = "created"
    order_id: str
    invoice_id: str | None = None
    international: bool = False
    method: str = "card"
    amount_refunded: int = 0
    refund_status: Literal["partial", "full"] | None = None
    captured: bool = False
    description: str | None = None
    card_id: str | None = None
    bank: str | None = None
    wallet: str | None = None
    vpa: str | None = None
    email: str
    contact: str
    notes: Notes
    fee: int | None = None
    tax: int | None = None
    error_code: str | None = None
    error_description: str | None = None
    error_source: str | None = None
    error_step: str | None = None
    error_reason: str | None = None
    acquirer_data: dict[str, str | None] = {}
    created_at: int


class PaymentLink(Struct, frozen=True, kw_only=True):
    """A page of Razorpay's that asks for an amount (§3.4)."""

    id: str
    accept_partial: bool = False
    amount: int
    amount_paid: int = 0
    callback_method: str = ""
    callback_url: str = ""
    cancelled_at: int = 0
    created_at: int
    currency: str
    customer: dict[str, str]
    description: str = ""
    expire_by: int = 0
    expired_at: int = 0
    first_min_partial_amount: int = 0
    notes: Notes
    notify: dict[str, bool]
    order_id: str
    payments: list[dict[str, Any]] | None = None
    reference_id: str = ""
    reminder_enable: bool = False
    reminders: list[Any] = []
    short_url: str
    status: Literal["created", "partially_paid", "paid", "expired", "cancelled"] = "created"
    updated_at: int
    user_id: str = ""


class Refund(Struct, frozen=True, kw_only=True):
    """Money on its way back (§3.5)."""

    id: str
    entity: Literal["refund"] = "refund"
    amount: int
    currency: str
    payment_id: str
    notes: Notes
    receipt: str | None = None
    acquirer_data: dict[str, str | None] = field(default_factory=lambda: {"arn": None})
    created_at: int
    batch_id: str | None = None
    status: Literal["pending", "processed", "failed"]
    speed_requested: Literal["normal", "optimum"] = "normal"
    speed_processed: Literal["normal", "instant"] | None = "normal"


class Dispute(Struct, frozen=True, kw_only=True):
    """A payment that the buyer's bank asks back (§3.6)."""

    id: str
    entity: Literal["dispute"] = "dispute"
    payment_id: str
    amount: int
    currency: str
    amount_deducted: int = 0
    reason_code: str = "goods_or_services_not_received_or_partially_received"
    respond_by: int
    status: Literal["open", "under_review", "won", "lost", "closed"] = "open"
    phase: Literal["fraud", "retrieval", "chargeback", "pre_arbitration", "arbitration"] = "chargeback"
    created_at: int


Shown = Order | Payment | PaymentLink | Refund | Dispute
"""What the API shows."""

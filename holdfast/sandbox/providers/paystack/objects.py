"""What a Paystack account keeps, and how the API shows it (gateways.md §4).

What is kept is plainer than what is shown: Paystack tells most things in several places.
"""

from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct

from holdfast.sandbox.bank.faults import DeclineCode

TransactionStatus = Literal["abandoned", "ongoing", "pending", "processing", "success", "failed", "reversed"]
HoldStatus = Literal["abandoned", "ongoing", "failed", "authorized", "captured", "released"]

Shown = dict[str, Any]

INTEGRATION = 412_829
DECLINES: dict[DeclineCode, str] = {
    "card_declined": "Declined",
    "insufficient_funds": "Insufficient Funds",
    "expired_card": "Expired Card",
    "incorrect_cvc": "Incorrect CVV",
    "lost_card": "Lost card, pick-up",
    "fraudulent": "Suspected fraud",
    "processing_error": "Issuer or Switch Inoperative",
}
"""What a declined transaction says as `gateway_response`."""
NOT_AUTHENTICATED = "Authentication failed"


class Transaction(Struct, frozen=True, kw_only=True):
    """One amount that a buyer is asked for, in as many tries as it takes (§4.2, §4.3)."""

    id: str
    """The reference, which is unique."""
    number: int
    """Paystack's own id; it may exceed 2^53 (§12.19)."""
    access_code: str
    domain: Literal["test", "live"]
    email: str
    amount: int
    """What was paid; before, what is asked."""
    requested_amount: int
    currency: str
    status: TransactionStatus = "abandoned"
    gateway_response: str = "The transaction was not completed"
    channel: str = "card"
    callback_url: str = ""
    metadata: Any = ""
    """As it was given: an object or a JSON string; nothing is an empty string."""
    created: int
    paid: int | None = None
    left: bool = False
    """The buyer went away from the page."""

    def shown(self) -> Shown:
        """As `verify` answers it, and as `charge.success` tells it."""
        return {
            "id": self.number,
            "domain": self.domain,
            "status": self.status,
            "reference": self.id,
            "receipt_number": None,
            "amount": self.amount,
            "message": None,
            "gateway_response": self.gateway_response,
            "paid_at": moment(self.paid),
            "created_at": moment(self.created),
            "channel": self.channel,
            "currency": self.currency,
            "ip_address": None,
            "metadata": self.metadata,
            "log": None,
            "fees": None if self.paid is None else fee(self.amount),
            "fees_split": None,
            "authorization": {} if self.paid is None else authorization(self.number),
            "customer": customer(self.email),
            "plan": None,
            "split": {},
            "order_id": None,
            "paidAt": moment(self.paid),
            "createdAt": moment(self.created),
            "requested_amount": self.requested_amount,
            "pos_transaction_data": None,
            "source": None,
            "fees_breakdown": None,
            "transaction_date": moment(self.created),
            "plan_object": {},
            "subaccount": {},
        }


class Hold(Struct, frozen=True, kw_only=True):
    """An amount that is set aside first and taken later; for ZAR only (§4.4)."""

    id: str
    """The reference."""
    number: int
    access_code: str
    domain: Literal["test", "live"]
    email: str
    amount: int
    captured_amount: int = 0
    currency: str
    status: HoldStatus = "abandoned"
    gateway_response: str = ""
    callback_url: str = ""
    metadata: Any = None
    expire_action: Literal["capture", "release"] = "release"
    expires: int
    created: int
    captured: int | None = None
    transaction: int | None = None
    """The number of the transaction that took the money, under the same reference."""
    released: int | None = None
    left: bool = False

    def shown(self) -> Shown:
        """As `verify` answers it, and as its events tell it: what was taken stands there as a string."""
        return {
            "id": self.number,
            "domain": self.domain,
            "status": self.status,
            "reference": self.id,
            "amount": self.amount,
            "captured_amount": str(self.captured_amount) if self.captured else None,
            "message": self.gateway_response or None,
            "created_at": moment(self.created),
            "captured_at": moment(self.captured),
            "released_at": moment(self.released),
            "transaction_id": None if self.transaction is None else str(self.transaction),
            "expiry_date": moment(self.expires),
            "expire_action": self.expire_action,
            "currency": self.currency,
            "metadata": self.metadata,
            "fees": fee(self.captured_amount) if self.captured else 0,
            "authorization": authorization(self.number),
            "customer": customer(self.email),
            "merchant_id": INTEGRATION,
            "merchant_name": "Holdfast sandbox",
        }


class Refund(Struct, frozen=True, kw_only=True):
    """Money on its way back (§4.5)."""

    id: str
    """Paystack's number, as text."""
    reference: str
    """The transaction's."""
    transaction: int
    domain: Literal["test", "live"]
    email: str
    amount: int
    currency: str
    customer_note: str
    merchant_note: str
    status: Literal["pending", "processing", "needs-attention", "processed", "failed"] = "pending"
    created: int
    refunded: int | None = None

    def shown(self) -> Shown:
        """As the API answers it."""
        return {
            "id": int(self.id),
            "integration": INTEGRATION,
            "domain": self.domain,
            "transaction": self.transaction,
            "transaction_reference": self.reference,
            "dispute": None,
            "settlement": None,
            "amount": self.amount,
            "deducted_amount": self.amount if self.refunded else 0,
            "fully_deducted": self.refunded is not None,
            "currency": self.currency,
            "channel": "card",
            "status": self.status,
            "refunded_by": "merchant@example.com",
            "refunded_at": moment(self.refunded),
            "expected_at": moment(self.created + 14 * 86_400),
            "customer_note": self.customer_note,
            "merchant_note": self.merchant_note,
            "bank_reference": None,
            "createdAt": moment(self.created),
            "updatedAt": moment(self.created),
        }

    def told(self) -> Shown:
        """As its events tell it: the amount is a string, but for a failure, where it is a number (§4.6)."""
        return {
            "status": self.status,
            "transaction_reference": self.reference,
            "refund_reference": None if self.status in ("pending", "processing") else f"TRF_{self.id}",
            "amount": self.amount if self.status == "failed" else str(self.amount),
            "currency": self.currency,
            "processor": "instant-transfer",
            "customer": {"first_name": None, "last_name": None, "email": self.email},
            "integration": INTEGRATION,
            "domain": self.domain,
        }


class Dispute(Struct, frozen=True, kw_only=True):
    """A transaction that the buyer's bank asks back (§4.5)."""

    id: str
    """Paystack's number, as text."""
    reference: str
    """The transaction's."""
    amount: int
    currency: str
    domain: Literal["test", "live"]
    status: Literal["awaiting-merchant-feedback", "awaiting-bank-feedback", "resolved"] = (
        "awaiting-merchant-feedback"
    )
    resolution: Literal["merchant-accepted", "declined"] | None = None
    created: int
    due: int
    resolved: int | None = None

    def shown(self, transaction: Transaction) -> Shown:
        """As the API and the events show it, with the transaction inside."""
        return {
            "id": int(self.id),
            "refund_amount": self.amount,
            "currency": self.currency,
            "status": self.status,
            "resolution": self.resolution,
            "domain": self.domain,
            "transaction": transaction.shown(),
            "transaction_reference": None,
            "category": "chargeback",
            "customer": customer(transaction.email),
            "bin": "408408",
            "last4": "4081",
            "dueAt": moment(self.due),
            "resolvedAt": moment(self.resolved),
            "evidence": None,
            "attachments": None,
            "note": None,
            "history": [
                {"status": "pending", "by": transaction.email, "createdAt": moment(self.created)},
            ],
            "messages": [],
            "created_at": moment(self.created),
            "updated_at": moment(self.resolved or self.created),
        }


def moment(at: int | None) -> str | None:
    """A time as Paystack writes it."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def fee(amount: int) -> int:
    """Paystack's own share: one and a half per cent."""
    return amount * 15 // 1_000


def customer(email: str) -> Shown:
    """A buyer of whom nothing but the address is known."""
    return {
        "id": 1,
        "first_name": None,
        "last_name": None,
        "email": email,
        "customer_code": "CUS_holdfastsandbox",
        "phone": None,
        "metadata": None,
        "risk_action": "default",
        "international_format_phone": None,
    }


def authorization(number: int) -> Shown:
    """The test card that pays everything."""
    return {
        "authorization_code": f"AUTH_{number % 10**10:010}",
        "bin": "408408",
        "last4": "4081",
        "exp_month": "12",
        "exp_year": "2030",
        "channel": "card",
        "card_type": "visa ",
        "bank": "TEST BANK",
        "country_code": "NG",
        "brand": "visa",
        "reusable": True,
        "signature": f"SIG_{number % 10**10:010}",
        "account_name": None,
    }

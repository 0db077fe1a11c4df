"""What a PayPal account keeps, and how its amounts and times are written (gateways.md §6.2, §6.3).

Amounts are ISO 4217 minor units here and decimal strings on the wire. How a thing is shown as a whole,
with what hangs on it, is `shown.py`'s matter. Objects are frozen: a change takes the old one's place.
"""

import secrets
import string
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from msgspec import Struct

from holdfast.sandbox.providers.paypal import errors

CURRENCIES = frozenset({
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS",
    "JPY", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
})  # fmt: skip
WHOLE = frozenset(("HUF", "JPY", "TWD"))
"""A decimal point in one of these is an error."""
MOST_MINOR = 10**12
CHARS = string.ascii_uppercase + string.digits
ID_CHARS = 17

Intent = Literal["CAPTURE", "AUTHORIZE"]


class Order(Struct, frozen=True, kw_only=True):
    """What a buyer is asked to approve, and is then taken or set aside."""

    id: str
    intent: Intent
    amount: int
    currency: str
    reference_id: str
    custom_id: str
    invoice_id: str
    description: str
    return_url: str
    cancel_url: str
    rel: Literal["payer-action", "approve"]
    """What the link to the page is called: by the newer or the deprecated way to ask."""
    status: Literal["CREATED", "PAYER_ACTION_REQUIRED", "APPROVED", "COMPLETED", "VOIDED"]
    proof: bool = False
    """The buyer's bank waits for proof."""
    declining: bool = False
    """The buyer has approved with an instrument that will be declined."""
    declined: bool = False
    """A try to take the money failed."""
    left: bool = False
    expired: bool = False
    """Nobody approved it in time: it cannot be found any more."""
    created: int
    updated: int


class Hold(Struct, frozen=True, kw_only=True):
    """An authorisation: an amount that is set aside."""

    id: str
    order: str
    amount: int
    currency: str
    status: Literal["CREATED", "PENDING", "CAPTURED", "PARTIALLY_CAPTURED", "DENIED", "VOIDED"] = "CREATED"
    created: int


class Capture(Struct, frozen=True, kw_only=True):
    """An amount that was taken."""

    id: str
    order: str
    hold: str = ""
    amount: int
    currency: str
    status: Literal["COMPLETED", "PENDING", "DECLINED", "PARTIALLY_REFUNDED", "REFUNDED"] = "COMPLETED"
    reason: str = ""
    final: bool = True
    created: int


class Refund(Struct, frozen=True, kw_only=True):
    """Money on its way back."""

    id: str
    capture: str
    amount: int
    currency: str
    status: Literal["COMPLETED", "PENDING", "FAILED"]
    invoice_id: str = ""
    custom_id: str = ""
    note: str = ""
    created: int


class Dispute(Struct, frozen=True, kw_only=True):
    """A capture that the buyer asks back."""

    id: str
    capture: str
    amount: int
    currency: str
    status: Literal["WAITING_FOR_SELLER_RESPONSE", "RESOLVED"] = "WAITING_FOR_SELLER_RESPONSE"
    outcome: str = ""
    created: int
    updated: int


class Money(Struct, frozen=True):
    """An amount on the wire."""

    currency_code: str
    value: str

    def minor(self) -> int:
        """In minor units; raises Refused in PayPal's words."""
        if self.currency_code not in CURRENCIES:
            raise errors.unprocessable("CURRENCY_NOT_SUPPORTED", "Currency code is not supported.")
        if self.currency_code in WHOLE and "." in self.value:
            raise errors.unprocessable(
                "DECIMALS_NOT_SUPPORTED",
                "Currency does not support decimals. Currently used by HUF, JPY, TWD.",
            )
        try:
            scaled = Decimal(self.value).scaleb(0 if self.currency_code == "JPY" else 2)
        except InvalidOperation:
            raise errors.invalid("INVALID_PARAMETER_SYNTAX", "Not a number.", field="value") from None
        if not scaled.is_finite() or abs(scaled) > MOST_MINOR:
            raise errors.invalid("INVALID_PARAMETER_SYNTAX", "Not an amount.", field="value")
        if scaled != int(scaled):
            raise errors.unprocessable("DECIMAL_PRECISION", "The value has too many decimals.")
        if scaled <= 0:
            raise errors.unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE", "Must be greater than zero.")
        return int(scaled)


def money(minor: int, currency: str) -> Money:
    """Minor units as they stand on the wire."""
    if currency == "JPY":
        return Money(currency, str(minor))
    if currency in WHOLE:
        return Money(currency, str(minor // 100))
    return Money(currency, f"{minor // 100}.{minor % 100:02}")


def new_id() -> str:
    """An id as PayPal's are."""
    return "".join(secrets.choice(CHARS) for _ in range(ID_CHARS))


def moment(at: int) -> str:
    """A time as PayPal writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

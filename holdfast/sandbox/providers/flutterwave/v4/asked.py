"""The bodies of v4's calls (gateways.md §5.2)."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from holdfast.sandbox.providers.flutterwave.account import TOKEN_SECONDS
from holdfast.sandbox.providers.flutterwave.wire import Number

Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Reference = Annotated[str, Meta(pattern="^[A-Za-z0-9]{6,42}$")]
MethodType = Literal[
    "applepay", "bank_account", "bank_transfer", "card", "googlepay", "mobile_money", "opay", "ussd"
]
Reason = Literal["duplicate", "fraudulent", "requested_by_customer", "expired_uncaptured_charge"]


class Name(Struct, frozen=True):
    """A customer's name."""

    first: str = ""
    middle: str = ""
    last: str = ""


class Phone(Struct, frozen=True):
    """A customer's number."""

    country_code: str
    number: str


class NewCustomer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /customers`, and a part of a direct charge."""

    email: Annotated[str, Meta(pattern="@")]
    name: Name = Name()
    phone: Phone | None = None
    address: dict[str, str] = {}
    meta: dict[str, Any] = {}


class NewCharge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /charges`."""

    amount: Number
    currency: Currency
    reference: Reference
    customer_id: str
    payment_method_id: str
    redirect_url: str = ""
    meta: dict[str, Any] = {}


class DirectCharge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /orchestration/direct-charges`: all in one."""

    amount: Number
    currency: Currency
    reference: Reference
    customer: NewCustomer
    payment_method: dict[str, Any]
    redirect_url: str = ""
    meta: dict[str, Any] = {}


class Authorization(Struct, frozen=True):
    """What the buyer answered: a PIN, a code, an address; it is not looked at."""

    type: str


class ChargeChange(Struct, frozen=True):
    """The body of `PUT /charges/{id}`."""

    authorization: Authorization | None = None
    meta: dict[str, Any] | None = None


class NewRefund(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /refunds`."""

    charge_id: str
    amount: Number
    reason: Reason
    meta: dict[str, Any] = {}


class ChargeNamed(Struct, frozen=True):
    """What is read of a refund's body before all of it."""

    charge_id: str = ""


class Decision(Struct, frozen=True):
    """The body of `PUT /chargebacks/{id}`."""

    status: Literal["accepted", "declined"]
    comment: str = ""


class Granted(Struct, frozen=True, kw_only=True):
    """An access token, as the identity provider hands it out."""

    access_token: str
    expires_in: int = TOKEN_SECONDS
    refresh_expires_in: int = 0
    token_type: str = "Bearer"  # noqa: S105 - a type
    scope: str = "profile email"

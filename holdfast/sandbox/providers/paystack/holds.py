"""Pre-authorisations: an amount set aside, taken or let go later; ZAR only (gateways.md §4.4)."""

from functools import partial
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.bank import NotNowError
from holdfast.sandbox.bank.books import new_id, seconds
from holdfast.sandbox.bank.faults import DeclineCode
from holdfast.sandbox.providers.paystack import errors
from holdfast.sandbox.providers.paystack.account import Account, new_number
from holdfast.sandbox.providers.paystack.objects import DECLINES, NOT_AUTHENTICATED, Hold, Transaction
from holdfast.sandbox.providers.paystack.transactions import (
    AUTO_PAY_MS,
    PAYABLE,
    Email,
    page_of,
    see_that_it_can_be_asked,
)
from holdfast.sandbox.providers.paystack.wire import Ask, Envelope, envelope

DAY_SECONDS = 86_400


class NewHold(Struct, frozen=True, kw_only=True):
    """The body of `POST /preauthorization/initialize`."""

    email: Email
    amount: int
    currency: Literal["ZAR"] = "ZAR"
    reference: str = ""
    callback_url: str = ""
    metadata: Any = None
    expire_after_days: Annotated[int, Meta(ge=1, le=30)] = 5
    expire_action: Literal["capture", "release"] = "release"


class Reservation(NewHold, frozen=True, kw_only=True):
    """The body of `POST /preauthorization/reserve_authorization`: a card that is known already."""

    authorization_code: str


class Capture(Struct, frozen=True, kw_only=True):
    """The body of `POST /preauthorization/capture`."""

    reference: str
    currency: str
    amount: Annotated[int, Meta(ge=1)]


class Release(Struct, frozen=True):
    """The body of `POST /preauthorization/release`."""

    reference: str


def initialize(ask: Ask) -> Envelope:
    """Ask a buyer for an amount that is to be set aside."""
    hold = _open(ask, ask.read(NewHold))
    data = {
        "authorization_url": page_of(ask.account, hold.access_code),
        "access_code": hold.access_code,
        "reference": hold.id,
    }
    return envelope("Authorization URL created", data)


def reserve(ask: Ask) -> Envelope:
    """Set an amount aside on a card that paid before."""
    hold = approve(ask.account, _open(ask, ask.read(Reservation)))
    return envelope("Authorization reserved", hold.shown())


def capture(ask: Ask) -> Envelope:
    """Take what was set aside, or a part; the rest is let go. The answer is the transaction that took it."""
    wanted = ask.read(Capture)
    hold = _authorized(ask.account, wanted.reference)
    if wanted.currency != hold.currency or wanted.amount > hold.amount:
        raise errors.invalid("Capture must be of the reserved currency and no more than what is reserved")
    return envelope("Capture attempted", _take(ask.account, hold, wanted.amount).shown())


def release(ask: Ask) -> Envelope:
    """Let go what was set aside; the answer says no more than that."""
    hold = _let_go(ask.account, _authorized(ask.account, ask.read(Release).reference))
    return envelope("Successfully released", {"id": hold.number, "status": hold.status, "reference": hold.id})


def verify(ask: Ask) -> Envelope:
    """How a pre-authorisation stands."""
    hold = ask.account.holds.get(ask.path["id"])
    if hold is None:
        raise errors.invalid("Preauthorization not found", code="not_found")
    return envelope("Preauthorization retrieved", hold.shown())


def listing(ask: Ask) -> Envelope:
    """Pre-authorisations newest first."""
    holds = reversed(ask.account.holds.values())
    return ask.page("Preauthorizations retrieved", (hold.shown() for hold in holds))


def pay(account: Account, hold: Hold, *, why_not: DeclineCode | None = None) -> Hold:
    """The buyer's bank sets the amount aside, or declines."""
    if hold.status != "ongoing" and account.faults.take("three_d_secure", hold.id):
        return challenge(account, hold)
    if fault := account.faults.take("decline", hold.id):
        why_not = fault.code
    if why_not is not None:
        return account.save(replace(hold, status="failed", gateway_response=DECLINES[why_not]))
    return approve(account, hold)


def approve(account: Account, hold: Hold) -> Hold:
    """The amount is set aside."""
    return _tell(account, "reserve", replace(hold, status="authorized", gateway_response="Approved"))


def challenge(account: Account, hold: Hold) -> Hold:
    """The bank asks the buyer for a one-time password before it answers."""
    return account.save(replace(hold, status="ongoing"))


def fail_to_prove(account: Account, hold: Hold) -> Hold:
    """The buyer did not answer the challenge, or answered wrongly."""
    return account.save(replace(hold, status="failed", gateway_response=NOT_AUTHENTICATED))


def expire(account: Account, hold: Hold) -> Hold:
    """Its days are over: what `expire_action` says."""
    if hold.status != "authorized":
        raise NotNowError(f"{hold.id} is {hold.status}")
    if hold.expire_action == "capture":
        _take(account, hold, hold.amount)
        return account.holds[hold.id]
    return _let_go(account, hold)


def _take(account: Account, hold: Hold, amount: int) -> Transaction:
    """What takes the money is a transaction with the reference of the pre-authorisation."""
    now = seconds()
    made = account.save(
        Transaction(
            id=hold.id,
            number=new_number(),
            access_code=hold.access_code,
            domain=hold.domain,
            email=hold.email,
            amount=amount,
            requested_amount=amount,
            currency=hold.currency,
            status="success",
            gateway_response="Approved",
            channel="preauth",
            callback_url=hold.callback_url,
            metadata=hold.metadata,
            created=now,
            paid=now,
        )
    )
    taken = replace(hold, status="captured", captured_amount=amount, captured=now, transaction=made.number)
    _tell(account, "capture", taken)
    return made


def _let_go(account: Account, hold: Hold) -> Hold:
    return _tell(account, "release", replace(hold, status="released", released=seconds()))


def _tell(account: Account, what: str, hold: Hold) -> Hold:
    hold = account.save(hold)
    account.tell(f"preauthorization.{what}.success", hold.id, hold.shown())
    return hold


def _open(ask: Ask, wanted: NewHold) -> Hold:
    account, now = ask.account, seconds()
    see_that_it_can_be_asked(account, wanted.reference, wanted.amount, wanted.currency)
    hold = account.save(
        Hold(
            id=wanted.reference or new_id("pre"),
            number=new_number(),
            access_code=new_id("0").replace("_", ""),
            domain=account.domain,
            email=wanted.email,
            amount=wanted.amount,
            currency=wanted.currency,
            callback_url=wanted.callback_url,
            metadata=wanted.metadata,
            expire_action=wanted.expire_action,
            expires=now + wanted.expire_after_days * DAY_SECONDS,
            created=now,
        )
    )
    account.faults.arm_magic(hold.id, hold.amount)
    if account.settings.auto:
        account.later(AUTO_PAY_MS, partial(_auto_pay, account, hold.id))
    return hold


def _auto_pay(account: Account, reference: str) -> None:
    if account.holds[reference].status in PAYABLE:
        pay(account, account.holds[reference])


def _authorized(account: Account, reference: str) -> Hold:
    hold = account.holds.get(reference)
    if hold is None:
        raise errors.invalid("Preauthorization not found", code="not_found")
    if hold.status != "authorized":
        raise errors.invalid(f"Preauthorization is {hold.status}", code="invalid_state")
    return hold

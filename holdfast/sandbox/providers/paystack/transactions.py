"""The merchant's calls about transactions, and what buyer and bank do to one (gateways.md §4.2, §4.3)."""

import re
from functools import partial
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import new_id, seconds
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS, DeclineCode
from holdfast.sandbox.providers.paystack import disputes, errors
from holdfast.sandbox.providers.paystack.account import Account, new_number
from holdfast.sandbox.providers.paystack.objects import DECLINES, NOT_AUTHENTICATED, Transaction
from holdfast.sandbox.providers.paystack.wire import Ask, Envelope, envelope

AUTO_PAY_MS = 20
LATE_MS = 100
LEAST = {"NGN": 50_00, "GHS": 10, "ZAR": 1_00, "KES": 3_00, "USD": 2_00, "XOF": 1_00}
"""The currencies of the sandbox's account, with their smallest amounts; in hundredths also of XOF (§1.2)."""
MOST = 10_000_000_00

PAYABLE = ("abandoned", "ongoing", "failed")
WAITING = ("pending", "processing")

Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
Channel = Literal["card", "bank", "ussd", "qr", "eft", "mobile_money", "bank_transfer", "apple_pay"]

_REFERENCE = re.compile(r"[A-Za-z0-9.=-]+")


class NewTransaction(Struct, frozen=True, kw_only=True):
    """The body of `POST /transaction/initialize`."""

    email: Email
    amount: int
    currency: str = "NGN"
    reference: str = ""
    callback_url: str = ""
    channels: list[Channel] = []
    metadata: dict[str, Any] | str = ""


def initialize(ask: Ask) -> Envelope:
    """Ask for an amount; the unique reference is all the idempotency that there is."""
    wanted, account = ask.read(NewTransaction), ask.account
    see_that_it_can_be_asked(account, wanted.reference, wanted.amount, wanted.currency)
    made = account.save(
        Transaction(
            id=wanted.reference or new_id("T").replace("_", ""),
            number=new_number(),
            access_code=new_id("0").replace("_", ""),
            domain=account.domain,
            email=wanted.email,
            amount=wanted.amount,
            requested_amount=wanted.amount,
            currency=wanted.currency,
            channel=wanted.channels[0] if wanted.channels else "card",
            callback_url=wanted.callback_url,
            metadata=wanted.metadata,
            created=seconds(),
        )
    )
    account.faults.arm_magic(made.id, made.amount)
    if account.settings.auto:
        account.later(AUTO_PAY_MS, partial(_auto_pay, account, made.id))
    return envelope(
        "Authorization URL created",
        {
            "authorization_url": page_of(account, made.access_code),
            "access_code": made.access_code,
            "reference": made.id,
        },
    )


def see_that_it_can_be_asked(account: Account, reference: str, amount: int, currency: str) -> None:
    """Refuse a reference that was used, and an amount that the currency does not allow."""
    if reference and _REFERENCE.fullmatch(reference) is None:
        raise errors.invalid("Invalid character in transaction reference", code="invalid_reference")
    if reference in account.transactions or reference in account.holds:
        raise errors.invalid("Duplicate Transaction Reference", code="duplicate_reference")
    if currency not in LEAST:
        raise errors.invalid("Currency not supported by merchant", code="unsupported_currency")
    if amount < LEAST[currency]:
        raise errors.invalid("You must specify a valid amount", code="invalid_amount")
    if amount > MOST:
        raise errors.invalid("Transaction amount limit exceeded", code="invalid_amount")


def page_of(account: Account, access_code: str) -> str:
    """The hosted page; Paystack has another host for it."""
    return f"{account.base_url}/checkout/{access_code}"


def verify(ask: Ask) -> Envelope:
    """How a transaction stands; the answer is a yes even when the payment is not (§4.3)."""
    found = ask.account.transactions.get(ask.path["id"])
    if found is None:
        raise errors.invalid("Transaction reference not found.", code="transaction_not_found")
    return envelope("Verification successful", found.shown())


def fetch(ask: Ask) -> Envelope:
    """A transaction by Paystack's number."""
    found = ask.account.transactions.get(ask.account.reference_of(ask.path["id"]))
    if found is None or str(found.number) != ask.path["id"]:
        raise errors.not_found("Transaction")
    return envelope("Transaction retrieved", found.shown())


def listing(ask: Ask) -> Envelope:
    """Transactions newest first, of one status or reference if asked."""
    status, reference = ask.query.get("status"), ask.query.get("reference")
    return ask.page(
        "Transactions retrieved",
        (
            found.shown()
            for found in reversed(ask.account.transactions.values())
            if status in (None, found.status) and reference in (None, found.id)
        ),
    )


def pay(account: Account, made: Transaction, *, why_not: DeclineCode | None = None) -> Transaction:
    """One try to pay; with `why_not` the bank declines it."""
    if made.status != "ongoing" and account.faults.take("three_d_secure", made.id):
        return challenge(account, made)
    if fault := account.faults.take("decline", made.id):
        return fail(account, made, DECLINES[fault.code])
    if why_not is not None:
        return fail(account, made, DECLINES[why_not])
    if fault := account.faults.take("processing", made.id):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, made.id))
        return account.save(replace(made, status="pending", gateway_response="Pending"))
    return approve(account, made)


def challenge(account: Account, made: Transaction) -> Transaction:
    """The bank asks the buyer for a one-time password before it answers."""
    return account.save(replace(made, status="ongoing", gateway_response="Authentication required"))


def fail_to_prove(account: Account, made: Transaction) -> Transaction:
    """The buyer did not answer the challenge, or answered wrongly."""
    return fail(account, made, NOT_AUTHENTICATED)


def approve(account: Account, made: Transaction) -> Transaction:
    """The bank says yes, and the money is taken."""
    amount, currency = made.requested_amount, made.currency
    if fault := account.faults.take("wrong_amount", made.id):
        amount = fault.amount or max(1, amount - 1)
    if fault := account.faults.take("wrong_currency", made.id):
        currency = fault.currency or ("GHS" if currency == "NGN" else "NGN")
    paid = replace(made, status="success", amount=amount, currency=currency, paid=seconds())
    made = account.save(replace(paid, gateway_response="Successful"))
    account.tell("charge.success", made.id, made.shown())
    for kind in DISPUTE_FAULTS:
        if account.faults.take(kind, made.id):
            disputes.dispute(account, made, kind)
    return made


def fail(account: Account, made: Transaction, why: str) -> Transaction:
    """The try failed, and nobody is told: there is no event for it (§4.6). Another may follow."""
    made = account.save(replace(made, status="failed", gateway_response=why))
    plan_late_success(account, made.id)
    return made


def leave(account: Account, made: Transaction) -> Transaction:
    """The buyer goes away; they may still pay (§4.3)."""
    made = account.save(replace(made, status="abandoned", left=True))
    plan_late_success(account, made.id)
    return made


def late_success(account: Account, reference: str) -> Transaction:
    """The money arrives although nobody expected it any more; one that is paid stays as it is."""
    made = account.transactions[reference]
    return approve(account, made) if made.paid is None else made


def plan_late_success(account: Account, reference: str) -> None:
    """Do what the fault of that name asks for."""
    if fault := account.faults.take("late_success", reference):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, reference))


def _auto_pay(account: Account, reference: str) -> None:
    if account.transactions[reference].status in PAYABLE:
        pay(account, account.transactions[reference])

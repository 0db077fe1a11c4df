"""Payments: asked for and queried by the merchant, paid or not by the buyer (gateways.md §10)."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import new_id, seconds
from holdfast.sandbox.bank.hosted import is_web_address
from holdfast.sandbox.providers.signed_callback import errors
from holdfast.sandbox.providers.signed_callback.account import Account, new_transaction
from holdfast.sandbox.providers.signed_callback.objects import Payment, Status
from holdfast.sandbox.providers.signed_callback.wire import Ask

AUTO_PAY_MS = 20
LATE_MS = 100
LIFETIME_SECONDS = 24 * 3_600
"""How long a payment waits whose end the merchant does not say."""

Address = Annotated[str, Meta(max_length=512)]


class NewPayment(Struct, frozen=True, kw_only=True):
    """The body of a wish to collect; fields that are not known are ignored."""

    reference: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    amount: Annotated[str, Meta(pattern=r"^\d{1,12}\.\d{2}$")]
    currency: Literal["ETB"]
    description: Annotated[str, Meta(max_length=200)]
    callback_url: Address
    return_url: Address
    phone: Annotated[str, Meta(max_length=20)] = ""
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


def create(ask: Ask) -> dict[str, str]:
    """Make a payment; its reference is used once, whatever became of it."""
    wanted, account = ask.read(NewPayment), ask.account
    for field in ("callback_url", "return_url"):
        if not is_web_address(getattr(wanted, field)):
            raise errors.wrong(field)
    if (amount := int(wanted.amount.replace(".", ""))) == 0:
        raise errors.wrong("amount")
    if wanted.reference in account.payments:
        raise errors.reference_used()
    now = seconds()
    until = int(wanted.expires_at.timestamp()) if wanted.expires_at else now + LIFETIME_SECONDS
    payment = account.save(
        Payment(
            id=wanted.reference,
            transaction_id=new_transaction(),
            page=new_id("pay"),
            description=wanted.description,
            asked=amount,
            amount=amount,
            currency=wanted.currency,
            callback_url=wanted.callback_url,
            return_url=wanted.return_url,
            created=now,
            until=until,
        )
    )
    account.faults.arm_magic(payment.id, amount)
    account.later(max(0, until - now) * 1000, partial(standing, account, payment.id))
    if account.settings.auto:
        account.later(AUTO_PAY_MS, partial(_auto_pay, account, payment.id))
    return {
        "transaction_id": payment.transaction_id,
        "reference": payment.id,
        "status": payment.status,
        "redirect_url": account.page_of(payment),
    }


def query(ask: Ask) -> dict[str, str]:
    """How a payment stands, at a bank that says so."""
    if ask.account.keys["query"] != "on":
        raise errors.not_offered()
    if ask.reference not in ask.account.payments:
        raise errors.not_found()
    return standing(ask.account, ask.reference).shown()


def standing(account: Account, reference: str) -> Payment:
    """A payment as it is now: one whose time is over expires when somebody looks."""
    payment = account.payments[reference]
    if payment.status == "pending" and not payment.busy and payment.until <= seconds():
        return end(account, payment, "expired")
    return payment


def pay(account: Account, payment: Payment) -> Payment:
    """The buyer pays; one try is all that a payment has."""
    if not payment.proof and account.faults.take("three_d_secure", payment.id):
        return challenge(account, payment)
    if fault := account.faults.take("decline", payment.id):
        return end(account, payment, "failed", fault.code)
    if fault := account.faults.take("processing", payment.id):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, payment.id))
        return account.save(replace(payment, proof=False, busy=True))
    return approve(account, payment)


def challenge(account: Account, payment: Payment) -> Payment:
    """The buyer is asked for a one-time code."""
    return account.save(replace(payment, proof=True))


def approve(account: Account, payment: Payment) -> Payment:
    """The money is taken."""
    amount, currency = payment.asked, payment.currency
    if fault := account.faults.take("wrong_amount", payment.id):
        amount = fault.amount or max(1, amount - 1)
    if fault := account.faults.take("wrong_currency", payment.id):
        currency = fault.currency or "USD"
    return end(account, replace(payment, amount=amount, currency=currency), "succeeded")


def end(account: Account, payment: Payment, status: Status, reason: str = "") -> Payment:
    """It is over, one way or the other, and the merchant is told."""
    ended = account.save(
        replace(payment, status=status, reason=reason, proof=False, busy=False, ended=seconds())
    )
    account.tell(ended)
    if status != "succeeded" and (fault := account.faults.take("late_success", payment.id)):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, payment.id))
    return ended


def late_success(account: Account, reference: str) -> Payment:
    """The money arrives although nobody expected it any more; what is paid stays as it is."""
    payment = account.payments[reference]
    return payment if payment.status == "succeeded" else approve(account, payment)


def _auto_pay(account: Account, reference: str) -> None:
    payment = account.payments[reference]
    if payment.status == "pending" and not payment.busy:
        pay(account, payment)

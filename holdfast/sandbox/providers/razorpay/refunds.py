"""Refunds: made, read, listed, and failing after all (gateways.md §3.5)."""

from functools import partial
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.faults import REFUND_FAULTS, Fault
from holdfast.sandbox.providers.razorpay import errors
from holdfast.sandbox.providers.razorpay.account import Account, new_id
from holdfast.sandbox.providers.razorpay.objects import Notes, Payment, Refund
from holdfast.sandbox.providers.razorpay.wire import Amount, Ask, Collection, NotesIn, notes

LATE_MS = 100


class NewRefund(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /payments/{id}/refund`."""

    amount: Amount | None = None
    speed: Literal["normal", "optimum"] = "normal"
    notes: NotesIn = {}
    receipt: Annotated[str, Meta(max_length=40)] | None = None


def create(ask: Ask) -> Refund:
    """Give back what was captured, or a part of it; never more than what is left."""
    payment, wanted = ask.find(ask.account.payments), ask.read(NewRefund)
    left = payment.amount - payment.amount_refunded
    if payment.captured and left == 0:
        raise errors.invalid("The payment has been fully refunded already")
    if payment.status != "captured":
        raise errors.invalid("The payment status should be captured for action to be taken")
    disputes = ask.account.disputes.values()
    if any(case.payment_id == payment.id and case.status != "won" for case in disputes):
        raise errors.invalid("Refund is not allowed for a disputed payment")
    if wanted.amount is not None and wanted.amount > left:
        description = "The total refund amount is greater than the refund payment amount"
        raise errors.invalid(description, field="amount")
    return make(
        ask.account,
        payment,
        wanted.amount or left,
        speed=wanted.speed,
        notes=notes(wanted.notes),
        receipt=wanted.receipt,
    )


def make(
    account: Account,
    payment: Payment,
    amount: int,
    *,
    speed: Literal["normal", "optimum"] = "normal",
    notes: Notes | None = None,
    receipt: str | None = None,
) -> Refund:
    """A refund that nothing stands against: by the API, on the dashboard, or because nobody captured."""
    struck = next(
        (fault for kind in REFUND_FAULTS if (fault := account.faults.take(kind, payment.order_id))), None
    )
    pending = struck is not None and struck.kind != "refund_fails_after_success"
    refund = account.save(
        Refund(
            id=new_id("rfnd"),
            amount=amount,
            currency=payment.currency,
            payment_id=payment.id,
            notes=notes or [],
            receipt=receipt,
            created_at=seconds(),
            status="pending" if pending else "processed",
            speed_requested=speed,
            speed_processed=None if pending else "normal",
        )
    )
    payment = _recount(account, payment)
    account.tell("refund.created", payment.order_id, refund, payment)
    if refund.status == "processed":
        account.tell("refund.processed", payment.order_id, refund, payment)
    if struck is not None:
        _plan(account, refund, struck)
    return refund


def read(ask: Ask) -> Refund:
    """One refund."""
    return ask.find(ask.account.refunds)


def read_of_payment(ask: Ask) -> Refund:
    """One refund below its payment."""
    refund = ask.account.refunds.get(ask.path["refund"])
    if refund is None or refund.payment_id != ask.path["id"]:
        raise errors.no_such_id()
    return refund


def listing(ask: Ask) -> Collection:
    """Refunds newest first."""
    return ask.page(reversed(ask.account.refunds.values()))


def of_payment(ask: Ask) -> Collection:
    """The refunds of one payment, newest first."""
    payment = ask.find(ask.account.payments)
    return ask.page(ask.account.refunds_of(payment.id)[::-1])


def succeed(account: Account, refund_id: str) -> Refund:
    """A pending refund is done; one that is not pending stays as it is."""
    refund = account.refunds[refund_id]
    if refund.status != "pending":
        return refund
    refund = account.save(replace(refund, status="processed", speed_processed="normal"))
    payment = account.payments[refund.payment_id]
    account.tell("refund.processed", payment.order_id, refund, payment)
    return refund


def fail(account: Account, refund_id: str) -> Refund:
    """The money comes back, also after success; the payment may be refunded again."""
    refund = account.refunds[refund_id]
    if refund.status == "failed":
        return refund
    refund = account.save(replace(refund, status="failed"))
    payment = _recount(account, account.payments[refund.payment_id])
    account.tell("refund.failed", payment.order_id, refund, payment)
    return refund


def _recount(account: Account, payment: Payment) -> Payment:
    refunds = account.refunds_of(payment.id)
    gone = sum(refund.amount for refund in refunds if refund.status != "failed")
    whole = gone == payment.amount
    return account.save(
        replace(
            payment,
            amount_refunded=gone,
            refund_status="full" if whole else "partial" if gone else None,
            status="refunded" if whole else "captured" if payment.captured else "authorized",
        )
    )


def _plan(account: Account, refund: Refund, fault: Fault) -> None:
    if fault.kind != "refund_pending":
        account.later(fault.delay_ms(LATE_MS), partial(fail, account, refund.id))
    elif fault.ms is not None:
        account.later(fault.ms, partial(succeed, account, refund.id))

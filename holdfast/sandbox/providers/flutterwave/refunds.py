"""Refunds of both APIs: made, done, failing after all (gateways.md §5.1, §5.2)."""

from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.faults import REFUND_FAULTS, Fault
from holdfast.sandbox.providers.flutterwave.account import Account, number, token
from holdfast.sandbox.providers.flutterwave.objects import CHARGE, Refund, Try
from holdfast.sandbox.providers.flutterwave.v4 import shown as shown4

LATE_MS = 100


class Words(Struct, frozen=True):
    """How an API calls the states of a refund; one that took its time has a word of its own."""

    under_way: str
    done: str
    done_later: str
    failed: str


V3 = Words("processing", "completed", "completed-mpgs", "failed")
V4 = Words("pending", "succeeded", "completed", "failed")


def left(account: Account, paid: Try) -> int:
    """What can still be refunded, in minor units."""
    gone = sum(refund.amount for refund in account.refunds_of(paid.id) if refund.status != "failed")
    return paid.amount - gone if paid.status == "successful" else 0


def make(account: Account, paid: Try, amount: int, **told: Any) -> Refund:
    """A refund that nothing stands against; `told` are its comment, reason or meta."""
    struck = next((fault for kind in REFUND_FAULTS if (fault := account.faults.take(kind, paid.bill))), None)
    waits = struck is not None and struck.kind != "refund_fails_after_success"
    words = _words(paid.bill)
    charge = paid.bill.startswith(CHARGE)
    refund = account.save(
        Refund(
            id=f"rfd_{token(10)}" if charge else number(7, account.refunds),
            paid=paid.id,
            amount=amount,
            currency=paid.currency,
            status=words.under_way if waits else words.done,
            created=seconds(),
            **told,
        )
    )
    if not waits:
        _tell(account, refund)
    if struck is not None:
        _plan(account, refund, struck)
    return refund


def succeed(account: Account, refund_id: str) -> Refund:
    """A refund that is under way is done; another stays as it is."""
    refund = account.refunds[refund_id]
    words = _words(account.tries[refund.paid].bill)
    if refund.status != words.under_way:
        return refund
    refund = account.save(replace(refund, status=words.done_later))
    _tell(account, refund)
    return refund


def fail(account: Account, refund_id: str) -> Refund:
    """The money comes back, also after success; the payment may be refunded again."""
    refund = account.refunds[refund_id]
    if refund.status == "failed":
        return refund
    refund = account.save(replace(refund, status="failed"))
    _tell(account, refund)
    return refund


def _tell(account: Account, refund: Refund) -> None:
    """Only v4 tells of refunds, by `refund.completed` however they ended; those of v3 have to be read."""
    bill = account.tries[refund.paid].bill
    if bill.startswith(CHARGE):
        account.tell("refund.completed", bill, shown4.refund(refund))


def _plan(account: Account, refund: Refund, fault: Fault) -> None:
    if fault.kind != "refund_pending":
        account.later(fault.delay_ms(LATE_MS), partial(fail, account, refund.id))
    elif fault.ms is not None:
        account.later(fault.ms, partial(succeed, account, refund.id))


def _words(bill: str) -> Words:
    return V4 if bill.startswith(CHARGE) else V3

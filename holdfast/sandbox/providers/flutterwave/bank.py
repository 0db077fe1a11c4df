"""Flutterwave's stand-in as a whole: its addresses, and what can be done to it from outside."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from holdfast.sandbox.bank.bank import Bank, NotNowError, PaymentRow, Told, Verb
from holdfast.sandbox.bank.books import House
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS, DisputeFault
from holdfast.sandbox.bank.gate import router
from holdfast.sandbox.bank.hosted import page_router
from holdfast.sandbox.providers.flutterwave import checkout, refunds
from holdfast.sandbox.providers.flutterwave.account import BANK, Account
from holdfast.sandbox.providers.flutterwave.objects import Bill
from holdfast.sandbox.providers.flutterwave.page import charge_page, link_page, page_of
from holdfast.sandbox.providers.flutterwave.v3 import calls as v3
from holdfast.sandbox.providers.flutterwave.v4 import calls as v4


def open_flutterwave(house: House) -> Bank:
    """An account with `/v3/…`, the charges of v4 beside it, their pages, and its controls."""
    account = Account(house)
    verbs: dict[str, Verb] = {name: partial(_do, account, verb) for name, verb in VERBS.items()}
    return Bank(
        name=BANK,
        title="Flutterwave",
        books=account.books,
        hooks=account.hooks,
        account=account,
        routers=(
            router("/v3", v3.ROUTES, v3.handle),
            router("/", v4.ROUTES, v4.handle),
            page_router(account.books, link_page(account, verbs)),
            page_router(account.books, charge_page(account, verbs)),
        ),
        payments=lambda: reversed(account.bills),
        row=partial(_row, account),
        verbs=verbs,
        refunds=account.refunds,
        refund_verbs={
            "succeed": lambda refund, _: checkout.shown(account, refunds.succeed(account, refund)),
            "fail": lambda refund, _: checkout.shown(account, refunds.fail(account, refund)),
        },
    )


def _row(account: Account, thing_id: str) -> PaymentRow | None:
    bill = account.bills.get(account.bill_of(thing_id) or "")
    if bill is None:
        return None
    stage = checkout.stage(account, bill)
    tries = account.tries_of(bill.id)
    return PaymentRow(
        bank=BANK,
        id=bill.id,
        amount=bill.amount,
        currency=bill.currency,
        status=tries[-1].status if tries else "ended" if bill.ended else "new",
        stage=stage,
        description=bill.title or bill.reference,
        page=page_of(account, bill),
        created=bill.created,
    )


def _do(account: Account, verb: Callable[[Account, Bill, Told], Any], bill: str, told: Told) -> Any:
    return checkout.shown(account, verb(account, account.bills[bill], told))


def _payable(account: Account, bill: Bill) -> Bill:
    stage = checkout.stage(account, bill)
    if stage not in ("open", "failed"):
        raise NotNowError(f"{bill.id} is {stage}")
    return bill


def _pay(account: Account, bill: Bill, _: Told) -> Any:
    return checkout.pay(account, _payable(account, bill))


def _decline(account: Account, bill: Bill, told: Told) -> Any:
    return checkout.pay(account, _payable(account, bill), why_not=told.code)


def _leave(account: Account, bill: Bill, _: Told) -> Any:
    return checkout.leave(account, _payable(account, bill))


def _challenge(account: Account, bill: Bill, _: Told) -> Any:
    return checkout.challenge(account, _payable(account, bill))


def _prove(account: Account, bill: Bill, _: Told, *, passed: bool) -> Any:
    return checkout.prove(account, _payable(account, bill), passed=passed)


def _expire(account: Account, bill: Bill, _: Told) -> Any:
    return checkout.end(account, _payable(account, bill))


def _late_success(account: Account, bill: Bill, _: Told) -> Any:
    return checkout.late_success(account, bill)


def _refund(account: Account, bill: Bill, told: Told) -> Any:
    paid = checkout.successful(account, bill)
    left = refunds.left(account, paid)
    if not 0 < (told.amount or left) <= left:
        raise NotNowError(f"{left} of {bill.id} can be refunded")
    return refunds.make(account, paid, told.amount or left, comment="On the dashboard")


def _dispute(kind: DisputeFault, account: Account, bill: Bill, _: Told) -> Any:
    return checkout.dispute(account, bill, kind)


VERBS: Mapping[str, Callable[[Account, Bill, Told], Any]] = {
    "pay": _pay,
    "decline": _decline,
    "cancel": _leave,
    "three_d_secure": _challenge,
    "three_d_secure_ok": partial(_prove, passed=True),
    "three_d_secure_fail": partial(_prove, passed=False),
    "expire": _expire,
    "late_success": _late_success,
    "refund": _refund,
    **{kind: partial(_dispute, kind) for kind in DISPUTE_FAULTS},
}

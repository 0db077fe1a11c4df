"""Refunds: made once per number of the merchant's, done at once or later, or failing (gateways.md §7.5)."""

import secrets
from functools import partial
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.faults import REFUND_FAULTS
from holdfast.sandbox.providers.telebirr import errors
from holdfast.sandbox.providers.telebirr.account import Account
from holdfast.sandbox.providers.telebirr.objects import PAID, Order, Refund, RefundStatus
from holdfast.sandbox.providers.telebirr.orders import LATE_MS, AmountText, Number, minor
from holdfast.sandbox.providers.telebirr.wire import Ask

DUPLICATED = "REFUND_DUPLICATED"


class NewRefund(Struct, frozen=True, kw_only=True):
    """`biz_content` of `refund`; sources differ in what they call the amount."""

    merch_order_id: Number
    refund_request_no: Number
    actual_amount: AmountText = ""
    refund_amount: AmountText = ""
    trans_currency: str = "ETB"
    refund_reason: Annotated[str, Meta(max_length=512)] = ""


def create(ask: Ask) -> dict[str, Any]:
    """Give back what was paid, or a part, once per number: the same number again moves nothing."""
    account = ask.account
    match account.keys["refunds"]:
        case "absent":
            raise errors.no_route()
        case "not_allowed":
            raise errors.not_allowed()
    wanted = ask.read(NewRefund)
    order = account.orders.get(wanted.merch_order_id)
    if order is None:
        raise errors.no_such_order()
    amount = minor(wanted.actual_amount or wanted.refund_amount or "0.00")
    before = account.refunds.get(wanted.refund_request_no)
    if before is not None:
        if (before.order, before.amount) != (order.id, amount):
            raise errors.not_refundable("The refund request number was used for another refund.")
        return {**before.shown(), "refund_status": DUPLICATED}
    if order.status not in PAID:
        raise errors.not_refundable("The order is not paid.")
    if wanted.trans_currency != order.currency:
        raise errors.wrong("trans_currency")
    if not 0 < amount <= left_of(account, order):
        raise errors.not_refundable("The amount is more than what is left of the order.")
    return make(account, order, amount, number=wanted.refund_request_no, reason=wanted.refund_reason).shown()


def left_of(account: Account, order: Order) -> int:
    """What was paid and neither given back nor on its way."""
    refunds = account.refunds_of(order.id)
    return order.amount - sum(refund.amount for refund in refunds if refund.status != "REFUND_FAILED")


def make(account: Account, order: Order, amount: int, *, number: str = "", reason: str = "") -> Refund:
    """A refund that nothing stands against; nobody is notified of one."""
    struck = next((fault for kind in REFUND_FAULTS if (fault := account.faults.take(kind, order.id))), None)
    at_once = struck is None or struck.kind == "refund_fails_after_success"
    refund = _move(
        account,
        Refund(
            id=number or f"desk{secrets.randbelow(10**20):020}",
            order=order.id,
            refund_order_id=f"009{secrets.randbelow(10**20):020}",
            amount=amount,
            currency=order.currency,
            reason=reason,
            status="REFUNDING",
            created=seconds(),
        ),
        "REFUND_SUCCESS" if at_once else "REFUNDING",
    )
    if struck is not None and struck.kind != "refund_pending":
        account.later(struck.delay_ms(LATE_MS), partial(fail, account, refund.id))
    elif struck is not None and struck.ms is not None:
        account.later(struck.ms, partial(succeed, account, refund.id))
    return refund


def succeed(account: Account, number: str) -> Refund:
    """A refund that is under way is done; another stays as it is."""
    refund = account.refunds[number]
    return _move(account, refund, "REFUND_SUCCESS") if refund.status == "REFUNDING" else refund


def fail(account: Account, number: str) -> Refund:
    """The money comes back, also after success; the order may be refunded again, under another number."""
    return _move(account, account.refunds[number], "REFUND_FAILED")


def _move(account: Account, refund: Refund, status: RefundStatus) -> Refund:
    """A query tells of the order's last refund that moved, and of no other."""
    account.save(replace(account.orders[refund.order], status=status))
    return account.save(replace(refund, status=status))

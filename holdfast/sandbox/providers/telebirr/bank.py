"""TeleBirr's stand-in as a whole: its addresses, and what can be done to it from outside."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from holdfast.sandbox.bank.bank import Bank, NotNowError, PaymentRow, Stage, Told, Verb
from holdfast.sandbox.bank.books import House
from holdfast.sandbox.bank.gate import Route, router
from holdfast.sandbox.bank.hosted import page_router
from holdfast.sandbox.providers.telebirr import orders, refunds
from holdfast.sandbox.providers.telebirr.account import BANK, Account
from holdfast.sandbox.providers.telebirr.objects import OPEN, PAID, Order, Refund
from holdfast.sandbox.providers.telebirr.page import telebirr_page
from holdfast.sandbox.providers.telebirr.wire import handle

GATEWAY = "/apiaccess/payment/gateway"


def _granted(_: Any) -> Any:
    raise AssertionError("a token is granted before there is anything to act on")


ROUTES = (
    Route("POST", "/payment/v1/token", _granted, on="token"),
    Route("POST", "/payment/v1/merchant/preOrder", orders.create, on="create"),
    Route("POST", "/payment/v1/merchant/queryOrder", orders.query),
    Route("POST", "/payment/v1/merchant/orderQuery", orders.query),
    Route("POST", "/payment/v1/merchant/refund", refunds.create, on="refund"),
)


def open_telebirr(house: House) -> Bank:
    """An account with its gateway, its page and its controls."""
    account = Account(house)
    verbs: dict[str, Verb] = {name: partial(verb, account) for name, verb in VERBS.items()}
    return Bank(
        name=BANK,
        title="TeleBirr",
        books=account.books,
        hooks=account.hooks,
        account=account,
        routers=(router(GATEWAY, ROUTES, handle), page_router(account.books, telebirr_page(account, verbs))),
        payments=lambda: reversed(account.orders),
        row=partial(_row, account),
        verbs=verbs,
        refunds=account.refunds,
        refund_verbs={
            "succeed": lambda refund, _: refunds.succeed(account, refund),
            "fail": lambda refund, _: refunds.fail(account, refund),
        },
    )


def _row(account: Account, thing_id: str) -> PaymentRow | None:
    number = account.order_of(thing_id)
    if number not in account.orders:
        return None
    order = orders.standing(account, number)
    stage: Stage = "open" if order.status in OPEN else "paid" if order.status in PAID else "over"
    return PaymentRow(
        bank=BANK,
        id=order.id,
        amount=order.amount,
        currency=order.currency,
        status=order.status,
        stage=stage,
        description=order.title,
        page=account.page_of(order),
        created=order.created,
    )


def _payable(account: Account, number: str) -> Order:
    order = orders.standing(account, number)
    if order.status not in OPEN:
        raise NotNowError(f"{number} is {order.status}")
    return order


def _asked_for_proof(account: Account, number: str) -> Order:
    order = _payable(account, number)
    if not order.proof:
        raise NotNowError(f"nobody was asked for the PIN for {number}")
    return order


def _pay(account: Account, number: str, _: Told) -> Order:
    return orders.pay(account, _payable(account, number))


def _decline(account: Account, number: str, _: Told) -> Order:
    return orders.pay(account, _payable(account, number), declined=True)


def _leave(account: Account, number: str, _: Told) -> Order:
    return orders.leave(account, _payable(account, number))


def _challenge(account: Account, number: str, _: Told) -> Order:
    return orders.challenge(account, _payable(account, number))


def _prove(account: Account, number: str, _: Told) -> Order:
    return orders.pay(account, _asked_for_proof(account, number))


def _fail_to_prove(account: Account, number: str, _: Told) -> Order:
    return orders.fail(account, _asked_for_proof(account, number))


def _expire(account: Account, number: str, _: Told) -> Order:
    return orders.close(account, _payable(account, number))


def _late_success(account: Account, number: str, _: Told) -> Order:
    return orders.late_success(account, number)


def _refund(account: Account, number: str, told: Told) -> Refund:
    order = account.orders[number]
    left = refunds.left_of(account, order)
    if order.status not in PAID or not 0 < (told.amount or left) <= left:
        raise NotNowError(f"{left} of {number} can be refunded")
    return refunds.make(account, order, told.amount or left)


VERBS: Mapping[str, Callable[[Account, str, Told], Any]] = {
    "pay": _pay,
    "decline": _decline,
    "cancel": _leave,
    "three_d_secure": _challenge,
    "three_d_secure_ok": _prove,
    "three_d_secure_fail": _fail_to_prove,
    "expire": _expire,
    "late_success": _late_success,
    "refund": _refund,
}

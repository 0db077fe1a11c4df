"""Orders: made and queried by the merchant, paid or not by the buyer (gateways.md §7.3, §7.5)."""

import secrets
from functools import partial
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.hosted import is_web_address
from holdfast.sandbox.providers.telebirr import errors
from holdfast.sandbox.providers.telebirr.account import Account, receipt
from holdfast.sandbox.providers.telebirr.objects import OPEN, Order
from holdfast.sandbox.providers.telebirr.wire import Ask

AUTO_PAY_MS = 20
LATE_MS = 100

Number = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,64}$")]
"""A number of the merchant's; some gateways refuse the underscore that the documentation allows."""
AmountText = Annotated[str, Meta(pattern=r"^\d{1,12}\.\d{2}$")]
Title = Annotated[str, Meta(pattern=r"^[A-Za-z0-9 ]{1,512}$")]
Timeout = Annotated[str, Meta(pattern=r"^([1-9]|[1-9]\d|1[01]\d|120)m$")]


class NewOrder(Struct, frozen=True, kw_only=True):
    """`biz_content` of `preOrder`."""

    notify_url: Annotated[str, Meta(max_length=512)]
    redirect_url: Annotated[str, Meta(max_length=512)] = ""
    merch_order_id: Number
    trade_type: Literal["Checkout", "InApp"]
    title: Title
    total_amount: AmountText
    trans_currency: Literal["ETB"]
    timeout_express: Timeout = "120m"
    business_type: Literal["BuyGoods"]
    payee_identifier: str = ""
    payee_identifier_type: str = ""
    payee_type: str = ""
    callback_info: Annotated[str, Meta(max_length=512)] = ""


class Query(Struct, frozen=True, kw_only=True):
    """`biz_content` of `queryOrder`."""

    merch_order_id: Number


def create(ask: Ask) -> dict[str, Any]:
    """Make an order; its number is used once, whatever became of it."""
    wanted, account = ask.read(NewOrder), ask.account
    if not is_web_address(wanted.notify_url):
        raise errors.wrong("notify_url")
    if (amount := minor(wanted.total_amount)) == 0:
        raise errors.wrong("total_amount")
    if wanted.merch_order_id in account.orders:
        raise errors.used_before()
    now = seconds()
    order = account.save(
        Order(
            id=wanted.merch_order_id,
            prepay_id=f"0{secrets.randbelow(10**29):029}",
            payment_order_id=f"008{secrets.randbelow(10**20):020}",
            title=wanted.title,
            asked=amount,
            amount=amount,
            currency=wanted.trans_currency,
            notify_url=wanted.notify_url,
            redirect_url=wanted.redirect_url,
            callback_info=wanted.callback_info,
            created=now,
            until=now + 60 * int(wanted.timeout_express.removesuffix("m")),
        )
    )
    account.faults.arm_magic(order.id, amount)
    account.later((order.until - now) * 1000, partial(standing, account, order.id))
    if account.settings.auto:
        account.later(AUTO_PAY_MS, partial(_auto_pay, account, order.id))
    return {"merch_order_id": order.id, "prepay_id": order.prepay_id}


def query(ask: Ask) -> dict[str, Any]:
    """How an order stands."""
    number = ask.read(Query).merch_order_id
    if number not in ask.account.orders:
        raise errors.no_such_order()
    return standing(ask.account, number).shown()


def standing(account: Account, number: str) -> Order:
    """An order as it is now: one whose time is over is closed by whoever looks."""
    order = account.orders[number]
    if order.status == "WAIT_PAY" and order.until <= seconds():
        return close(account, order)
    return order


def pay(account: Account, order: Order, *, declined: bool = False) -> Order:
    """The buyer pays; one try is all that an order has."""
    if not order.proof and account.faults.take("three_d_secure", order.id):
        return challenge(account, order)
    if account.faults.take("decline", order.id) or declined:
        return fail(account, order)
    if fault := account.faults.take("processing", order.id):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, order.id))
        return _become_paying(account, replace(order, proof=False))
    return approve(account, order)


def challenge(account: Account, order: Order) -> Order:
    """The buyer is asked for the PIN."""
    return _become_paying(account, replace(order, proof=True))


def approve(account: Account, order: Order) -> Order:
    """The money is taken."""
    amount, currency = order.asked, order.currency
    if fault := account.faults.take("wrong_amount", order.id):
        amount = fault.amount or max(1, amount - 1)
    if fault := account.faults.take("wrong_currency", order.id):
        currency = fault.currency or "USD"
    paid = replace(order, status="PAY_SUCCESS", amount=amount, currency=currency, trans_id=receipt())
    return _end(account, paid)


def fail(account: Account, order: Order) -> Order:
    """The wallet says no, and the order is over."""
    return _plan_late_success(account, _end(account, replace(order, status="PAY_FAILED")))


def close(account: Account, order: Order) -> Order:
    """Nobody has paid in time."""
    return _plan_late_success(account, _end(account, replace(order, status="ORDER_CLOSED")))


def leave(account: Account, order: Order) -> Order:
    """The buyer goes away; the order waits for its time to be over."""
    return _plan_late_success(account, account.save(replace(order, left=True)))


def late_success(account: Account, number: str) -> Order:
    """The money arrives although nobody expected it any more; what is paid stays as it is."""
    order = account.orders[number]
    return order if order.trans_id else approve(account, order)


def minor(text: str) -> int:
    """An amount that TeleBirr was told, in minor units."""
    return int(text.replace(".", ""))


def _become_paying(account: Account, order: Order) -> Order:
    order = account.save(replace(order, status="PAYING"))
    account.tell(order)
    return order


def _end(account: Account, order: Order) -> Order:
    order = account.save(replace(order, ended=seconds(), proof=False))
    account.tell(order)
    return order


def _plan_late_success(account: Account, order: Order) -> Order:
    if fault := account.faults.take("late_success", order.id):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, order.id))
    return order


def _auto_pay(account: Account, number: str) -> None:
    if account.orders[number].status in OPEN:
        pay(account, account.orders[number])

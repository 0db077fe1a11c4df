"""Razorpay's stand-in as a whole: its addresses, and what can be done to it from outside."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from msgspec.structs import replace

from holdfast.sandbox.bank.bank import Bank, NotNowError, PaymentRow, Stage, Told, Verb
from holdfast.sandbox.bank.books import House
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS, DisputeFault
from holdfast.sandbox.bank.gate import Route, router
from holdfast.sandbox.bank.hosted import page_router
from holdfast.sandbox.providers.razorpay import checkout, errors, links, orders, payments, refunds
from holdfast.sandbox.providers.razorpay.account import BANK, Account
from holdfast.sandbox.providers.razorpay.objects import Order, Payment, Refund, Visit
from holdfast.sandbox.providers.razorpay.page import CHECKOUT, checkout_page, link_page
from holdfast.sandbox.providers.razorpay.wire import Ask, handle


def _lost(_: Ask) -> Any:
    raise errors.no_route()


ROUTES = (
    Route("POST", "/orders", orders.create, on="create"),
    Route("GET", "/orders", orders.listing),
    Route("GET", "/orders/{id:str}", orders.read),
    Route("PATCH", "/orders/{id:str}", orders.update, on="update"),
    Route("GET", "/orders/{id:str}/payments", orders.payments_of),
    Route("GET", "/payments", payments.listing),
    Route("GET", "/payments/{id:str}", payments.read),
    Route("PATCH", "/payments/{id:str}", payments.update, on="update"),
    Route("POST", "/payments/{id:str}/capture", payments.capture, on="capture"),
    Route("POST", "/payments/{id:str}/refund", refunds.create, on="refund"),
    Route("GET", "/payments/{id:str}/refunds", refunds.of_payment),
    Route("GET", "/payments/{id:str}/refunds/{refund:str}", refunds.read_of_payment),
    Route("GET", "/refunds", refunds.listing),
    Route("GET", "/refunds/{id:str}", refunds.read),
    Route("POST", "/payment_links", links.create, on="create"),
    Route("GET", "/payment_links", links.listing),
    Route("GET", "/payment_links/{id:str}", links.read),
    Route("PATCH", "/payment_links/{id:str}", links.update, on="update"),
    Route("POST", "/payment_links/{id:str}/cancel", links.cancel, on="cancel"),
    Route("GET", "/disputes", payments.list_disputes),
    Route("GET", "/disputes/{id:str}", payments.read_dispute),
    Route("POST", "/disputes/{id:str}/accept", payments.accept, on="update"),
    Route("PATCH", "/disputes/{id:str}/contest", payments.contest, on="update"),
    *(Route(method, "/{lost:path}", _lost) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
)


def open_razorpay(house: House) -> Bank:
    """An account with `/v1/…`, the checkout, the links' pages, and its controls."""
    account = Account(house)
    verbs: dict[str, Verb] = {name: partial(verb, account) for name, verb in VERBS.items()}
    return Bank(
        name=BANK,
        title="Razorpay",
        books=account.books,
        hooks=account.hooks,
        account=account,
        routers=(
            router("/v1", ROUTES, handle),
            page_router(account.books, checkout_page(account, verbs)),
            page_router(account.books, link_page(account, verbs)),
        ),
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
    order = account.orders.get(account.order_of(thing_id) or "")
    if order is None:
        return None
    link = account.links.get(account.terms[order.id].link or "")
    page = f"{account.base_url}{CHECKOUT}?key_id={account.settings.keys['key_id']}&order_id={order.id}"
    return PaymentRow(
        bank=BANK,
        id=order.id,
        amount=order.amount,
        currency=order.currency,
        status=order.status if link is None else link.status,
        stage=_stage(account, order),
        description=(link.description if link else order.receipt) or "",
        page=link.short_url if link else page,
        created=order.created_at,
    )


def _stage(account: Account, order: Order) -> Stage:
    tries = account.payments_of(order.id)
    if any(payment.status in ("authorized", "captured", "refunded") for payment in tries):
        return "paid"
    link = account.links.get(account.terms[order.id].link or "")
    if link is not None and link.status in ("cancelled", "expired"):
        return "over"
    return "failed" if tries and tries[-1].status == "failed" else "open"


def _payable(account: Account, order_id: str) -> Order:
    order = account.orders[order_id]
    stage = _stage(account, order)
    if stage not in ("open", "failed"):
        raise NotNowError(f"{order_id} is {stage}")
    return order


def _pay(account: Account, order: str, _: Told) -> Payment:
    return checkout.pay(account, _payable(account, order))


def _decline(account: Account, order: str, told: Told) -> Payment:
    return checkout.pay(account, _payable(account, order), why_not=told.code)


def _leave(account: Account, order: str, _: Told) -> Order:
    """A buyer who gives up changes nothing at Razorpay; only the page is left."""
    payable = _payable(account, order)
    account.save(replace(account.visits.get(order) or Visit(id=order), left=True))
    return payable


def _challenge(account: Account, order: str, _: Told) -> Payment:
    return checkout.challenge(account, _payable(account, order))


def _prove(account: Account, order: str, _: Told, *, passed: bool) -> Payment:
    return checkout.prove(account, _payable(account, order), passed=passed)


def _expire(account: Account, order: str, _: Told) -> Any:
    """A link ends; an authorisation that nobody captured is refunded (§3.2); an order itself never ends."""
    held = [payment for payment in account.payments_of(order) if payment.status == "authorized"]
    if held:
        return refunds.make(account, held[-1], held[-1].amount)
    link = account.terms[order].link
    if link is None or account.links[link].status != "created":
        raise NotNowError(f"there is nothing that could expire about {order}")
    return links.expire(account, link)


def _late_success(account: Account, order: str, _: Told) -> Payment:
    return checkout.late_success(account, order)


def _refund(account: Account, order: str, told: Told) -> Refund:
    payment = checkout.captured(account, order)
    left = payment.amount - payment.amount_refunded
    if not 0 < (told.amount or left) <= left:
        raise NotNowError(f"{left} of {payment.id} can be refunded")
    return refunds.make(account, payment, told.amount or left)


def _dispute(kind: DisputeFault, account: Account, order: str, _: Told) -> Any:
    return checkout.dispute(account, order, kind)


VERBS: Mapping[str, Callable[[Account, str, Told], Any]] = {
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

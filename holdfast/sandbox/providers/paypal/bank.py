"""PayPal's stand-in as a whole: its addresses, and what can be done to it from outside."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from holdfast.sandbox.bank.bank import Bank, NotNowError, PaymentRow, Told, Verb
from holdfast.sandbox.bank.books import House
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS, DisputeFault
from holdfast.sandbox.bank.gate import Route, router
from holdfast.sandbox.bank.hosted import page_router
from holdfast.sandbox.providers.paypal import access, errors, holds, orders, reversals, shown
from holdfast.sandbox.providers.paypal.account import BANK, Account
from holdfast.sandbox.providers.paypal.objects import Capture, Order
from holdfast.sandbox.providers.paypal.page import paypal_page
from holdfast.sandbox.providers.paypal.shown import Shown
from holdfast.sandbox.providers.paypal.wire import Ask, handle


def _lost(_: Ask) -> Any:
    raise errors.not_found()


ORDERS, HOLDS = "/v2/checkout/orders", "/v2/payments/authorizations"
CAPTURES, REFUNDS = "/v2/payments/captures", "/v2/payments/refunds"
ROUTES = (
    Route("POST", "/v1/oauth2/token", _lost, on="token"),
    Route("POST", "/v1/notifications/verify-webhook-signature", access.verify),
    Route("POST", ORDERS, orders.create, on="create"),
    Route("GET", f"{ORDERS}/{{id:str}}", orders.read),
    Route("POST", f"{ORDERS}/{{id:str}}/capture", orders.capture, on="capture"),
    Route("POST", f"{ORDERS}/{{id:str}}/authorize", orders.authorize, on="confirm"),
    Route("GET", f"{HOLDS}/{{id:str}}", holds.read_hold),
    Route("POST", f"{HOLDS}/{{id:str}}/capture", holds.capture, on="capture"),
    Route("POST", f"{HOLDS}/{{id:str}}/void", holds.void, on="cancel"),
    Route("POST", f"{HOLDS}/{{id:str}}/reauthorize", holds.reauthorize, on="update"),
    Route("GET", f"{CAPTURES}/{{id:str}}", reversals.read_capture),
    Route("POST", f"{CAPTURES}/{{id:str}}/refund", reversals.refund, on="refund"),
    Route("GET", f"{REFUNDS}/{{id:str}}", reversals.read_refund),
    Route("GET", "/v1/customer/disputes/{id:str}", reversals.read_dispute),
    *(Route(method, "/{lost:path}", _lost) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
)


def open_paypal(house: House) -> Bank:
    """An account with its API, its certificate, its page and its controls."""
    account = Account(house)
    verbs: dict[str, Verb] = {name: partial(verb, account) for name, verb in VERBS.items()}
    return Bank(
        name=BANK,
        title="PayPal",
        books=account.books,
        hooks=account.hooks,
        account=account,
        routers=(
            router("/", ROUTES, handle),
            access.certificate_router(),
            page_router(account.books, paypal_page(account, verbs)),
        ),
        payments=lambda: reversed(account.orders),
        row=partial(_row, account),
        verbs=verbs,
        refunds=account.refunds,
        refund_verbs={
            "succeed": lambda refund, _: shown.refund(account, reversals.succeed(account, refund)),
            "fail": lambda refund, _: shown.refund(account, reversals.fail(account, refund)),
        },
    )


def _row(account: Account, thing_id: str) -> PaymentRow | None:
    made = account.orders.get(account.order_of(thing_id) or "")
    if made is None:
        return None
    return PaymentRow(
        bank=BANK,
        id=made.id,
        amount=made.amount,
        currency=made.currency,
        status="EXPIRED" if made.expired else made.status,
        stage=orders.stage(account, made),
        description=made.description or made.custom_id,
        page=shown.page_of(account, made.id),
        created=made.created,
    )


def _payable(account: Account, order_id: str) -> Order:
    made = account.orders[order_id]
    if not orders.can_be_approved(made):
        raise NotNowError(f"{order_id} is {made.status}, or its time is over")
    return made


def _taken(account: Account, order_id: str) -> Capture:
    found = [one for one in account.captures_of(order_id) if one.status not in ("PENDING", "DECLINED")]
    if not found:
        raise NotNowError(f"nothing of {order_id} was captured")
    return found[-1]


def _pay(account: Account, order_id: str, _: Told) -> Shown:
    return shown.order(account, orders.approve(account, _payable(account, order_id)))


def _decline(account: Account, order_id: str, _: Told) -> Shown:
    """PayPal has one word for it, whatever the code."""
    made = orders.approve(account, _payable(account, order_id), declining=True)
    return shown.order(account, made)


def _leave(account: Account, order_id: str, _: Told) -> Shown:
    return shown.order(account, orders.leave(account, _payable(account, order_id)))


def _challenge(account: Account, order_id: str, _: Told) -> Shown:
    return shown.order(account, orders.challenge(account, _payable(account, order_id)))


def _prove(account: Account, order_id: str, _: Told) -> Shown:
    return shown.order(account, orders.approve(account, _asked(account, order_id)))


def _fail_to_prove(account: Account, order_id: str, _: Told) -> Shown:
    return shown.order(account, orders.approve(account, _asked(account, order_id), declining=True))


def _asked(account: Account, order_id: str) -> Order:
    made = _payable(account, order_id)
    if not made.proof:
        raise NotNowError(f"nobody was asked for proof for {order_id}")
    return made


def _expire(account: Account, order_id: str, _: Told) -> Any:
    return orders.expire(account, account.orders[order_id])


def _late_success(account: Account, order_id: str, _: Told) -> Shown:
    return shown.order(account, orders.late_success(account, order_id))


def _deny(account: Account, order_id: str, _: Told) -> Shown:
    holds.deny(account, account.orders[order_id])
    return shown.order(account, account.orders[order_id])


def _refund(account: Account, order_id: str, told: Told) -> Shown:
    taken = _taken(account, order_id)
    left = reversals.left_of(account, taken)
    if not 0 < (told.amount or left) <= left:
        raise NotNowError(f"{left} of {order_id} can be refunded")
    return shown.refund(account, reversals.make(account, taken, told.amount or left))


def _dispute(kind: DisputeFault, account: Account, order_id: str, _: Told) -> Shown:
    return shown.dispute(account, reversals.dispute(account, _taken(account, order_id), kind))


VERBS: Mapping[str, Callable[[Account, str, Told], Any]] = {
    "pay": _pay,
    "decline": _decline,
    "cancel": _leave,
    "three_d_secure": _challenge,
    "three_d_secure_ok": _prove,
    "three_d_secure_fail": _fail_to_prove,
    "expire": _expire,
    "late_success": _late_success,
    "deny": _deny,
    "refund": _refund,
    **{kind: partial(_dispute, kind) for kind in DISPUTE_FAULTS},
}

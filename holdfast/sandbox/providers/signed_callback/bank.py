"""CBE Birr and Awash as one stand-in under two names: its addresses, and what can be done to it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from holdfast.sandbox.bank.bank import Bank, NotNowError, PaymentRow, Stage, Told, Verb
from holdfast.sandbox.bank.books import House
from holdfast.sandbox.bank.gate import Route, router
from holdfast.sandbox.bank.hosted import page_router
from holdfast.sandbox.providers.signed_callback import errors, payments
from holdfast.sandbox.providers.signed_callback.account import AWASH, CBE_BIRR, Account, Brand
from holdfast.sandbox.providers.signed_callback.objects import Payment
from holdfast.sandbox.providers.signed_callback.page import payment_page
from holdfast.sandbox.providers.signed_callback.wire import Ask, handle

STAGES: Mapping[str, Stage] = {"pending": "open", "succeeded": "paid"}


def _lost(_: Ask) -> Any:
    raise errors.not_offered()


ROUTES = (
    Route("POST", "/payments", payments.create, on="create"),
    Route("GET", "/payments/{reference:str}", payments.query),
    Route("GET", "/payments", _lost),
    Route("POST", "/payments/{reference:str}/{lost:path}", _lost, on="update"),
)


def open_cbe_birr(house: House) -> Bank:
    """CBE Birr."""
    return _open(house, CBE_BIRR)


def open_awash(house: House) -> Bank:
    """Awash Bank."""
    return _open(house, AWASH)


def _open(house: House, brand: Brand) -> Bank:
    """An account with its API, its page and its controls."""
    account = Account(house, brand)
    verbs: dict[str, Verb] = {name: partial(verb, account) for name, verb in VERBS.items()}
    return Bank(
        name=brand.name,
        title=brand.title,
        books=account.books,
        hooks=account.hooks,
        account=account,
        routers=(
            router("/", ROUTES, partial(handle, account)),
            page_router(account.books, payment_page(account, verbs)),
        ),
        payments=lambda: reversed(account.payments),
        row=partial(_row, account),
        verbs=verbs,
        refunds={},
        refund_verbs={},
    )


def _row(account: Account, thing_id: str) -> PaymentRow | None:
    reference = account.reference_of(thing_id)
    if reference not in account.payments:
        return None
    payment = payments.standing(account, reference)
    return PaymentRow(
        bank=account.brand.name,
        id=payment.id,
        amount=payment.amount,
        currency=payment.currency,
        status=payment.status,
        stage=STAGES.get(payment.status, "over"),
        description=payment.description,
        page=account.page_of(payment),
        created=payment.created,
    )


def _payable(account: Account, reference: str) -> Payment:
    payment = payments.standing(account, reference)
    if payment.status != "pending" or payment.busy:
        raise NotNowError(f"{reference} is {'under way' if payment.busy else payment.status}")
    return payment


def _asked_for_proof(account: Account, reference: str) -> Payment:
    payment = _payable(account, reference)
    if not payment.proof:
        raise NotNowError(f"nobody was asked for a code for {reference}")
    return payment


def _pay(account: Account, reference: str, _: Told) -> Payment:
    return payments.pay(account, _payable(account, reference))


def _decline(account: Account, reference: str, told: Told) -> Payment:
    return payments.end(account, _payable(account, reference), "failed", told.code)


def _cancel(account: Account, reference: str, _: Told) -> Payment:
    return payments.end(account, _payable(account, reference), "cancelled")


def _challenge(account: Account, reference: str, _: Told) -> Payment:
    return payments.challenge(account, _payable(account, reference))


def _prove(account: Account, reference: str, _: Told) -> Payment:
    return payments.pay(account, _asked_for_proof(account, reference))


def _fail_to_prove(account: Account, reference: str, _: Told) -> Payment:
    return payments.end(account, _asked_for_proof(account, reference), "failed", "wrong_code")


def _expire(account: Account, reference: str, _: Told) -> Payment:
    return payments.end(account, _payable(account, reference), "expired")


def _late_success(account: Account, reference: str, _: Told) -> Payment:
    return payments.late_success(account, reference)


VERBS: Mapping[str, Callable[[Account, str, Told], Any]] = {
    "pay": _pay,
    "decline": _decline,
    "cancel": _cancel,
    "three_d_secure": _challenge,
    "three_d_secure_ok": _prove,
    "three_d_secure_fail": _fail_to_prove,
    "expire": _expire,
    "late_success": _late_success,
}

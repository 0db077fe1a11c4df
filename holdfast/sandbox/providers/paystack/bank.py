"""Paystack's stand-in as a whole: its addresses, and what can be done to it from outside."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from typing import Any

from msgspec.structs import replace

from holdfast.sandbox.bank.bank import Bank, NotNowError, PaymentRow, Stage, Told, Verb
from holdfast.sandbox.bank.books import House
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS, DisputeFault
from holdfast.sandbox.bank.gate import Route, router
from holdfast.sandbox.bank.hosted import page_router
from holdfast.sandbox.providers.paystack import disputes, errors, holds, refunds, transactions
from holdfast.sandbox.providers.paystack.account import BANK, Account
from holdfast.sandbox.providers.paystack.objects import Hold, Refund, Shown, Transaction
from holdfast.sandbox.providers.paystack.page import paystack_page
from holdfast.sandbox.providers.paystack.wire import Ask, handle

STAGES: Mapping[str, Stage] = {
    "failed": "failed",
    "success": "paid",
    "reversed": "paid",
    "authorized": "paid",
    "captured": "paid",
    "released": "over",
}


def _lost(_: Ask) -> Any:
    raise errors.no_route()


ROUTES = (
    Route("POST", "/transaction/initialize", transactions.initialize, on="create"),
    Route("GET", "/transaction/verify/{id:str}", transactions.verify),
    Route("GET", "/transaction", transactions.listing),
    Route("GET", "/transaction/{id:str}", transactions.fetch),
    Route("POST", "/refund", refunds.create, on="refund"),
    Route("GET", "/refund", refunds.listing),
    Route("GET", "/refund/{id:str}", refunds.fetch),
    Route("POST", "/refund/retry_with_customer_details/{id:str}", refunds.retry, on="update"),
    Route("GET", "/dispute", disputes.listing),
    Route("GET", "/dispute/{id:str}", disputes.fetch),
    Route("GET", "/dispute/transaction/{id:str}", disputes.of_transaction),
    Route("PUT", "/dispute/{id:str}/resolve", disputes.resolve, on="update"),
    Route("POST", "/preauthorization/initialize", holds.initialize, on="create"),
    Route("POST", "/preauthorization/reserve_authorization", holds.reserve, on="create"),
    Route("POST", "/preauthorization/capture", holds.capture, on="capture"),
    Route("POST", "/preauthorization/release", holds.release, on="cancel"),
    Route("GET", "/preauthorization/verify/{id:str}", holds.verify),
    Route("GET", "/preauthorization", holds.listing),
    *(Route(method, "/{lost:path}", _lost) for method in ("GET", "POST", "PUT", "DELETE")),
)


def open_paystack(house: House) -> Bank:
    """An account with its API, its page and its controls."""
    account = Account(house)
    verbs: dict[str, Verb] = {name: partial(verb, account) for name, verb in VERBS.items()}
    return Bank(
        name=BANK,
        title="Paystack",
        books=account.books,
        hooks=account.hooks,
        account=account,
        routers=(router("/", ROUTES, handle), page_router(account.books, paystack_page(account, verbs))),
        payments=lambda: chain(
            reversed(account.transactions),
            (hold for hold in reversed(account.holds) if hold not in account.transactions),
        ),
        row=partial(_row, account),
        verbs=verbs,
        refunds=account.refunds,
        refund_verbs={
            "succeed": lambda refund, _: refunds.succeed(account, refund).shown(),
            "fail": lambda refund, _: refunds.fail(account, refund).shown(),
            "need_attention": lambda refund, _: refunds.need_attention(account, refund).shown(),
        },
    )


def _row(account: Account, thing_id: str) -> PaymentRow | None:
    reference = account.reference_of(thing_id)
    made = account.transactions.get(reference) or account.holds.get(reference)
    if made is None:
        return None
    return PaymentRow(
        bank=BANK,
        id=made.id,
        amount=made.amount,
        currency=made.currency,
        status=made.status,
        stage=STAGES.get(made.status, "open"),
        description=made.email,
        page=transactions.page_of(account, made.access_code),
        created=made.created,
    )


def _payable(account: Account, reference: str) -> Transaction | Hold:
    made = account.transactions.get(reference) or account.holds[reference]
    if made.status not in transactions.PAYABLE:
        raise NotNowError(f"{reference} is {made.status}")
    return made


def _paid(account: Account, reference: str) -> Transaction:
    made = account.transactions.get(reference)
    if made is None or made.status != "success":
        raise NotNowError(f"{reference} is not paid, or no longer")
    return made


def _pay(account: Account, reference: str, _: Told) -> Shown:
    made = _payable(account, reference)
    if isinstance(made, Hold):
        return holds.pay(account, made).shown()
    return transactions.pay(account, made).shown()


def _decline(account: Account, reference: str, told: Told) -> Shown:
    made = _payable(account, reference)
    if isinstance(made, Hold):
        return holds.pay(account, made, why_not=told.code).shown()
    return transactions.pay(account, made, why_not=told.code).shown()


def _leave(account: Account, reference: str, _: Told) -> Shown:
    made = _payable(account, reference)
    if isinstance(made, Hold):
        return account.save(replace(made, status="abandoned", left=True)).shown()
    return transactions.leave(account, made).shown()


def _challenge(account: Account, reference: str, _: Told) -> Shown:
    made = _payable(account, reference)
    if isinstance(made, Hold):
        return holds.challenge(account, made).shown()
    return transactions.challenge(account, made).shown()


def _prove(account: Account, reference: str, told: Told) -> Shown:
    if _payable(account, reference).status != "ongoing":
        raise NotNowError(f"nobody was asked for proof for {reference}")
    return _pay(account, reference, told)


def _fail_to_prove(account: Account, reference: str, _: Told) -> Shown:
    made = _payable(account, reference)
    if made.status != "ongoing":
        raise NotNowError(f"nobody was asked for proof for {reference}")
    if isinstance(made, Hold):
        return holds.fail_to_prove(account, made).shown()
    return transactions.fail_to_prove(account, made).shown()


def _expire(account: Account, reference: str, _: Told) -> Shown:
    """A transaction never expires (§12.15); a pre-authorisation does."""
    if reference not in account.holds:
        raise NotNowError("a transaction of Paystack never expires")
    return holds.expire(account, account.holds[reference]).shown()


def _late_success(account: Account, reference: str, _: Told) -> Shown:
    if reference in account.holds:
        hold = account.holds[reference]
        return (holds.approve(account, hold) if hold.status in transactions.PAYABLE else hold).shown()
    return transactions.late_success(account, reference).shown()


def _refund(account: Account, reference: str, told: Told) -> Refund:
    made = _paid(account, reference)
    left = refunds.left_of(account, made)
    if not 0 < (told.amount or left) <= left:
        raise NotNowError(f"{left} of {reference} can be refunded")
    return refunds.make(account, made, told.amount or left)


def _dispute(kind: DisputeFault, account: Account, reference: str, _: Told) -> Shown:
    made = _paid(account, reference)
    case = disputes.dispute(account, made, kind)
    return case.shown(account.transactions[reference])


def _remind(account: Account, reference: str, _: Told) -> Shown:
    case = disputes.remind(account, reference)
    if case is None:
        raise NotNowError(f"{reference} is not disputed")
    return case.shown(account.transactions[reference])


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
    **{kind: partial(_dispute, kind) for kind in DISPUTE_FAULTS},
    "dispute_remind": _remind,
}

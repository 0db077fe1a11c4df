"""The merchant's calls of v3: hosted links, transactions, refunds, chargebacks (gateways.md §5.1).

No call is idempotent: the same request twice makes two things, with the same `tx_ref` too.
"""

import hashlib
import hmac
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from litestar import Response
from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank import gate
from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.gate import Call, HttpCall, Route
from holdfast.sandbox.providers.flutterwave import checkout, refunds
from holdfast.sandbox.providers.flutterwave.account import BANK, Account, number, token
from holdfast.sandbox.providers.flutterwave.amounts import plain
from holdfast.sandbox.providers.flutterwave.objects import Bill, Buyer, Try
from holdfast.sandbox.providers.flutterwave.v3 import errors, shown
from holdfast.sandbox.providers.flutterwave.wire import Ask, Number, Yes, account_of, hear

SESSION_MINUTES_MAX = 1_440
MS_PER_MINUTE = 60_000
ROWS = 10

Text = Annotated[str, Meta(min_length=1)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Minutes = Annotated[int, Meta(ge=1, le=SESSION_MINUTES_MAX)]


class NewCustomer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is asked to pay."""

    email: Annotated[str, Meta(pattern="@")]
    name: str = ""
    phonenumber: str = ""
    phone_number: str = ""


class Configurations(Struct, frozen=True, forbid_unknown_fields=True):
    """How long, and how often."""

    session_duration: Minutes | None = None
    max_retry_attempt: Annotated[int, Meta(ge=1)] | None = None


class NewLink(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /payments`; the two bounds may stand in it or in its `configurations`."""

    tx_ref: Text
    amount: Number
    currency: Currency = "NGN"
    redirect_url: Text
    customer: NewCustomer
    meta: dict[str, Any] = {}
    customizations: dict[str, str] = {}
    payment_options: str = ""
    session_duration: Minutes | None = None
    max_retry_attempt: Annotated[int, Meta(ge=1)] | None = None
    configurations: Configurations = Configurations()
    payload_hash: str = ""


class LinkToDisable(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /payments/link/disable`."""

    link: Text


class NewRefund(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /transactions/{id}/refund`."""

    amount: Number | None = None
    comments: str = ""


class Decision(Struct, frozen=True):
    """The body of `PUT /chargebacks/{id}`."""

    action: Literal["accept", "decline"]
    comment: str = ""


async def handle(request: HttpCall, route: Route) -> Response[bytes]:
    """Let a call in, act, and answer as v3 would."""
    account, call = account_of(request, BANK), Call(on=route.on)

    async def read() -> gate.Act:
        _check_key(request, account)
        ask = await hear(request, account, call, invalid=errors.invalid, page_rows=ROWS)
        return lambda: route.act(ask).answer()

    return await gate.answer(account.books, errors.DIALECT, call, read)


def create(ask: Ask) -> Yes:
    """A hosted link; nobody looks whether the reference is new."""
    wanted, account = ask.read(NewLink), ask.account
    amount = ask.money(wanted.amount, wanted.currency)
    _check_hash(ask, wanted)
    buyer = account.save(
        Buyer(
            id=number(7, account.buyers),
            email=wanted.customer.email,
            name=wanted.customer.name,
            phone=wanted.customer.phonenumber or wanted.customer.phone_number,
            created=seconds(),
        )
    )
    within = wanted.configurations
    bill = account.save(
        Bill(
            id=f"flwlnk-{token(26).lower()}",
            reference=wanted.tx_ref,
            amount=amount,
            currency=wanted.currency,
            redirect_url=wanted.redirect_url,
            buyer=buyer.id,
            title=wanted.customizations.get("title", ""),
            meta=wanted.meta,
            tries_max=wanted.max_retry_attempt or within.max_retry_attempt or 0,
            created=seconds(),
        )
    )
    ask.call.payment = bill.id
    account.faults.arm_magic(bill.id, amount)
    if minutes := wanted.session_duration or within.session_duration:
        account.later(minutes * MS_PER_MINUTE, partial(_time_is_over, account, bill.id))
    if account.settings.auto:
        account.later(checkout.AUTO_PAY_MS, partial(checkout.auto_pay, account, bill.id))
    return Yes(message="Hosted Link", data=shown.link(account, bill))


def disable(ask: Ask) -> Yes:
    """Close a link; one that is closed already is refused."""
    bill_id = urlsplit(ask.read(LinkToDisable).link).path.rpartition("/")[2]
    bill = ask.account.bills.get(bill_id)
    if bill is None or bill.is_charge:
        raise errors.invalid("Invalid payment link")
    ask.call.payment = bill.id
    if bill.ended:
        raise errors.invalid("This payment link is currently inactive")
    ask.account.save(replace(bill, ended=True))
    return Yes(message="LINK DISABLED", data=True)


def verify(ask: Ask) -> Yes:
    """One transaction by its own number."""
    return _fetched(ask, _found(ask))


def verify_by_reference(ask: Ask) -> Yes:
    """One transaction of a reference: the last."""
    tries = ask.account.tries_with(ask.query.get("tx_ref", ""))
    if not tries:
        raise errors.no_transaction()
    return _fetched(ask, tries[-1])


def listing(ask: Ask) -> Yes:
    """Transactions newest first, of a reference, a status, a currency or some days if asked."""
    account, query = ask.account, ask.query
    if "tx_ref" in query:
        tries = account.tries_with(query["tx_ref"])[::-1]
    else:
        tries = [one for one in reversed(account.tries.values()) if not account.bills[one.bill].is_charge]
    rows = [
        one
        for one in tries
        if query.get("status") in (None, one.status)
        and query.get("currency") in (None, one.currency)
        and query.get("from", "") <= shown.when(one.created)[:10] <= query.get("to", "9999")
    ]
    return ask.rows((shown.transaction(account, one) for one in rows), "Transactions fetched")


def resend_hook(ask: Ask) -> Yes:
    """Tell of a transaction once more."""
    one = _found(ask)
    if one.status == "pending":
        raise errors.invalid("Transaction is still pending")
    checkout.tell(ask.account, one)
    return Yes(message="hook sent", data="Hook sent")


def refund(ask: Ask) -> Yes:
    """Give back what was paid, or a part of it; asked twice it is given back twice."""
    one, wanted = _found(ask), ask.read(NewRefund)
    if one.status != "successful":
        raise errors.invalid("Only successful transactions can be refunded")
    left = refunds.left(ask.account, one)
    amount = left if wanted.amount is None else ask.money(wanted.amount, one.currency)
    if not 0 < amount <= left:
        raise errors.invalid("Refund amount cannot be greater than the transaction balance")
    made = refunds.make(ask.account, one, amount, comment=wanted.comments)
    return Yes(message="Transaction refund initiated", data=shown.made_refund(made))


def read_refund(ask: Ask) -> Yes:
    """One refund."""
    found = ask.account.refunds.get(ask.path["id"])
    if found is None or not found.id.isdecimal():
        raise errors.invalid("No refund was found for this id")
    return Yes(message="Refund fetched", data=shown.listed_refund(found))


def list_refunds(ask: Ask) -> Yes:
    """Refunds newest first; `id` is that of a transaction."""
    account, wanted = ask.account, ask.query.get("id")
    all_of_them = [*account.refunds.values()] if wanted is None else account.refunds_of(wanted)
    found = (refund for refund in reversed(all_of_them) if refund.id.isdecimal())
    return ask.rows(map(shown.listed_refund, found), "Refunds fetched")


def list_chargebacks(ask: Ask) -> Yes:
    """Chargebacks newest first; `id` is that of a transaction."""
    wanted = ask.query.get("id")
    found = [
        case
        for case in reversed(ask.account.chargebacks.values())
        if case.id.isdecimal() and wanted in (None, case.paid)
    ]
    return ask.rows((shown.chargeback(ask.account, case) for case in found), "Chargebacks fetched")


def decide(ask: Ask) -> Yes:
    """Accept a chargeback, which loses the money, or decline it and wait."""
    case = ask.account.chargebacks.get(ask.path["id"])
    if case is None or case.status != "initiated":
        raise errors.invalid("Chargeback not found or already treated")
    accepted = ask.read(Decision).action == "accept"
    case = ask.account.save(replace(case, status="accepted" if accepted else "declined"))
    return Yes(message="Chargeback updated", data=shown.chargeback(ask.account, case))


def _lost(_: Ask) -> Yes:
    raise errors.no_route()


ROUTES = (
    Route("POST", "/payments", create, on="create"),
    Route("POST", "/payments/link/disable", disable, on="cancel"),
    Route("GET", "/transactions", listing),
    Route("GET", "/transactions/verify_by_reference", verify_by_reference),
    Route("GET", "/transactions/{id:str}/verify", verify),
    Route("POST", "/transactions/{id:str}/resend-hook", resend_hook, on="update"),
    Route("POST", "/transactions/{id:str}/refund", refund, on="refund"),
    Route("GET", "/refunds", list_refunds),
    Route("GET", "/refunds/{id:str}", read_refund),
    Route("GET", "/chargebacks", list_chargebacks),
    Route("PUT", "/chargebacks/{id:str}", decide, on="update"),
    *(Route(method, "/{lost:path}", _lost) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
)


def _check_key(request: HttpCall, account: Account) -> None:
    given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {account.settings.keys['secret_key']}".encode()):
        raise errors.wrong_key()


def _check_hash(ask: Ask, wanted: NewLink) -> None:
    """Where the shop sends a checksum it must fit."""
    if wanted.payload_hash:
        secret = hashlib.sha256(ask.account.settings.keys["secret_key"].encode()).hexdigest()
        amount = plain(Decimal(wanted.amount))
        text = f"{amount}{wanted.currency}{wanted.customer.email}{wanted.tx_ref}{secret}"
        if hashlib.sha256(text.encode()).hexdigest() != wanted.payload_hash:
            raise errors.invalid("payload_hash does not match the request")


def _found(ask: Ask) -> Try:
    one = ask.account.tries.get(ask.path["id"])
    if one is None or ask.account.bills[one.bill].is_charge:
        raise errors.no_transaction()
    return one


def _fetched(ask: Ask, one: Try) -> Yes:
    return Yes(message="Transaction fetched successfully", data=shown.transaction(ask.account, one))


def _time_is_over(account: Account, bill_id: str) -> None:
    bill = account.bills[bill_id]
    if checkout.stage(account, bill) in ("open", "failed"):
        checkout.end(account, bill)

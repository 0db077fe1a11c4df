"""The merchant's calls of v4: tokens, customers, charges, refunds, chargebacks (gateways.md §5.2)."""

import hmac
import re
from functools import partial
from typing import Any, get_args
from urllib.parse import parse_qsl

import msgspec
from litestar import Response
from msgspec.structs import replace

from holdfast.sandbox.bank import gate
from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.gate import Answer, Call, HttpCall, Route, encode
from holdfast.sandbox.providers.flutterwave import checkout, refunds
from holdfast.sandbox.providers.flutterwave.account import BANK, token
from holdfast.sandbox.providers.flutterwave.objects import (
    CHARGE,
    CUSTOMER,
    Bill,
    Buyer,
    Method,
    NextAction,
    Try,
)
from holdfast.sandbox.providers.flutterwave.outcomes import OUTCOMES
from holdfast.sandbox.providers.flutterwave.v4 import errors, shown
from holdfast.sandbox.providers.flutterwave.v4.asked import (
    ChargeChange,
    ChargeNamed,
    Decision,
    DirectCharge,
    Granted,
    MethodType,
    NewCharge,
    NewCustomer,
    NewRefund,
)
from holdfast.sandbox.providers.flutterwave.wire import Ask, Yes, account_of, hear

ROWS = 10
TOKEN_PATH = "/realms/flutterwave/protocol/openid-connect/token"  # noqa: S105 - an address

ACTIONS: dict[str, NextAction] = {
    "bank_transfer": "requires_bank_transfer",
    "mobile_money": "payment_instruction",
    "ussd": "payment_instruction",
    "auth_pin": "requires_pin",
    "auth_otp": "requires_otp",
    "auth_avs": "requires_additional_fields",
    "auth_3ds": "redirect_url",
    "auth_redirect": "redirect_url",
}
"""What a payment method, or a scenario of `X-Scenario-Key`, asks the buyer to do; else a redirect."""

_KEY = re.compile(r"[A-Za-z0-9]{12,255}")
_SCENARIO = re.compile(r"(\w{1,40}):(\w{1,40})")


async def handle(request: HttpCall, route: Route) -> Response[bytes]:
    """Let a call in, act once for each key, and answer as v4 would."""
    account, call = account_of(request, BANK), Call(on=route.on)

    async def read() -> gate.Act:
        ask = await hear(request, account, call, invalid=errors.invalid, page_rows=ROWS)
        if route.on == "token":
            return lambda: _grant(ask)
        if route.on == "refund":
            call.payment = account.bill_of(_charge_named_in(ask.body))
        scheme, _, given = ask.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not account.is_good(given):
            raise errors.wrong_token()
        key = ask.headers.get("x-idempotency-key")
        if key is not None and request.method == "POST":
            if _KEY.fullmatch(key) is None:
                raise errors.invalid("must be 12 to 255 letters and digits", field="X-Idempotency-Key")
            call.key = key
        return lambda: route.act(ask).answer()

    return await gate.answer(account.books, errors.DIALECT, call, read)


def create_customer(ask: Ask) -> Yes:
    """A customer; one address may belong to one only."""
    wanted = ask.read(NewCustomer)
    if ask.account.customer_with(wanted.email) is not None:
        raise errors.conflict()
    return Yes(message="Customer created", data=shown.customer(_customer(ask, wanted)), status_code=201)


def read_customer(ask: Ask) -> Yes:
    """One customer."""
    buyer = ask.account.buyers.get(ask.path["id"])
    if buyer is None or not buyer.id.startswith(CUSTOMER):
        raise errors.not_found()
    return Yes(message="Customer fetched", data=shown.customer(buyer))


def create_method(ask: Ask) -> Yes:
    """A payment method."""
    made = _method(ask, ask.read(dict[str, Any]))
    return Yes(message="Payment method created", data=shown.method(made), status_code=201)


def read_method(ask: Ask) -> Yes:
    """One payment method."""
    found = ask.account.methods.get(ask.path["id"])
    if found is None:
        raise errors.not_found()
    return Yes(message="Payment method fetched", data=shown.method(found))


def create_charge(ask: Ask) -> Yes:
    """A charge of a known customer by a known method."""
    wanted = ask.read(NewCharge)
    if wanted.customer_id not in ask.account.buyers:
        raise errors.invalid("customer not found", field="customer_id")
    if wanted.payment_method_id not in ask.account.methods:
        raise errors.invalid("payment method not found", field="payment_method_id")
    amount = _amount(ask, wanted)
    return _charge(ask, wanted, amount, wanted.customer_id, wanted.payment_method_id)


def direct_charge(ask: Ask) -> Yes:
    """Customer, method and charge in one; a customer who is known stays one."""
    wanted = ask.read(DirectCharge)
    amount = _amount(ask, wanted)
    method = _method(ask, wanted.payment_method)
    return _charge(ask, wanted, amount, _customer(ask, wanted.customer).id, method.id)


def read_charge(ask: Ask) -> Yes:
    """One charge."""
    return Yes(message="Charge fetched", data=shown.charge(ask.account, _found(ask)))


def list_charges(ask: Ask) -> Yes:
    """Charges newest first, of a reference or a customer if asked."""
    query = ask.query
    found = [
        bill
        for bill in reversed(ask.account.bills.values())
        if bill.is_charge
        and query.get("reference") in (None, bill.reference)
        and query.get("customer_id") in (None, bill.buyer)
    ]
    return ask.rows((shown.charge(ask.account, bill) for bill in found), "Charges fetched")


def change_charge(ask: Ask) -> Yes:
    """What the buyer answered to a PIN, a code or an address; the bank then decides as the scenario says."""
    bill, wanted = _found(ask), ask.read(ChargeChange)
    if wanted.meta is not None:
        bill = ask.account.save(replace(bill, meta=wanted.meta))
    if wanted.authorization is not None:
        if ask.account.tries[bill.id].status != "pending" or not bill.next_action.startswith("requires_"):
            raise errors.invalid("The charge waits for no authorization")
        why_not = bill.issuer if bill.issuer in OUTCOMES else "card_declined"
        checkout.pay(ask.account, bill, why_not="" if bill.issuer == "approved" else why_not)
    return Yes(message="Charge updated", data=shown.charge(ask.account, ask.account.bills[bill.id]))


def create_refund(ask: Ask) -> Yes:
    """Give back what was paid, or a part of it; never more than what is left."""
    wanted = ask.read(NewRefund)
    one = ask.account.tries.get(wanted.charge_id)
    if one is None or not wanted.charge_id.startswith(CHARGE):
        raise errors.not_found()
    amount = ask.money(wanted.amount, one.currency)
    if amount > refunds.left(ask.account, one):
        raise errors.invalid("must not be more than what can be refunded", field="amount")
    made = refunds.make(ask.account, one, amount, reason=wanted.reason, meta=wanted.meta)
    return Yes(message="Refund Initiated", data=shown.refund(made), status_code=201)


def read_refund(ask: Ask) -> Yes:
    """One refund."""
    found = ask.account.refunds.get(ask.path["id"])
    if found is None or found.id.isdecimal():
        raise errors.not_found()
    return Yes(message="Refund fetched", data=shown.refund(found))


def list_refunds(ask: Ask) -> Yes:
    """Refunds newest first."""
    found = (refund for refund in reversed(ask.account.refunds.values()) if not refund.id.isdecimal())
    return ask.rows(map(shown.refund, found), "Refunds fetched")


def read_chargeback(ask: Ask) -> Yes:
    """One chargeback."""
    case = ask.account.chargebacks.get(ask.path["id"])
    if case is None or case.id.isdecimal():
        raise errors.not_found()
    return Yes(message="Chargeback fetched", data=shown.chargeback(case))


def list_chargebacks(ask: Ask) -> Yes:
    """Chargebacks newest first."""
    found = (case for case in reversed(ask.account.chargebacks.values()) if not case.id.isdecimal())
    return ask.rows(map(shown.chargeback, found), "Chargebacks fetched")


def decide(ask: Ask) -> Yes:
    """Accept a chargeback, which loses the money, or decline it and wait."""
    case = ask.account.chargebacks.get(ask.path["id"])
    if case is None or case.id.isdecimal():
        raise errors.not_found()
    if case.status != "initiated":
        raise errors.invalid("The chargeback is decided")
    case = ask.account.save(replace(case, status=ask.read(Decision).status))
    return Yes(message="Chargeback updated", data=shown.chargeback(case))


def _lost(_: Ask) -> Yes:
    raise errors.not_found()


ROUTES = (
    Route("POST", TOKEN_PATH, _lost, on="token"),
    Route("POST", "/customers", create_customer, on="update"),
    Route("GET", "/customers/{id:str}", read_customer),
    Route("POST", "/payment-methods", create_method, on="update"),
    Route("GET", "/payment-methods/{id:str}", read_method),
    Route("POST", "/charges", create_charge, on="create"),
    Route("GET", "/charges", list_charges),
    Route("GET", "/charges/{id:str}", read_charge),
    Route("PUT", "/charges/{id:str}", change_charge, on="confirm"),
    Route("POST", "/orchestration/direct-charges", direct_charge, on="create"),
    Route("POST", "/refunds", create_refund, on="refund"),
    Route("GET", "/refunds", list_refunds),
    Route("GET", "/refunds/{id:str}", read_refund),
    Route("GET", "/chargebacks", list_chargebacks),
    Route("GET", "/chargebacks/{id:str}", read_chargeback),
    Route("PUT", "/chargebacks/{id:str}", decide, on="update"),
    *(Route(method, "/{lost:path}", _lost) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
)


def _grant(ask: Ask) -> Answer:
    """Client credentials for an access token that lasts ten minutes."""
    given, keys = dict(parse_qsl(ask.body.decode("latin-1"))), ask.account.settings.keys
    if given.get("grant_type") != "client_credentials":
        raise errors.wrong_grant()
    client = f"{given.get('client_id')}\n{given.get('client_secret')}".encode()
    if not hmac.compare_digest(client, f"{keys['client_id']}\n{keys['client_secret']}".encode()):
        raise errors.wrong_client()
    return Answer(200, encode(Granted(access_token=ask.account.new_token())))


def _charge_named_in(body: bytes) -> str:
    """Whom a refund is about has to be known before it acts: faults strike earlier."""
    try:
        return msgspec.json.decode(body, type=ChargeNamed).charge_id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _found(ask: Ask) -> Bill:
    bill = ask.account.bills.get(ask.path["id"])
    if bill is None or not bill.is_charge:
        raise errors.not_found()
    return bill


def _customer(ask: Ask, wanted: NewCustomer) -> Buyer:
    return ask.account.customer_with(wanted.email) or ask.account.save(
        Buyer(
            id=f"{CUSTOMER}{token(10)}",
            email=wanted.email,
            name=f"{wanted.name.first} {wanted.name.last}".strip(),
            phone=wanted.phone.number if wanted.phone else "",
            meta=wanted.meta,
            created=seconds(),
        )
    )


def _method(ask: Ask, wanted: dict[str, Any]) -> Method:
    kind = str(wanted.get("type"))
    if kind not in get_args(MethodType):
        raise errors.invalid("must be a supported payment method", field="type")
    details = wanted.get(kind, {})
    if not isinstance(details, dict):
        raise errors.invalid("must be an object", field=kind)
    return ask.account.save(Method(id=f"pmd_{token(10)}", type=kind, details=details, created=seconds()))


def _amount(ask: Ask, wanted: NewCharge | DirectCharge) -> int:
    """Checked before anything is kept; the reference too, which is used once only."""
    if any(bill.is_charge for bill in ask.account.bills_with(wanted.reference)):
        raise errors.conflict()
    return ask.money(wanted.amount, wanted.currency)


def _charge(ask: Ask, wanted: NewCharge | DirectCharge, amount: int, buyer: str, method: str) -> Yes:
    account = ask.account
    told = dict(_SCENARIO.findall(ask.headers.get("x-scenario-key", "")))
    kind = told.get("scenario", account.methods[method].type)
    bill = account.save(
        Bill(
            id=f"{CHARGE}{token(10)}",
            reference=wanted.reference,
            amount=amount,
            currency=wanted.currency,
            redirect_url=wanted.redirect_url,
            buyer=buyer,
            meta=wanted.meta,
            method=method,
            next_action=ACTIONS.get(kind, "redirect_url"),
            issuer=told.get("issuer", "approved"),
            created=seconds(),
        )
    )
    account.save(Try(id=bill.id, bill=bill.id, amount=amount, currency=bill.currency, created=bill.created))
    ask.call.payment = bill.id
    account.faults.arm_magic(bill.id, amount)
    if account.settings.auto:
        account.later(checkout.AUTO_PAY_MS, partial(checkout.auto_pay, account, bill.id))
    return Yes(message="Charge created", data=shown.charge(account, bill), status_code=201)

"""How v4 shows what the account keeps, field for field as its samples do (gateways.md §5.2)."""

from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType

from holdfast.sandbox.providers.flutterwave.account import Account
from holdfast.sandbox.providers.flutterwave.amounts import fee, major
from holdfast.sandbox.providers.flutterwave.objects import Bill, Buyer, Chargeback, Method, Refund, Try
from holdfast.sandbox.providers.flutterwave.outcomes import OUTCOMES

REDIRECTS = "/redirects"
STATUSES = {"pending": "pending", "successful": "succeeded", "failed": "failed"}


class Customer(Struct, frozen=True, kw_only=True):
    """Who pays."""

    id: str
    email: str
    name: dict[str, str] = {}
    phone: dict[str, str] = {}
    meta: dict[str, Any] = {}
    created_datetime: str


class Charge(Struct, frozen=True, kw_only=True):
    """One amount, one payment method, one try."""

    id: str
    amount: Raw
    fees: list[dict[str, Any]]
    currency: str
    customer_id: str
    disputed: bool
    settled: bool = False
    settlement_id: list[str] = []
    meta: dict[str, Any]
    next_action: dict[str, Any] | UnsetType = UNSET
    payment_method_details: dict[str, Any]
    redirect_url: str
    refunded: bool
    reference: str
    status: str
    processor_response: dict[str, str]
    created_datetime: str


class ToldCharge(Struct, frozen=True, kw_only=True):
    """A charge in a webhook."""

    id: str
    amount: Raw
    currency: str
    status: str
    reference: str
    customer: Customer
    payment_method: dict[str, Any]
    processor_response: dict[str, str]
    meta: dict[str, Any]
    created_datetime: str


class ShownRefund(Struct, frozen=True, kw_only=True):
    """A refund; its currency is its charge's."""

    id: str
    amount_refunded: Raw
    meta: dict[str, Any]
    reason: str
    status: str
    charge_id: str
    created_datetime: str


class ShownChargeback(Struct, frozen=True, kw_only=True):
    """A chargeback."""

    id: str
    charge_id: str
    amount: Raw
    stage: str = "new"
    status: str
    type: str = "local"
    comment: str
    created_datetime: str


def show(account: Account, thing: Any) -> Any:
    """Whatever it is."""
    match thing:
        case Bill():
            return charge(account, thing)
        case Try():
            return charge(account, account.bills[thing.bill])
        case Refund():
            return refund(thing)
        case Chargeback():
            return chargeback(thing)
        case Buyer():
            return customer(thing)
        case Method():
            return method(thing)
    raise AssertionError(f"{type(thing).__name__} is not shown by v4")


def charge(account: Account, bill: Bill) -> Charge:
    """A charge as it stands."""
    one = account.tries[bill.id]
    refunds = account.refunds_of(one.id)
    return Charge(
        id=bill.id,
        amount=major(one.amount, one.currency),
        fees=[{"type": "app", "amount": major(fee(one.amount), one.currency)}],
        currency=one.currency,
        customer_id=bill.buyer,
        disputed=any(case.paid == one.id for case in account.chargebacks.values()),
        meta=bill.meta,
        next_action=_next_action(account, bill) if _waits_for_buyer(one) else UNSET,
        payment_method_details=method(account.methods[bill.method]),
        redirect_url=bill.redirect_url,
        refunded=bool(refunds),
        reference=bill.reference,
        status=STATUSES[one.status],
        processor_response=_response(one),
        created_datetime=when(bill.created),
    )


def charge_event(account: Account, one: Try) -> ToldCharge:
    """What is told of a charge that ended."""
    bill = account.bills[one.bill]
    return ToldCharge(
        id=bill.id,
        amount=major(one.amount, one.currency),
        currency=one.currency,
        status=STATUSES[one.status],
        reference=bill.reference,
        customer=customer(account.buyers[bill.buyer]),
        payment_method=method(account.methods[bill.method]),
        processor_response=_response(one),
        meta=bill.meta,
        created_datetime=when(bill.created),
    )


def refund(kept: Refund) -> ShownRefund:
    """A refund."""
    return ShownRefund(
        id=kept.id,
        amount_refunded=major(kept.amount, kept.currency),
        meta=kept.meta,
        reason=kept.reason,
        status=kept.status,
        charge_id=kept.paid,
        created_datetime=when(kept.created),
    )


def chargeback(case: Chargeback) -> ShownChargeback:
    """A chargeback."""
    return ShownChargeback(
        id=case.id,
        charge_id=case.paid,
        amount=major(case.amount, case.currency),
        status=case.status,
        comment=case.comment,
        created_datetime=when(case.created),
    )


def customer(buyer: Buyer) -> Customer:
    """Who pays."""
    first, _, last = buyer.name.partition(" ")
    return Customer(
        id=buyer.id,
        email=buyer.email,
        name={"first": first, "last": last} if first else {},
        phone={"number": buyer.phone} if buyer.phone else {},
        meta=buyer.meta,
        created_datetime=when(buyer.created),
    )


def method(kept: Method) -> dict[str, Any]:
    """How it is paid."""
    return {
        "id": kept.id,
        "type": kept.type,
        kept.type: kept.details,
        "created_datetime": when(kept.created),
    }


def when(moment: int) -> str:
    """Unix seconds as v4 writes them."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def page_of(account: Account, bill: Bill) -> str:
    """Where the buyer approves a charge."""
    return f"{account.base_url}{REDIRECTS}?token={bill.id}"


def _waits_for_buyer(one: Try) -> bool:
    return one.status == "pending" and one.phase != "processing"


def _response(one: Try) -> dict[str, str]:
    outcome = OUTCOMES[one.outcome]
    return {"type": outcome.word, "code": outcome.code}


def _next_action(account: Account, bill: Bill) -> dict[str, Any]:
    more: dict[str, Any] = {}
    match bill.next_action:
        case "redirect_url":
            more = {"url": page_of(account, bill)}
        case "payment_instruction":
            more = {"note": f"Please dial *000*{bill.id[-6:]}# to complete this transaction"}
        case "requires_bank_transfer":
            more = {
                "account_number": "8000000001",
                "account_bank_name": "Sandbox Bank",
                "account_type": "dynamic",
                "note": f"Transfer exactly the amount, with {bill.reference}",
            }
        case "requires_additional_fields":
            more = {"fields": ["billing_address"]}
        case "requires_pin" | "requires_otp":
            pass
    return {"type": bill.next_action, bill.next_action: more}

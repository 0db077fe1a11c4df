"""How v3 shows what the account keeps, field for field as its samples do (gateways.md §5.1)."""

from datetime import UTC, datetime
from typing import Any

from msgspec import Raw, Struct, field

from holdfast.sandbox.providers.flutterwave.account import Account
from holdfast.sandbox.providers.flutterwave.amounts import fee, major
from holdfast.sandbox.providers.flutterwave.objects import Bill, Buyer, Chargeback, Refund, Try
from holdfast.sandbox.providers.flutterwave.outcomes import OUTCOMES

ACCOUNT_ID = 73362
HOSTED = "/v3/hosted/pay"


class Link(Struct, frozen=True):
    """What a payment request is answered with."""

    link: str


class Customer(Struct, frozen=True, kw_only=True):
    """Who pays."""

    id: int
    name: str
    phone_number: str | None
    email: str
    created_at: str


class Transaction(Struct, frozen=True, kw_only=True):
    """One try; `charged_amount` is what the buyer was charged, with the fee that is theirs."""

    id: int
    tx_ref: str
    flw_ref: str
    device_fingerprint: str = "N/A"
    amount: Raw
    currency: str
    charged_amount: Raw
    app_fee: Raw
    merchant_fee: int = 0
    processor_response: str
    auth_model: str = "VBVSECURECODE"
    ip: str = "127.0.0.1"
    narration: str = "CARD Transaction"
    status: str
    payment_type: str = "card"
    created_at: str
    account_id: int = ACCOUNT_ID
    customer: Customer
    meta: dict[str, Any] | None
    amount_settled: Raw


class MadeRefund(Struct, frozen=True, kw_only=True):
    """A refund as the call that makes it answers; lists have other names for the same things."""

    id: int
    account_id: int = ACCOUNT_ID
    tx_id: int
    flw_ref: str
    wallet_id: int = 74639
    amount_refunded: Raw
    status: str
    destination: str = "payment_source"
    comments: str
    meta: dict[str, str]
    created_at: str


class ListedRefund(Struct, frozen=True, kw_only=True):
    """A refund as it is read and listed."""

    id: int
    amount_refunded: Raw
    status: str
    flw_ref: str
    comment: str
    settlement_id: str = "N/A"
    meta: str = '{"source":"availablebalance"}'
    created_at: str
    account_id: int = ACCOUNT_ID
    transaction_id: int


class ShownChargeback(Struct, frozen=True, kw_only=True):
    """A chargeback."""

    id: int
    amount: Raw
    flw_ref: str
    status: str
    stage: str = "new"
    comment: str
    meta: dict[str, Any] = {}
    settlement_id: str = "N/A"
    created_at: str
    transaction_id: int
    tx_ref: str


class Event(Struct, frozen=True, kw_only=True):
    """A webhook of v3."""

    event: str = "charge.completed"
    data: Transaction
    meta_data: dict[str, Any]
    event_type: str = field(name="event.type", default="CARD_TRANSACTION")


def show(account: Account, thing: Any) -> Any:
    """Whatever it is."""
    match thing:
        case Bill():
            return link(account, thing)
        case Try():
            return transaction(account, thing)
        case Refund():
            return listed_refund(thing)
        case Chargeback():
            return chargeback(account, thing)
    raise AssertionError(f"{type(thing).__name__} is not shown by v3")


def link(account: Account, bill: Bill) -> Link:
    """Where the buyer pays."""
    return Link(f"{account.base_url}{HOSTED}/{bill.id}")


def transaction(account: Account, one: Try) -> Transaction:
    """One try."""
    bill = account.bills[one.bill]
    cost = fee(one.amount)
    return Transaction(
        id=int(one.id),
        tx_ref=bill.reference,
        flw_ref=_flw_ref(one.id),
        amount=major(one.amount, one.currency),
        currency=one.currency,
        charged_amount=major(one.amount + cost, one.currency),
        app_fee=major(cost, one.currency),
        processor_response=OUTCOMES[one.outcome].sentence,
        status=one.status,
        created_at=when(one.created),
        customer=_customer(account.buyers[bill.buyer]),
        meta=bill.meta or None,
        amount_settled=major(one.amount if one.status == "successful" else 0, one.currency),
    )


def made_refund(refund: Refund) -> MadeRefund:
    """A refund, just made."""
    return MadeRefund(
        id=int(refund.id),
        tx_id=int(refund.paid),
        flw_ref=_flw_ref(refund.paid),
        amount_refunded=major(refund.amount, refund.currency),
        status=refund.status,
        comments=refund.comment,
        meta={"source": "availablebalance"},
        created_at=when(refund.created),
    )


def listed_refund(refund: Refund) -> ListedRefund:
    """A refund, read later."""
    return ListedRefund(
        id=int(refund.id),
        amount_refunded=major(refund.amount, refund.currency),
        status=refund.status,
        flw_ref=_flw_ref(refund.paid),
        comment=refund.comment,
        created_at=when(refund.created),
        transaction_id=int(refund.paid),
    )


def chargeback(account: Account, case: Chargeback) -> ShownChargeback:
    """A chargeback."""
    return ShownChargeback(
        id=int(case.id),
        amount=major(case.amount, case.currency),
        flw_ref=_flw_ref(case.paid),
        status=case.status,
        comment=case.comment,
        created_at=when(case.created),
        transaction_id=int(case.paid),
        tx_ref=account.bills[account.tries[case.paid].bill].reference,
    )


def event(account: Account, one: Try) -> Event:
    """What is told of a try that ended."""
    shown = transaction(account, one)
    return Event(data=shown, meta_data=shown.meta or {})


def when(moment: int) -> str:
    """Unix seconds as v3 writes them."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _flw_ref(try_id: str) -> str:
    return f"FLW-MOCK-{int(try_id):032x}"


def _customer(buyer: Buyer) -> Customer:
    return Customer(
        id=int(buyer.id),
        name=buyer.name or "Anonymous customer",
        phone_number=buyer.phone or None,
        email=buyer.email,
        created_at=when(buyer.created),
    )

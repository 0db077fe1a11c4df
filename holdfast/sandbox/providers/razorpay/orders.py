"""The merchant's calls about orders (gateways.md §3.2); how one is paid is in `checkout`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.providers.razorpay import checkout, errors
from holdfast.sandbox.providers.razorpay.account import Account, new_id
from holdfast.sandbox.providers.razorpay.objects import Notes, Order, Terms
from holdfast.sandbox.providers.razorpay.wire import Amount, Ask, Collection, Currency, NotesIn, money, notes


class CaptureOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """How long an authorisation waits, in minutes."""

    automatic_expiry_period: Annotated[int, Meta(ge=12)] | None = None
    manual_expiry_period: Annotated[int, Meta(ge=12, le=7_200)] | None = None
    refund_speed: Literal["normal", "optimum"] | None = None


class Capture(Struct, frozen=True, forbid_unknown_fields=True):
    """Who captures; overrides the account's setting, which is automatic."""

    capture: Literal["automatic", "manual"]
    capture_options: CaptureOptions = CaptureOptions()


class NewOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /orders`."""

    amount: Amount
    currency: Currency
    receipt: Annotated[str, Meta(max_length=40)] | None = None
    notes: NotesIn = {}
    partial_payment: bool = False
    payment: Capture | None = None
    payment_capture: bool | None = None
    """The older way to say who captures."""
    unique_receipt: bool = False


class NotesChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `PATCH /orders/{id}` and `PATCH /payments/{id}`."""

    notes: NotesIn


def create(ask: Ask) -> Order:
    """A new order; with `unique_receipt` the same receipt brings the same order again."""
    wanted, account = ask.read(NewOrder), ask.account
    money(wanted.amount, wanted.currency)
    if wanted.partial_payment:
        raise errors.invalid("Partial payments are not enabled for this account.", field="partial_payment")
    if wanted.unique_receipt:
        if wanted.receipt is None:
            raise errors.invalid("The receipt field is required.", field="receipt")
        before = account.orders.get(account.order_of(wanted.receipt) or "")
        if before is not None:
            if (before.amount, before.currency) != (wanted.amount, wanted.currency):
                raise errors.invalid("Receipt should be unique", field="receipt")
            return before
    if wanted.payment is not None:
        automatic = wanted.payment.capture == "automatic"
    else:
        automatic = wanted.payment_capture is not False
    return open_order(
        account,
        amount=wanted.amount,
        currency=wanted.currency,
        receipt=wanted.receipt,
        notes=notes(wanted.notes),
        automatic=automatic,
    )


def open_order(
    account: Account,
    *,
    amount: int,
    currency: str,
    receipt: str | None,
    notes: Notes,
    automatic: bool = True,
    link: str | None = None,
) -> Order:
    """Keep an order with its terms; a payment link has one too."""
    order = Order(
        id=new_id("order"),
        amount=amount,
        amount_due=amount,
        currency=currency,
        receipt=receipt,
        notes=notes,
        created_at=seconds(),
    )
    account.save(Terms(id=order.id, automatic=automatic, link=link))
    account.save(order)
    account.faults.arm_magic(order.id, amount)
    if account.settings.auto:
        account.later(checkout.AUTO_PAY_MS, lambda: checkout.auto_pay(account, order.id))
    return order


def read(ask: Ask) -> Order:
    """One order."""
    return ask.find(ask.account.orders)


def listing(ask: Ask) -> Collection:
    """Orders newest first, of one receipt if asked."""
    receipt = ask.query.get("receipt")
    orders = reversed(ask.account.orders.values())
    return ask.page(order for order in orders if receipt in (None, order.receipt))


def update(ask: Ask) -> Order:
    """Change the notes; nothing else of an order can change."""
    order = ask.find(ask.account.orders)
    return ask.account.save(replace(order, notes=notes(ask.read(NotesChange).notes)))


def payments_of(ask: Ask) -> Collection:
    """The tries to pay an order, newest first."""
    order = ask.find(ask.account.orders)
    return ask.page(ask.account.payments_of(order.id)[::-1])

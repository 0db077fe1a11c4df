"""The merchant's calls about orders, and what a buyer does to one (gateways.md §6.2)."""

from functools import partial
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from holdfast.sandbox.bank.bank import NotNowError, Stage
from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.providers.paypal import errors, holds, shown
from holdfast.sandbox.providers.paypal.account import Account
from holdfast.sandbox.providers.paypal.objects import Hold, Intent, Money, Order, new_id
from holdfast.sandbox.providers.paypal.wire import Ask, Made

AUTO_PAY_MS = 20
LATE_MS = 100
Text127 = Annotated[str, Meta(max_length=127)]
WAITING = ("CREATED", "PAYER_ACTION_REQUIRED")


class Ways(Struct, frozen=True, kw_only=True):
    """Where the buyer is led back to: an `experience_context`, or the deprecated `application_context`."""

    return_url: str = ""
    cancel_url: str = ""


class Wallet(Struct, frozen=True, kw_only=True):
    """`payment_source.paypal`."""

    experience_context: Ways = Ways()


class Source(Struct, frozen=True):
    """`payment_source`; cards and other wallets are not stood in for."""

    paypal: Wallet


class Unit(Struct, frozen=True, kw_only=True):
    """A purchase unit."""

    amount: Money
    reference_id: Annotated[str, Meta(max_length=256)] = "default"
    custom_id: Text127 = ""
    invoice_id: Text127 = ""
    description: Text127 = ""


class NewOrder(Struct, frozen=True, kw_only=True):
    """The body of `POST /v2/checkout/orders`; of purchase units the sandbox knows one."""

    intent: Intent
    purchase_units: Annotated[list[Unit], Meta(min_length=1, max_length=1)]
    payment_source: Source | UnsetType = UNSET
    application_context: Ways = Ways()


# ── what the merchant asks ────────────────────────────────────────────────────────────────────


def create(ask: Ask) -> Made:
    """Ask a buyer for an amount."""
    wanted, account, now = ask.read(NewOrder), ask.account, seconds()
    (unit,) = wanted.purchase_units
    source = wanted.payment_source
    if source is not UNSET and ask.request_id is None:
        raise errors.request_id_required()
    ways = wanted.application_context if source is UNSET else source.paypal.experience_context
    made = account.save(
        Order(
            id=new_id(),
            intent=wanted.intent,
            amount=unit.amount.minor(),
            currency=unit.amount.currency_code,
            reference_id=unit.reference_id,
            custom_id=unit.custom_id,
            invoice_id=unit.invoice_id,
            description=unit.description,
            return_url=ways.return_url,
            cancel_url=ways.cancel_url,
            rel="approve" if source is UNSET else "payer-action",
            status="CREATED" if source is UNSET else "PAYER_ACTION_REQUIRED",
            created=now,
            updated=now,
        )
    )
    account.faults.arm_magic(made.id, made.amount)
    if account.settings.auto:
        account.later(AUTO_PAY_MS, partial(_auto_approve, account, made.id))
    return Made(made)


def read(ask: Ask) -> Made:
    """How an order stands; one that nobody approved in time is no longer found."""
    made = ask.account.orders.get(ask.path["id"])
    if made is None or made.expired:
        raise errors.not_found()
    return Made(made, 200)


def capture(ask: Ask) -> Made:
    """Take what the buyer has approved."""
    made = _approved(ask, "CAPTURE")
    holds.take(ask.account, made, made.amount)
    return Made(ask.account.orders[made.id])


def authorize(ask: Ask) -> Made:
    """Set aside what the buyer has approved."""
    made = _approved(ask, "AUTHORIZE")
    holds.set_aside(ask.account, made)
    return Made(ask.account.orders[made.id])


def _approved(ask: Ask, intent: Intent) -> Order:
    """The order, if its money can be had now; raises Refused."""
    account, made = ask.account, ask.account.orders.get(ask.path["id"])
    if made is None:
        raise errors.not_found()
    if made.expired or made.status == "VOIDED":
        raise errors.unprocessable("ORDER_EXPIRED", "The order is expired. Please create a new order.")
    if made.intent != intent:
        raise errors.unprocessable(
            "ACTION_DOES_NOT_MATCH_INTENT", f"The order was created with intent {made.intent}."
        )
    if made.status == "COMPLETED":
        word = "CAPTURED" if intent == "CAPTURE" else "AUTHORIZED"
        raise errors.unprocessable(f"ORDER_ALREADY_{word}", f"Order already {word.lower()}.")
    if made.proof:
        raise errors.unprocessable(
            "PAYER_ACTION_REQUIRED", "Payer needs to perform an action before proceeding."
        )
    if made.status != "APPROVED":
        raise errors.unprocessable("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
    if account.is_spent(made.invoice_id, made.id):
        raise errors.unprocessable("DUPLICATE_INVOICE_ID", "Duplicate Invoice ID detected.")
    if account.faults.take("decline", made.id) or made.declining:
        _decline(account, made)
    return made


def _decline(account: Account, made: Order) -> None:
    """The buyer's instrument is declined, and the buyer is to choose another; raises Refused."""
    account.save(replace(made, status=WAITING[1], declining=False, declined=True, updated=seconds()))
    _maybe_late(account, made.id)
    link = {"href": shown.page_of(account, made.id), "rel": "payer-action", "method": "GET"}
    raise errors.unprocessable(
        "INSTRUMENT_DECLINED",
        "The instrument presented was either declined by the processor or bank, "
        "or it can't be used for this payment.",
        links=(link,),
    )


# ── what buyers and time do ───────────────────────────────────────────────────────────────────


def stage(account: Account, made: Order) -> Stage:
    """How far an order has come."""
    held, captures = account.hold_of(made.id), account.captures_of(made.id)
    if any(one.status not in ("PENDING", "DECLINED") for one in captures):
        return "paid"
    if any(one.status == "PENDING" for one in captures):
        return "open"
    if held is not None and held.status in ("CREATED", "PENDING"):
        return "paid" if held.status == "CREATED" else "open"
    if made.expired or made.status in ("VOIDED", "COMPLETED"):
        return "over"
    return "failed" if made.declined else "open"


def can_be_approved(made: Order) -> bool:
    """Whether the buyer may approve it now; one that did may choose anew where the choice was a bad one."""
    waits = made.status in WAITING or (made.status == "APPROVED" and made.declining)
    return waits and not made.expired


def approve(account: Account, made: Order, *, declining: bool = False) -> Order:
    """The buyer agrees, and no money moves; `declining`: by an instrument that will be declined."""
    if not made.proof and account.faults.take("three_d_secure", made.id):
        return challenge(account, made)
    made = account.save(
        replace(made, status="APPROVED", proof=False, declining=declining, left=False, updated=seconds())
    )
    account.tell(
        "CHECKOUT.ORDER.APPROVED",
        made.id,
        "checkout-order",
        shown.order(account, made),
        "An order has been approved by buyer",
    )
    return made


def challenge(account: Account, made: Order) -> Order:
    """The buyer's bank asks for proof first."""
    return account.save(replace(made, status=WAITING[1], proof=True, updated=seconds()))


def leave(account: Account, made: Order) -> Order:
    """The buyer goes back to the shop; the order can still be approved."""
    made = account.save(replace(made, left=True))
    _maybe_late(account, made.id)
    return made


def expire(account: Account, made: Order) -> Any:
    """Its time is over: nobody approved it, or the merchant did not take what was approved or set aside."""
    held = account.hold_of(made.id)
    if held is not None and held.status == "CREATED":
        return shown.hold(account, holds.let_go(account, held))
    if made.status == "APPROVED":
        made = account.save(replace(made, status="VOIDED", updated=seconds()))
        numbers = {"reference_id": made.reference_id, "custom_id": made.custom_id}
        account.tell(
            "CHECKOUT.PAYMENT-APPROVAL.REVERSED",
            made.id,
            "payment-approval",
            {"order_id": made.id, "purchase_units": [numbers | {"invoice_id": made.invoice_id}]},
            "A payment has been reversed after approval.",
        )
    elif made.status in WAITING and not made.expired:
        made = account.save(replace(made, expired=True))
    else:
        raise NotNowError(f"{made.id} is {made.status}")
    _maybe_late(account, made.id)
    return shown.order(account, made)


def late_success(account: Account, order_id: str) -> Order:
    """The money arrives although nobody expected it any more; one that is paid stays as it is."""
    made = account.orders[order_id]
    held = account.hold_of(order_id)
    pending = [one for one in account.captures_of(order_id) if one.status == "PENDING"]
    if pending:
        holds.complete(account, pending[-1].id)
    elif stage(account, made) != "paid":
        made = account.save(replace(made, expired=False, proof=False, declining=False))
        if made.intent == "CAPTURE":
            holds.take(account, made, made.amount)
        else:
            _revive(account, made, held)
    return account.orders[order_id]


def _revive(account: Account, made: Order, held: Hold | None) -> None:
    if held is None:
        holds.set_aside(account, made)
    else:
        holds.grant(account, account.save(replace(held, status="PENDING")).id)


def _maybe_late(account: Account, order_id: str) -> None:
    if fault := account.faults.take("late_success", order_id):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, order_id))


def _auto_approve(account: Account, order_id: str) -> None:
    if can_be_approved(account.orders[order_id]):
        approve(account, account.orders[order_id])

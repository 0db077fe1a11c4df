"""Money that people see and programs do not: cash on delivery and bank transfers (gateways.md §11)."""

from datetime import date, datetime
from typing import Any

import msgspec

from holdfast.cart import keep_cart
from holdfast.db.queries import Maybe, Queries, Transaction
from holdfast.errors import MethodUnavailable, MoveRefused, NotFound, TransferAlreadyUsed
from holdfast.order.move_order import Move, lock_orders, move_orders
from holdfast.order.order import UNPAID, Event, possible
from holdfast.payment import attempts
from holdfast.payment.attempts import Attempt
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Said
from holdfast.payment.secure import secure_orders
from holdfast.payment.settle import Outcome, record_outcomes
from holdfast.shop_settings.rules import ShopRules

CASH, TRANSFER = "cash_on_delivery", "bank_transfer"


class Transfer(msgspec.Struct, frozen=True):
    """A transfer as it stands on the bank's statement, in minor units."""

    bank_reference: str
    received_minor: int
    currency: str
    value_date: date


class sql(Queries):
    cart_of: Maybe[str]
    record: Maybe[int]


async def confirm_cash(tx: Transaction, *, order_id: str, rules: ShopRules, actor: str, at: datetime) -> None:
    """Accept an order that is to be paid on delivery: its units are committed, nothing is captured.

    Raises NotFound, MethodUnavailable, MoveRefused, or OutOfStock when its units were let go meanwhile.
    """
    await _lock_cart(tx, order_id)
    orders = await lock_orders(tx, order_ids=[order_id])
    if order_id not in orders:
        raise NotFound(kind="order", id=order_id)
    order = orders[order_id]
    _, tries = await attempts.lock_payments(tx, order_ids=[order_id])
    _newest([attempt for attempt in tries[order_id] if not attempt.superseded], CASH)
    if Event.CONFIRMED not in possible(order.state):
        raise MoveRefused(state=order.state, event=Event.CONFIRMED, possible=possible(order.state))
    if order.state in UNPAID:
        await secure_orders(tx, orders=[order], event=Event.CONFIRMED, rules=rules, actor=actor, at=at)
    else:  # the cash came first, and with it the units
        await move_orders(tx, moves=[Move(order, Event.CONFIRMED, actor)], at=at)


async def collect_cash(
    tx: Transaction, *, order_id: str, collected_minor: int, rules: ShopRules, actor: str, at: datetime
) -> None:
    """The courier has brought the cash, in minor units of the order's currency."""
    attempt = await _attempt(tx, order_id, CASH)
    await _settle(tx, attempt, collected_minor, rules=rules, actor=actor, at=at)


async def record_transfer(
    tx: Transaction, *, order_id: str, transfer: Transfer, rules: ShopRules, actor: str, at: datetime
) -> None:
    """A transfer has come: several may add up to what is due, and one pays one order only.

    Raises NotFound, MethodUnavailable, or TransferAlreadyUsed.
    """
    attempt = await _attempt(tx, order_id, TRANSFER)
    received = await sql.record(
        tx,
        attempt_id=attempt.id,
        provider=TRANSFER,
        recorded_by=actor,
        at=at,
        **msgspec.structs.asdict(transfer),
    )
    if received is None:
        raise TransferAlreadyUsed(reference=transfer.bank_reference)
    so_far = attempt.captured_minor + transfer.received_minor
    attempt = msgspec.structs.replace(attempt, currency=transfer.currency)
    await _settle(tx, attempt, so_far, rules=rules, actor=actor, at=at, part=True)


async def _settle(
    tx: Transaction,
    attempt: Attempt,
    captured_minor: int,
    *,
    rules: ShopRules,
    actor: str,
    at: datetime,
    part: bool = False,
) -> None:
    said = Said(
        provider_ref=attempt.provider_ref or attempt.id,
        state=AttemptState.CAPTURED,
        amount_minor=captured_minor,
        currency=attempt.currency,
        live=attempt.live,
        next_action=_rest(attempt, captured_minor) if part else None,
        part=part,
    )
    outcome = Outcome(attempt.provider, said, f"staff:{actor}", attempt.id)
    await record_outcomes(tx, outcomes=[outcome], rules=rules, at=at)


def _rest(attempt: Attempt, captured_minor: int) -> dict[str, Any] | None:
    """What the buyer was told to send, less what has come."""
    if attempt.next_action is None:
        return None
    rest = {"amount": max(0, attempt.amount_minor - captured_minor), "currency": attempt.currency}
    return attempt.next_action | {"amount": rest}


async def _attempt(tx: Transaction, order_id: str, provider: str) -> Attempt:
    """The order's newest attempt by this method; cart, order and payment are locked."""
    await _lock_cart(tx, order_id)
    if order_id not in await lock_orders(tx, order_ids=[order_id]):
        raise NotFound(kind="order", id=order_id)
    _, tries = await attempts.lock_payments(tx, order_ids=[order_id])
    return _newest(tries[order_id], provider)


def _newest(tries: list[Attempt], provider: str) -> Attempt:
    for attempt in reversed(tries):
        if attempt.provider == provider:
            return attempt
    offered = sorted({attempt.provider for attempt in tries})
    raise MethodUnavailable(field="payment_method", method=provider, offered=offered)


async def _lock_cart(tx: Transaction, order_id: str) -> None:
    cart_id = await sql.cart_of(tx, order_id=order_id)
    if cart_id:
        await keep_cart.lock_carts(tx, cart_ids=[cart_id])

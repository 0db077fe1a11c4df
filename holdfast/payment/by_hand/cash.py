"""Cash on delivery: accepted before it is there, collected or refused at the door (gateways.md §11)."""

from collections.abc import Sequence
from datetime import datetime

from holdfast.db.queries import Transaction
from holdfast.errors.money import MoveRefused
from holdfast.errors.problem import Problem
from holdfast.order.move_order import Move, move_orders
from holdfast.order.order import UNPAID, Event, possible
from holdfast.payment import attempts
from holdfast.payment.by_hand.lock_attempt import lock_attempt, lock_orders_and_carts, settle_attempt
from holdfast.payment.payment import AttemptState
from holdfast.payment.secure import secure_orders
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock import holds

CASH = "cash_on_delivery"


async def confirm_each(
    tx: Transaction,
    *,
    order_ids: Sequence[str],
    rules: ShopRules,
    actor: str,
    reason: str,
    note: str,
    at: datetime,
) -> dict[str, Problem | None]:
    """Accept those of these orders that are to be paid on delivery and are not secured yet.

    Everything is locked in its order before the first is accepted; each for itself, so that one
    whose units are gone harms no other. Answers for each of them its Problem, or None. The orders
    that are left out are locked as well.
    """
    orders = await lock_orders_and_carts(tx, order_ids=order_ids)
    waiting = [o.id for o in orders.values() if o.state in UNPAID and o.payment_method == CASH]
    if not waiting:
        return {}
    await attempts.lock_payments(tx, order_ids=waiting)
    await holds.lock(tx, order_ids=waiting)
    answers: dict[str, Problem | None] = {}
    for order_id in waiting:
        try:
            async with tx.transaction():
                await confirm_cash(
                    tx, order_id=order_id, rules=rules, actor=actor, reason=reason, note=note, at=at
                )
            answers[order_id] = None
        except Problem as problem:
            answers[order_id] = problem
    return answers


async def confirm_cash(
    tx: Transaction,
    *,
    order_id: str,
    rules: ShopRules,
    actor: str,
    at: datetime,
    reason: str = "",
    note: str = "",
) -> None:
    """Accept an order that is to be paid on delivery: its units are committed, nothing is captured.

    Raises NotFound, MethodUnavailable, MoveRefused, or OutOfStock when its units were let go meanwhile.
    """
    order, _ = await lock_attempt(tx, order_id=order_id, method=CASH, in_use=True)
    if Event.CONFIRMED not in possible(order.state):
        raise MoveRefused(state=order.state, event=Event.CONFIRMED, possible=possible(order.state))
    if order.state in UNPAID:
        await secure_orders(
            tx,
            orders=[order],
            event=Event.CONFIRMED,
            rules=rules,
            actor=actor,
            reason=reason,
            note=note,
            at=at,
        )
    else:  # the cash came first, and with it the units
        await move_orders(tx, moves=[Move(order, Event.CONFIRMED, actor, reason, note)], at=at)


async def collect_cash(
    tx: Transaction, *, order_id: str, collected_minor: int, rules: ShopRules, actor: str, at: datetime
) -> None:
    """The courier has brought the cash, in minor units of the order's currency."""
    _, attempt = await lock_attempt(tx, order_id=order_id, method=CASH)
    await settle_attempt(
        tx,
        attempt,
        state=AttemptState.CAPTURED,
        amount_minor=collected_minor,
        rules=rules,
        actor=actor,
        at=at,
    )


async def refuse_cash(tx: Transaction, *, order_id: str, rules: ShopRules, actor: str, at: datetime) -> None:
    """Nobody took the parcel, or nobody paid for it: nothing will come. The caller cancels the order.

    Raises NotFound, MethodUnavailable, or MoveRefused for one whose cash was collected.
    """
    order, attempt = await lock_attempt(tx, order_id=order_id, method=CASH, in_use=True)
    if attempt.captured_minor:
        raise MoveRefused(state=order.state, event="cash_refused", possible=possible(order.state))
    await settle_attempt(
        tx,
        attempt,
        state=AttemptState.CANCELLED,
        amount_minor=attempt.amount_minor,
        rules=rules,
        actor=actor,
        at=at,
    )

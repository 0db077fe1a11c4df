"""Expiry: the look before the drop, dead holds, and orders that were unpaid for too long.

Nobody is refused wrongly when this does not run (``stock/holds.py`` expires exactly, where it
matters); here the orders follow, and providers are told in the grace before the units drop.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from holdfast import clock
from holdfast.checkout.cancel_order import end_orders
from holdfast.db.queries import Many, Queries, Transaction
from holdfast.db.transaction import read, transaction
from holdfast.limits import SWEEP_ROWS_MAX
from holdfast.order.move_order import Move, lock_orders, move_orders
from holdfast.order.order import Event, State
from holdfast.payment import attempts, start_payment
from holdfast.payment.start_payment import Asking
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock import holds

_WAITING = (State.PENDING_PAYMENT, State.PAYMENT_FAILED)


class sql(Queries):
    expiring: Many[str]
    unpaid: Many[str]
    holding: Many[str]


async def close_expiring(asking: Asking) -> int:
    """Before units drop, ask the provider: whoever has paid is settled, everybody else can no longer pay.

    Answers how many attempts were looked at.
    """
    at = clock.now()
    attempt_ids = await read(asking.database, lambda c: sql.expiring(c, at=at, rows_max=SWEEP_ROWS_MAX))
    await start_payment.side_by_side(
        attempt_ids, lambda attempt_id: _leased(asking, attempt_id, start_payment.close)
    )
    return len(attempt_ids)


async def poll_silent(asking: Asking) -> int:
    """Ask about attempts that nobody has heard from, at growing gaps (gateways.md §12.16)."""
    at = clock.now()

    due = await transaction(
        asking.database,
        lambda tx: attempts.plan_next_poll(tx, rules=asking.rules(), at=at, rows_max=SWEEP_ROWS_MAX),
    )
    await start_payment.side_by_side(due, lambda attempt_id: start_payment.resume(asking, [attempt_id]))
    return len(due)


async def drop_dead(tx: Transaction, *, at: datetime) -> int:
    """Expire the lines past their moment, and move the unpaid orders that held them.

    Answers how many holds were looked at.
    """
    dead = await holds.dropping_holds(tx, at=at)
    orders = await lock_orders(tx, order_ids=[hold.order_id for hold in dead if hold.order_id])
    alone = [hold.checkout_id for hold in dead if hold.checkout_id and not hold.order_id]
    gone = await holds.drop(tx, order_ids=list(orders), checkout_ids=alone, at=at)
    expired = [o for o in orders.values() if o.id in gone and o.state in _WAITING]
    await move_orders(tx, moves=[Move(o, Event.HOLD_EXPIRED, "timetable") for o in expired], at=at)
    return len(dead)


async def end_unpaid(tx: Transaction, *, rules: ShopRules, at: datetime) -> int:
    """Cancel expired orders at the unpaid limit; what never held units expires first, and is cancelled next.

    Whoever tried again shortly before the limit has units, and time until those drop.
    """
    seen = await sql.unpaid(tx, at=at, rows_max=SWEEP_ROWS_MAX)
    locked = await lock_orders(tx, order_ids=seen)
    holding = set(await sql.holding(tx, order_ids=list(locked)))
    orders = {order_id: order for order_id, order in locked.items() if order_id not in holding}
    pending = [o for o in orders.values() if o.state in _WAITING]
    await move_orders(tx, moves=[Move(o, Event.HOLD_EXPIRED, "timetable") for o in pending], at=at)
    expired = [o for o in orders.values() if o.state is State.EXPIRED]
    await end_orders(
        tx,
        orders=expired,
        event=Event.UNPAID_TOO_LONG,
        actor="timetable",
        reason="unpaid limit",
        rules=rules,
        at=at,
    )
    return len(pending) + len(expired)


async def _leased(
    asking: Asking, attempt_id: str, ask: Callable[[Asking, attempts.ToAsk], Awaitable[object]]
) -> None:
    """Ask about one attempt under a lease that begins now, unless somebody else has it."""
    at = clock.now()
    lease_until = asking.lease_until(at)
    leased = await transaction(
        asking.database,
        lambda tx: attempts.take_leases(tx, attempt_ids=[attempt_id], lease_until=lease_until, at=at),
    )
    for wanted in leased:
        await ask(asking, wanted)

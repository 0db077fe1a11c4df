"""The attempt that only staff can settle: locked in the one order, and settled through the one door."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from holdfast.cart import keep_cart
from holdfast.db.queries import Many, Queries, Transaction
from holdfast.errors.checkout import MethodUnavailable
from holdfast.errors.request import NotFound
from holdfast.order.move_order import LockedOrder, lock_orders
from holdfast.payment import attempts
from holdfast.payment.attempts import Attempt
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Said
from holdfast.payment.settle import Outcome, record_outcomes
from holdfast.shop_settings.rules import ShopRules


class sql(Queries):
    carts_of: Many[str]


async def lock_orders_and_carts(tx: Transaction, *, order_ids: Sequence[str]) -> dict[str, LockedOrder]:
    """Lock orders, and their carts before them; ids that do not exist are missing from the answer."""
    cart_ids = await sql.carts_of(tx, order_ids=list(order_ids))
    if cart_ids:
        await keep_cart.lock_carts(tx, cart_ids=cart_ids)
    return await lock_orders(tx, order_ids=order_ids)


async def lock_order(tx: Transaction, *, order_id: str) -> LockedOrder:
    """Lock an order, and its cart before it; raises NotFound."""
    orders = await lock_orders_and_carts(tx, order_ids=[order_id])
    if order_id not in orders:
        raise NotFound(kind="order", id=order_id)
    return orders[order_id]


async def lock_attempt(
    tx: Transaction, *, order_id: str, method: str, in_use: bool = False
) -> tuple[LockedOrder, Attempt]:
    """The order and its newest attempt by this method; cart, order and payment are locked.

    ``in_use``: not one that another method has taken the place of. Raises NotFound or MethodUnavailable.
    """
    order = await lock_order(tx, order_id=order_id)
    _, tries = await attempts.lock_payments(tx, order_ids=[order_id])
    for attempt in reversed(tries[order_id]):
        if attempt.provider == method and not (in_use and attempt.superseded):
            return order, attempt
    offered = sorted({attempt.provider for attempt in tries[order_id]})
    raise MethodUnavailable(field="payment_method", method=method, offered=offered)


async def settle_attempt(
    tx: Transaction,
    attempt: Attempt,
    *,
    state: AttemptState,
    amount_minor: int,
    rules: ShopRules,
    actor: str,
    at: datetime,
    next_action: dict[str, Any] | None = None,
    part: bool = False,
) -> None:
    """Record what staff say came of an attempt; ``amount_minor`` is all that came so far, in minor units."""
    said = Said(
        provider_ref=attempt.provider_ref or attempt.id,
        state=state,
        amount_minor=amount_minor,
        currency=attempt.currency,
        live=attempt.live,
        next_action=next_action,
        part=part,
    )
    outcome = Outcome(attempt.provider, said, f"staff:{actor}", attempt.id)
    await record_outcomes(tx, outcomes=[outcome], rules=rules, at=at)

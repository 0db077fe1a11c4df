"""Pay again: another attempt for an unpaid order, by the same or another method.

The own units are kept and their time extended (up to a limit), dead ones are taken again. An
attempt by another method that is still open is superseded, and its provider told.
"""

from datetime import datetime

import msgspec

from holdfast import ids
from holdfast.cart import keep_cart
from holdfast.checkout.checkout import hold_moments
from holdfast.db.queries import Connection, Many, Maybe, One, Queries, Transaction
from holdfast.db.together import together
from holdfast.errors.money import NothingToPay
from holdfast.errors.request import NotFound
from holdfast.jobs import Job, enqueue
from holdfast.order.move_order import LockedOrder, Move, lock_orders, move_orders
from holdfast.order.order import UNPAID, Event, State
from holdfast.payment import attempts
from holdfast.payment.attempts import Attempt
from holdfast.payment.offer import check_method
from holdfast.payment.payment import OPEN, AttemptState
from holdfast.payment.provider import Ask, Providers
from holdfast.payment.start_payment import new_attempt
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock import holds
from holdfast.stock.serve import Claimant, serve
from holdfast.stock.shelf import Short


class PayAgain(msgspec.Struct, frozen=True):
    """Which order is to be paid, by which method (None: the one it was placed with), by whom."""

    order_id: str
    method: str | None
    actor: str


class Need(msgspec.Struct, frozen=True):
    """Units of a tracked SKU that the order wants, over all its lines."""

    sku: str
    quantity: int


class sql(Queries):
    cart_of: Maybe[str]
    needs: Many[Need]
    intended: Many[str]
    unsettled: Many[str]
    number: One[int]


async def intended_attempts(connection: Connection, *, order_id: str) -> list[str]:
    """Attempts of an order that were committed and whose provider has not answered yet."""
    return await sql.intended(connection, order_id=order_id)


async def open_attempts(connection: Connection, *, order_id: str) -> list[str]:
    """Attempts of an order that a provider may still say something new of."""
    return await sql.unsettled(connection, order_id=order_id)


async def pay_again(
    tx: Transaction,
    *,
    wanted: PayAgain,
    providers: Providers,
    rules: ShopRules,
    return_url: str,
    at: datetime,
) -> None:
    """Commit the intent to collect again; raises NotFound, NothingToPay, MethodUnavailable or OutOfStock.

    While the newest attempt is by the same method, open, and for what is left to pay, it is the one to go
    on with; not where too little was set aside.
    """
    cart_id = await sql.cart_of(tx, order_id=wanted.order_id)
    if cart_id:
        await keep_cart.lock_carts(tx, cart_ids=[cart_id])
    order = (await lock_orders(tx, order_ids=[wanted.order_id])).get(wanted.order_id)
    if order is None:
        raise NotFound(kind="order", id=wanted.order_id)
    payments, tries = await attempts.lock_payments(tx, order_ids=[order.id])
    payment = payments[order.id]
    if order.state not in UNPAID or payment.captured_minor >= payment.due_minor:
        raise NothingToPay(state=payment.state)
    method = wanted.method or order.payment_method
    left = payment.due_minor - payment.captured_minor
    check_method(providers, rules, method=method, amount_minor=left, currency=order.currency)
    provider = providers[method]
    await _keep_units(tx, order, method=method, asks=provider.asks, rules=rules, at=at)
    if order.state is not State.PENDING_PAYMENT:
        await move_orders(tx, moves=[Move(order, Event.PAY_AGAIN, wanted.actor)], at=at)
    living = [a for a in tries[order.id] if a.state in OPEN and not a.superseded]
    same = [a for a in living if a.provider == method and _still_fits(a, left)]
    if same:
        reopened = [msgspec.structs.replace(a, failure=None) for a in same]
        restated = msgspec.structs.replace(payment, state="pending")
        await attempts.save(tx, payments=[restated], attempts=reopened)
        return
    await _supersede(tx, living)
    number = await sql.number(tx, order_id=order.id)
    ask = Ask(ids.mint("att"), order.id, number, left, order.currency, return_url)
    attempt = new_attempt(provider, ask, payment_id=payment.id, rules=rules, lease_until=at, at=at)
    restated = msgspec.structs.replace(payment, state="pending")
    await attempts.save(tx, payments=[restated], attempts=[])
    await together(tx, attempts.creating(payments=[], attempts=[attempt], at=at))


def _still_fits(attempt: Attempt, left_minor: int) -> bool:
    """Whether a buyer who goes on with it pays what is left."""
    rest = attempt.amount_minor - attempt.captured_minor
    return attempt.state is not AttemptState.AUTHORIZED and rest == left_minor


async def _supersede(tx: Transaction, living: list[Attempt]) -> None:
    """Out of the way for the next one; whether its money comes all the same, its provider decides."""
    await attempts.save(
        tx, payments=[], attempts=[msgspec.structs.replace(a, superseded=True) for a in living]
    )
    await enqueue(tx, Job.CLOSE_ATTEMPT, [a.id for a in living])


async def _keep_units(
    tx: Transaction, order: LockedOrder, *, method: str, asks: bool, rules: ShopRules, at: datetime
) -> None:
    """Extend what the order holds, and take again what it has lost; raise OutOfStock when that is gone."""
    needs = {need.sku: need.quantity for need in await sql.needs(tx, order_id=order.id)}
    if not needs:
        return
    (hold,) = await holds.lock_holds(tx, order_ids=[order.id])
    expires_at, drops_at = hold_moments(method, asks=asks, rules=rules, at=at, own=hold)
    (answer,) = await serve(tx, [Claimant(hold.id, needs, drops_at)], at=at)
    if isinstance(answer, Short):
        raise answer.as_problem()
    born = hold.created_at if hold.expires_at > at else at
    renewed = msgspec.structs.replace(hold, expires_at=expires_at, created_at=born)
    await holds.write(tx, changes=answer, holds=[renewed])

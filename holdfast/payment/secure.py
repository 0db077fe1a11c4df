"""Secure an order: its money is there, so its units become committed, however late that is.

Units still held are committed. Lines that died are taken again in the same transaction; when
units are gone, the shop's policy for late money decides.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from holdfast import letters
from holdfast.attention.matters import Kind, Matter, open_matters
from holdfast.cart import keep_cart
from holdfast.db.queries import Many, Queries, Transaction
from holdfast.letters import About, Wanted
from holdfast.order import owed
from holdfast.order.move_order import LockedOrder, Move, lock_orders, move_orders
from holdfast.order.order import Event, after
from holdfast.pricing.keep_coupons import end_uses
from holdfast.shop_settings.rules import LateMoney, ShopRules
from holdfast.stock import holds
from holdfast.stock.holds import becomes
from holdfast.stock.shelf import Demand, Short


class Need(msgspec.Struct, frozen=True):
    """Units of a tracked SKU that an order wants, over all its lines."""

    order_id: str
    sku: str
    quantity: int


class sql(Queries):
    needs: Many[Need]


async def secure_orders(
    tx: Transaction,
    *,
    orders: Sequence[LockedOrder],
    event: Event,
    rules: ShopRules,
    actor: str,
    at: datetime,
    set_aside: Collection[str] = (),
    reason: str = "",
    note: str = "",
) -> list[str]:
    """Commit the units of locked, unpaid orders, move them by ``event``, and clear their carts.

    ``set_aside`` are the orders whose money was authorised and not taken: they move by AUTHORIZED,
    and when units are gone there is nothing to decide, since nobody has paid. Answers the ids of
    the orders that were cancelled instead, because their units are gone and the policy is to
    refund; their money is the caller's to give back. Where no money came (``event`` is CONFIRMED)
    units that are gone raise OutOfStock.
    """
    if not orders:
        return []
    needs, hold_of = await _read_needs(tx, orders)
    late = await _commit_living(tx, orders, needs, hold_of)
    short: dict[str, dict[str, int]] = {}
    policies: dict[str, LateMoney] = {
        order.id: "refund" if order.id in set_aside else rules.late_money for order in orders
    }
    for order in late:
        missing = await _take_again(
            tx, needs[order.id], hold_of.get(order.id, ""), policy=policies[order.id], at=at
        )
        if missing and event is Event.CONFIRMED:
            raise Short(
                tuple((s, needs[order.id][s], needs[order.id][s] - n) for s, n in missing.items())
            ).as_problem()
        if missing:
            short[order.id] = missing
    secured = [order for order in orders if order.id not in short]
    given_up = [order_id for order_id in short if policies[order_id] == "refund"]
    moves = [
        Move(order, Event.AUTHORIZED if order.id in set_aside else event, actor, reason, note)
        for order in secured
    ]
    moves += [
        Move(
            order,
            Event.MONEY_TOO_LATE if order.id in given_up else Event.STOCK_OWED,
            actor,
            told=policies[order.id] != "ask",
        )
        for order in orders
        if order.id in short
    ]
    await move_orders(tx, moves=moves, at=at)
    from_carts = [order.id for order in orders if order.cart_id and order.id not in given_up]
    if from_carts:
        await keep_cart.clear_bought(tx, order_ids=from_carts, at=at)
    if not short:
        return []
    await end_uses(tx, order_ids=given_up)
    await _tell(tx, short, policies, at=at)
    return given_up


async def owe_now(tx: Transaction, *, order_id: str, at: datetime) -> None:
    """Staff decide that a late, paid order is to have its goods: take what there is now, and owe the rest.

    While something is missing the order stays where it is, awaiting stock. Raises MoveRefused
    for one that does not wait any more.
    """
    order = (await lock_orders(tx, order_ids=[order_id]))[order_id]
    after(order.state, Event.STOCK_ARRIVED)
    needs = {need.sku: need.quantity for need in await sql.needs(tx, order_ids=[order_id])}
    (hold,) = await holds.lock_holds(tx, order_ids=[order_id])
    missing = await _take_again(tx, needs, hold.id, policy="owe", at=at)
    if missing:
        await letters.ask(tx, [Wanted(About.GOODS_OWED, order_id)], at=at)
    else:
        await move_orders(tx, moves=[Move(order, Event.STOCK_ARRIVED, "staff")], at=at)


async def _read_needs(
    tx: Transaction, orders: Sequence[LockedOrder]
) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """What each order needs per SKU, and its hold; holds and stock are locked in their order."""
    needs: dict[str, dict[str, int]] = {order.id: {} for order in orders}
    for need in await sql.needs(tx, order_ids=list(needs)):
        needs[need.order_id][need.sku] = need.quantity
    hold_of = {h.order_id: h.id for h in await holds.lock_holds(tx, order_ids=list(needs)) if h.order_id}
    skus = {sku for of_order in needs.values() for sku in of_order}
    if skus:
        await holds.lock_shelves(tx, skus=skus, hold_ids=hold_of.values())
    return needs, hold_of


async def _commit_living(
    tx: Transaction,
    orders: Sequence[LockedOrder],
    needs: dict[str, dict[str, int]],
    hold_of: dict[str, str],
) -> list[LockedOrder]:
    """Commit orders whose lines all live; the others' last lines are let go, so that they start afresh."""
    lines = await holds.lines_of(tx, hold_ids=hold_of.values())
    changes, late = [], []
    for order in orders:
        active = [x for x in lines.get(hold_of.get(order.id, ""), ()) if x.state == "active"]
        held: dict[str, int] = defaultdict(int)
        for line in active:
            held[line.sku] += line.quantity
        if held == needs[order.id]:
            changes += [becomes(line, "committed") for line in active]
        else:
            changes += [becomes(line, "expired") for line in active]
            late.append(order)
    await holds.write(tx, changes=changes)
    return late


async def _take_again(
    tx: Transaction, needs: dict[str, int], hold_id: str, *, policy: LateMoney, at: datetime
) -> dict[str, int]:
    """Commit the units of one late order; answers what is missing per SKU.

    When something is missing, nothing is taken, unless the policy is to owe: then what there is
    is taken, and the rest is written down as owed.
    """
    if policy == "owe":
        missing = await holds.take_what_there_is(tx, hold_id=hold_id, needs=needs, at=at)
        if missing:
            await owed.owe(tx, hold_id=hold_id, missing=missing)
        return missing
    shelves = await holds.lock_shelves(tx, skus=needs)
    (answer,), _ = await holds.allocate_exactly(tx, [Demand(needs)], shelves, at=at)
    if isinstance(answer, Short):
        return {sku: asked - free for sku, asked, free in answer.lines}
    await holds.add_committed(tx, hold_id=hold_id, taken=answer, at=at)
    return {}


async def _tell(
    tx: Transaction,
    short: dict[str, dict[str, int]],
    policies: Mapping[str, LateMoney],
    *,
    at: datetime,
) -> None:
    kinds = {
        "refund": Kind.LATE_MONEY_REFUNDED,
        "owe": Kind.LATE_MONEY_OWED,
        "ask": Kind.LATE_MONEY_UNDECIDED,
    }
    matters = [
        Matter(kinds[policies[order_id]], order_id, {"missing": missing})
        for order_id, missing in short.items()
    ]
    await open_matters(tx, matters=matters, at=at)
    undecided = [Wanted(About.GOODS_UNDECIDED, order_id) for order_id in short if policies[order_id] == "ask"]
    await letters.ask(tx, undecided, at=at)

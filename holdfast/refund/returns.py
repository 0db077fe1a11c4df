"""Returns: asked for by the buyer, approved, received by condition, and settled one way or another.

Exchange and credit are decisions that are recorded; what follows from them is done elsewhere.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from holdfast import ids, letters
from holdfast.attention.matters import Kind, Matter, open_matters, settle_matters
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.errors.money import MoveRefused, ReturnTooLate, UnitsGone
from holdfast.errors.request import NotFound
from holdfast.letters import About, about_order
from holdfast.order.cancel_lines import LineUnits, count_returned
from holdfast.order.move_order import LockedOrder, lock_orders, show_returns
from holdfast.order.order import UNPAID, possible
from holdfast.refund.give_back import request_refund
from holdfast.refund.refund import Wish, WishedLine
from holdfast.refund.rma import (
    DROPPED,
    ArrivedLine,
    Event,
    SentLine,
    State,
    WantedLine,
    after,
    check_units,
    deadline,
    seen_as,
)
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock.came_back import CameBack, come_back

Settlement = Literal["refund", "exchange", "credit", "close"]
_SETTLED: dict[Settlement, Event] = {
    "refund": Event.REFUNDED,
    "exchange": Event.EXCHANGED,
    "credit": Event.CREDITED,
    "close": Event.CLOSED,
}
_TOLD: dict[Event, tuple[About, ...]] = {
    Event.REQUESTED: (About.RETURN_REQUESTED, About.RETURN_TO_DECIDE),
    Event.APPROVED: (About.RETURN_APPROVED,),
    Event.REFUSED: (About.RETURN_REFUSED,),
    Event.WITHDRAWN: (About.RETURN_WITHDRAWN,),
    Event.RECEIVED: (About.RETURN_RECEIVED,),
    Event.REFUNDED: (About.RETURN_REFUNDED,),
    Event.EXCHANGED: (About.RETURN_EXCHANGED,),
    Event.CREDITED: (About.RETURN_CREDITED,),
    Event.CLOSED: (About.RETURN_CLOSED,),
}
"""The letters that an event asks for."""


class Return(msgspec.Struct, frozen=True):
    """A return's row; ``request_id`` is the refund that was asked for it."""

    id: str
    order_id: str
    state: str
    comment: str
    request_id: str | None
    created_at: datetime


class ReturnLine(msgspec.Struct, frozen=True):
    """Units of a line that come back, and how they were found."""

    return_id: str
    position: int
    sku: str
    quantity: int
    reason: str
    restocked: int
    written_off: int


class sql(Queries):
    arrived_at: Maybe[datetime]
    sent: Many[SentLine]
    create: Do
    find: Maybe[Return]
    by_request: Maybe[Return]
    of_order: Many[Return]
    lines: Many[ReturnLine]
    why: Maybe[str]
    move: Do
    receive: Do
    set_request: Do
    page: Many[Return]


async def request_return(
    tx: Transaction,
    *,
    order_id: str,
    wanted: Sequence[WantedLine],
    comment: str,
    rules: ShopRules,
    actor: str,
    at: datetime,
) -> str:
    """A buyer wants to send units back (each line once); answers the return's id.

    Raises NotFound, MoveRefused, ReturnTooLate, or UnitsGone for units that never left the shop or
    are on their way back.
    """
    order = await _lock_order(tx, order_id)
    if order.state in UNPAID or order.called_off:
        raise MoveRefused(state=order.state, event="return", possible=possible(order.state))
    check_units(wanted, await sql.sent(tx, order_id=order_id))
    arrived_at = await sql.arrived_at(tx, order_id=order_id)
    until = deadline(arrived_at or at, rules.return_days)
    if at > until:
        raise ReturnTooLate(until=until.isoformat())
    return_id = ids.mint("ret")
    await sql.create(
        tx,
        id=return_id,
        order_id=order_id,
        comment=comment,
        positions=[x.position for x in wanted],
        quantities=[x.quantity for x in wanted],
        reasons=[x.reason for x in wanted],
        at=at,
    )
    units = [LineUnits(x.position, x.quantity) for x in wanted]
    await count_returned(tx, order_id=order_id, units=units)
    born = Return(return_id, order_id, State.NEW, comment, None, at)
    await _move(tx, order, born, Event.REQUESTED, actor=actor, at=at)
    matter = Matter(Kind.RETURN_REQUESTED, return_id, {"order_id": order_id})
    await open_matters(tx, matters=[matter], at=at)
    return return_id


async def decide_return(
    tx: Transaction, *, return_id: str, event: Event, actor: str, reason: str = "", at: datetime
) -> None:
    """Staff approve or refuse it, or its buyer withdraws it; raises NotFound or MoveRefused."""
    order, found = await _lock(tx, return_id)
    there = await _move(tx, order, found, event, actor=actor, reason=reason, at=at)
    if there in DROPPED:
        lines = await sql.lines(tx, return_ids=[return_id])
        units = [LineUnits(x.position, -x.quantity) for x in lines]
        await count_returned(tx, order_id=order.id, units=units)
    await settle_matters(tx, kind=Kind.RETURN_REQUESTED, subjects=[return_id], step=event, actor=actor, at=at)


async def receive_return(
    tx: Transaction, *, return_id: str, arrived: Sequence[ArrivedLine], actor: str, at: datetime
) -> None:
    """The parcel is here: units in order lie on the shelf again, the others are written off.

    Units that did not come may be sent back by another return. Raises NotFound, MoveRefused,
    UnitsGone for more than were announced, or UnknownSku for a location that does not exist.
    """
    order, found = await _lock(tx, return_id)
    lines = {x.position: x for x in await sql.lines(tx, return_ids=[return_id])}
    await _move(tx, order, found, Event.RECEIVED, actor=actor, at=at)
    for one in arrived:
        line, units = lines.get(one.position), one.restocked + one.written_off
        if line is None or units > line.quantity:
            raise UnitsGone(position=one.position, left=line.quantity if line else 0, asked=units)
    here = {one.position: one.restocked + one.written_off for one in arrived}
    lacking = {x.position: x.quantity - here.get(x.position, 0) for x in lines.values()}
    missing = [LineUnits(position, -units) for position, units in lacking.items() if units]
    await count_returned(tx, order_id=order.id, units=missing)
    await sql.receive(
        tx,
        return_id=return_id,
        positions=[x.position for x in arrived],
        restocked=[x.restocked for x in arrived],
        written_off=[x.written_off for x in arrived],
    )
    back = [CameBack(lines[x.position].sku, x.location, x.restocked, x.written_off) for x in arrived]
    await come_back(tx, lines=back, subject=return_id, actor=actor, at=at)
    matter = Matter(Kind.RETURN_RECEIVED, return_id, {"order_id": order.id})
    await open_matters(tx, matters=[matter], at=at)


async def settle_return(
    tx: Transaction,
    *,
    return_id: str,
    by: Settlement,
    wish: Wish,
    rules: ShopRules,
    reason: str = "",
    actor: str,
    at: datetime,
) -> None:
    """Give something for what came back; a refund is of the units that arrived, more or less if named.

    A refund above the merchant's limit waits, and the return with it. Raises NotFound, MoveRefused, or
    what ``request_refund`` raises.
    """
    order, found = await _lock(tx, return_id)
    after(State(found.state), _SETTLED[by])
    if found.request_id is not None:
        raise MoveRefused(state="refund waits for a second person", event=by, possible=[])
    if by == "refund":
        lines = await sql.lines(tx, return_ids=[return_id])
        units = [WishedLine(x.position, n) for x in lines if (n := x.restocked + x.written_off)]
        if not units:
            raise UnitsGone(position=lines[0].position, left=0, asked=lines[0].quantity)
        whole = msgspec.structs.replace(wish, lines=tuple(units))
        asked = await request_refund(
            tx, order_id=order.id, wish=whole, rules=rules, reason=reason or "returned", actor=actor, at=at
        )
        await sql.set_request(tx, id=return_id, request_id=asked.id)
        if asked.waits:
            return
    await _end(tx, order, found, _SETTLED[by], actor=actor, reason=reason, at=at)


async def refund_decided(
    tx: Transaction, *, request_id: str, decision: Literal["approve", "refuse"], actor: str, at: datetime
) -> None:
    """A refund that a return has waited for was agreed to, or not: then it may be settled otherwise."""
    found = await sql.by_request(tx, request_id=request_id)
    if found is None:
        return
    order, found = await _lock(tx, found.id)
    if decision == "refuse":
        await sql.set_request(tx, id=found.id, request_id=None)
        matter = Matter(Kind.RETURN_RECEIVED, found.id, {"order_id": order.id})
        await open_matters(tx, matters=[matter], at=at)
    else:
        await _end(tx, order, found, Event.REFUNDED, actor=actor, at=at)


async def returns_of(connection: Connection, *, order_id: str) -> tuple[list[Return], list[ReturnLine]]:
    """The returns of an order, oldest first, and their lines."""
    found = await sql.of_order(connection, order_id=order_id)
    return found, await lines_of(connection, return_ids=[x.id for x in found])


async def lines_of(connection: Connection, *, return_ids: Collection[str]) -> list[ReturnLine]:
    """The lines of these returns."""
    return await sql.lines(connection, return_ids=list(return_ids))


async def find_return(connection: Connection, *, return_id: str) -> Return:
    """One return; raises NotFound."""
    found = await sql.find(connection, id=return_id)
    if found is None:
        raise NotFound(kind="return", id=return_id)
    return found


async def why(connection: Connection, *, return_id: str) -> str:
    """The reason that was given for the newest move of a return, if any was."""
    return await sql.why(connection, return_id=return_id) or ""


async def page_of_returns(
    connection: Connection, *, before: str, state: str | None, rows_max: int
) -> list[Return]:
    """Newest first, those behind the cursor, in one state if it is given."""
    return await sql.page(connection, before=before, state=state, rows_max=rows_max)


async def _lock_order(tx: Transaction, order_id: str) -> LockedOrder:
    order = (await lock_orders(tx, order_ids=[order_id])).get(order_id)
    if order is None:
        raise NotFound(kind="order", id=order_id)
    return order


async def _lock(tx: Transaction, return_id: str) -> tuple[LockedOrder, Return]:
    """A return under its order's lock, which every writer of returns takes."""
    order = await _lock_order(tx, (await find_return(tx, return_id=return_id)).order_id)
    return order, await find_return(tx, return_id=return_id)


async def _end(
    tx: Transaction,
    order: LockedOrder,
    found: Return,
    event: Event,
    *,
    actor: str,
    reason: str = "",
    at: datetime,
) -> None:
    await _move(tx, order, found, event, actor=actor, reason=reason, at=at)
    await settle_matters(tx, kind=Kind.RETURN_RECEIVED, subjects=[found.id], step=event, actor=actor, at=at)


async def _move(
    tx: Transaction,
    order: LockedOrder,
    found: Return,
    event: Event,
    *,
    actor: str,
    reason: str = "",
    at: datetime,
) -> State:
    """Move a return with its event, show it in the order's status, and tell whom it concerns."""
    there = after(State(found.state), event)
    await sql.move(
        tx, id=found.id, state=there, from_state=found.state, event=event, actor=actor, reason=reason, at=at
    )
    states = [State(x.state) for x in await sql.of_order(tx, order_id=order.id)]
    await show_returns(tx, order_id=order.id, goods_back=seen_as(states))
    await letters.ask(tx, [about_order(about, order.id, found.id) for about in _TOLD[event]], at=at)
    return there

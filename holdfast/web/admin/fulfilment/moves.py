"""Staff move orders: one, or up to five hundred in one answer."""

from typing import Annotated, Any

import msgspec
from litestar import Response, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.fulfilment.move_by_staff import StaffEvent, move_by_staff
from holdfast.fulfilment.ship import Deed
from holdfast.limits import NOTE_CHARS_MAX, ORDERS_PER_MOVE_MAX, REASON_CHARS_MAX
from holdfast.order.read_order import OrderAnswer, read_order
from holdfast.web.problems import told
from holdfast.web.session import Asked, PathId, do_once, principal_of, process_of

Reason = Annotated[str, Meta(max_length=REASON_CHARS_MAX, pattern=r"^[^\x00]*$")]
Note = Annotated[str, Meta(max_length=NOTE_CHARS_MAX, pattern=r"^[^\x00]*$")]
OrderIdText = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\x00]*$")]


class MoveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened to an order, why, and what else the history should know (nothing about people)."""

    event: StaffEvent
    reason: Reason = ""
    note: Note = ""


class MovesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same of many orders."""

    order_ids: Annotated[list[OrderIdText], Meta(min_length=1, max_length=ORDERS_PER_MOVE_MAX)]
    event: StaffEvent
    reason: Reason = ""
    note: Note = ""


class MoveResult(msgspec.Struct, frozen=True):
    """What became of one of the orders: where it is now, or the problem that kept it there."""

    order_id: str
    state: str | None = None
    status: str | None = None
    problem: dict[str, Any] | None = None


class MoveResults(msgspec.Struct, frozen=True):
    """Each order once, as they were asked for."""

    moved: int
    results: list[MoveResult]


@post("/orders/{order_id:str}/moves", status_code=200, opt={"action": Action.MOVE_ORDERS})
async def move_one(request: Asked, order_id: PathId, data: JSONBody[MoveBody]) -> Response[OrderAnswer]:
    """Move an order; ``shipped`` sends what is left of the shop's own. Needs an Idempotency-Key."""
    deed = Deed(principal_of(request).id, clock.now(), data.reason, data.note)
    rules = process_of(request).rules

    async def effect(tx: Transaction) -> OrderAnswer | None:
        (answered,) = await move_by_staff(tx, order_ids=[order_id], event=data.event, deed=deed, rules=rules)
        if answered.problem is not None:
            raise answered.problem
        await audit.record(tx, actor=deed.actor, action=f"order_{data.event}", subject=order_id, at=deed.at)
        return await read_order(tx, order_id)

    return await do_once(request, effect)


@post("/orders/moves", status_code=200, opt={"action": Action.MOVE_ORDERS})
async def move_many(request: Asked, data: JSONBody[MovesBody]) -> Response[MoveResults]:
    """Move many orders, those that can; each has its own result. Needs an Idempotency-Key."""
    deed = Deed(principal_of(request).id, clock.now(), data.reason, data.note)
    rules = process_of(request).rules

    async def effect(tx: Transaction) -> MoveResults:
        answers = await move_by_staff(tx, order_ids=data.order_ids, event=data.event, deed=deed, rules=rules)
        results = [
            MoveResult(a.order_id, a.order.state, a.order.status)
            if a.order is not None
            else MoveResult(a.order_id, problem=told(a.problem) if a.problem else None)
            for a in answers
        ]
        moved = [result.order_id for result in results if result.problem is None]
        if moved:
            subject = f"{len(moved)} orders"
            await audit.record(
                tx,
                actor=deed.actor,
                action=f"order_{data.event}",
                subject=subject,
                at=deed.at,
                detail={"order_ids": moved},
            )
        return MoveResults(len(moved), results)

    return await do_once(request, effect)


ROUTES = [move_one, move_many]

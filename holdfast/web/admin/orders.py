"""Orders for staff: list, read with their history, cancel, cash at the door."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from holdfast import audit, clock, ids
from holdfast.accounts.roles import Action
from holdfast.checkout.cancel_order import cancel_order, end_returned
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import NotFound
from holdfast.fulfilment.follow import Fate, take_home
from holdfast.fulfilment.ship import Deed
from holdfast.limits import (
    EMAIL_CHARS_MAX,
    PAGE_ROWS_DEFAULT,
    PAGE_ROWS_MAX,
    REASON_CHARS_MAX,
    REFERENCE_CHARS_MAX,
    TOTAL_MINOR_MAX,
)
from holdfast.order.list_orders import OrderSummary, Wanted, page_of_orders
from holdfast.order.read_order import (
    OrderAnswer,
    TimelineRow,
    read_order,
    read_timeline,
)
from holdfast.payment import capture
from holdfast.payment.by_hand import cash
from holdfast.web.api.orders import ALL_OF_IT, CancelBody, units_of
from holdfast.web.guard.moments import Moment, moment_of
from holdfast.web.session import Asked, Cursor, PathId, do_once, principal_of, process_of

Reason = Annotated[str, Meta(max_length=REASON_CHARS_MAX, pattern=r"^[^\x00]*$")]
Positive = Annotated[int, Meta(ge=1, le=TOTAL_MINOR_MAX)]
BankReference = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
RowsMax = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)]
Word = Annotated[str | None, QueryParameter(max_length=40, pattern=r"^[a-z0-9_]+(?!\n)$")]

VendorId = Annotated[str | None, QueryParameter(pattern=ids.ID.pattern)]

_NO_NUL = r"^[^\x00]*$"

_NEWEST = "ord_~"


class OrderPage(msgspec.Struct, frozen=True):
    """Orders, newest first, and where the next page begins."""

    data: list[OrderSummary]
    next_cursor: str | None


class OrderWithHistory(msgspec.Struct, frozen=True):
    """An order and everything that happened to it."""

    answer: OrderAnswer
    timeline: list[TimelineRow]


class ReasonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, for the history."""

    reason: Reason = ""


_NO_REASON = ReasonBody()


class RefusedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, and what becomes of units that had left."""

    reason: Reason = ""
    units: Fate = "restock"


_TAKEN_HOME = RefusedBody()


class CashBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the courier collected, in minor units of the order's currency."""

    collected_minor: Positive


@get("/orders", opt={"action": Action.READ_ORDERS})
async def list_orders(
    request: Asked,
    *,
    limit: RowsMax = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
    status: Word = None,
    in_state: Annotated[
        str | None, QueryParameter(name="state", max_length=40, pattern=r"^[a-z_]+(?!\n)$")
    ] = None,
    payment_method: Word = None,
    email: Annotated[str | None, QueryParameter(max_length=EMAIL_CHARS_MAX, pattern=_NO_NUL)] = None,
    number: Annotated[str | None, QueryParameter(max_length=REFERENCE_CHARS_MAX, pattern=_NO_NUL)] = None,
    vendor: VendorId = None,
    placed_from: Moment = None,
    placed_until: Moment = None,
) -> OrderPage:
    """Orders, newest first, that fit everything asked for.

    ``number`` is an order's number or reference, ``vendor`` the id of who sells a part of it. Moments are
    RFC 3339, ``placed_until`` itself left out; with one of them, and no vendor, the list is in the order in
    which orders were placed.
    """
    wanted = Wanted(
        status=status,
        state=in_state,
        payment_method=payment_method,
        email=email,
        number=number,
        since=moment_of(placed_from, field="placed_from"),
        until=moment_of(placed_until, field="placed_until"),
        vendor_id=vendor,
    )
    rows = await read(
        process_of(request).database,
        lambda c: page_of_orders(c, wanted=wanted, before=cursor or _NEWEST, rows_max=limit + 1),
    )
    more = len(rows) > limit
    return OrderPage(rows[:limit], rows[limit - 1].id if more else None)


@get("/orders/{order_id:str}", opt={"action": Action.READ_ORDERS})
async def read_one(request: Asked, order_id: PathId) -> OrderWithHistory:
    """One order with its history."""
    database = process_of(request).database
    order = await read(database, lambda c: read_order(c, order_id))
    if order is None:
        raise NotFound(kind="order", id=order_id)
    return OrderWithHistory(order, await read(database, lambda c: read_timeline(c, order_id)))


@post("/orders/{order_id:str}/cancel", status_code=200, opt={"action": Action.CANCEL_ORDERS})
async def cancel(
    request: Asked, order_id: PathId, data: JSONBody[CancelBody] = ALL_OF_IT
) -> Response[OrderAnswer]:
    """Cancel before it is shipped, all of it or some units; needs an Idempotency-Key."""
    rules, actor, units = process_of(request).rules, principal_of(request).id, units_of(data.lines)

    async def deed(tx: Transaction) -> None:
        await cancel_order(
            tx,
            order_id=order_id,
            units=units,
            actor=actor,
            reason=data.reason,
            rules=rules,
            at=clock.now(),
        )

    return await do_to_order(request, order_id, "cancel_order", deed)


@post("/orders/{order_id:str}/confirm-cash", status_code=200, opt={"action": Action.CONFIRM_CASH})
async def confirm_cash(request: Asked, order_id: PathId) -> Response[OrderAnswer]:
    """Accept an order that is paid on delivery: its units are committed. Needs an Idempotency-Key."""
    rules, actor = process_of(request).rules, principal_of(request).id

    async def deed(tx: Transaction) -> None:
        await cash.confirm_cash(tx, order_id=order_id, rules=rules, actor=actor, at=clock.now())

    return await do_to_order(request, order_id, "confirm_cash", deed)


@post("/orders/{order_id:str}/collect-cash", status_code=200, opt={"action": Action.CONFIRM_CASH})
async def collect_cash(request: Asked, order_id: PathId, data: JSONBody[CashBody]) -> Response[OrderAnswer]:
    """The courier has brought the cash; needs an Idempotency-Key."""
    rules, actor = process_of(request).rules, principal_of(request).id

    async def deed(tx: Transaction) -> None:
        await cash.collect_cash(
            tx,
            order_id=order_id,
            collected_minor=data.collected_minor,
            rules=rules,
            actor=actor,
            at=clock.now(),
        )

    return await do_to_order(request, order_id, "collect_cash", deed)


@post("/orders/{order_id:str}/refuse-cash", status_code=200, opt={"action": Action.CONFIRM_CASH})
async def refuse_cash(
    request: Asked, order_id: PathId, data: JSONBody[RefusedBody] = _TAKEN_HOME
) -> Response[OrderAnswer]:
    """Nobody took or paid the parcel: it comes back, the order is cancelled. Needs an Idempotency-Key."""
    rules, actor, at = process_of(request).rules, principal_of(request).id, clock.now()
    reason = data.reason or "refused on delivery"

    async def deed(tx: Transaction) -> None:
        await cash.refuse_cash(tx, order_id=order_id, rules=rules, actor=actor, at=at)
        order = await take_home(tx, order_id=order_id, fate=data.units, deed=Deed(actor, at, reason))
        await end_returned(tx, order=order, actor=actor, reason=reason, rules=rules, at=at)

    return await do_to_order(request, order_id, "refuse_cash", deed)


@post("/orders/{order_id:str}/capture", status_code=200, opt={"action": Action.CAPTURE})
async def take(request: Asked, order_id: PathId) -> Response[OrderAnswer]:
    """Have the money taken that is set aside; it arrives in a moment. Needs an Idempotency-Key."""

    async def deed(tx: Transaction) -> None:
        await capture.capture_order(tx, order_id=order_id)

    return await do_to_order(request, order_id, "capture", deed)


async def do_to_order(
    request: Asked, order_id: str, action: str, deed: Callable[[Transaction], Awaitable[None]]
) -> Response[OrderAnswer]:
    """A deed of staff on an order: once per key, written down, answered with the order as it is then."""
    actor = principal_of(request).id

    async def effect(tx: Transaction) -> OrderAnswer | None:
        await deed(tx)
        await audit.record(tx, actor=actor, action=action, subject=order_id, at=clock.now())
        return await read_order(tx, order_id)

    return await do_once(request, effect)


ROUTES = [
    list_orders,
    read_one,
    cancel,
    confirm_cash,
    collect_cash,
    refuse_cash,
    take,
]

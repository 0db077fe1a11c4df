"""Transfers for staff: send goods to another place, unpack them there, and say what was lost."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.catalog.product import Sku
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import FieldInvalid
from holdfast.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, STOCK_LINES_MAX
from holdfast.stock.upkeep import transfers
from holdfast.stock.upkeep.transfers import Leg, Transfer
from holdfast.web.admin.shelf.moving import LocationId, Reason, SomeUnits
from holdfast.web.session import Asked, Cursor, PathId, do_once, principal_of, process_of


class UnitsLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a SKU."""

    sku: Sku
    quantity: SomeUnits


Lines = Annotated[list[UnitsLine], Meta(min_length=1, max_length=STOCK_LINES_MAX)]


class SendBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """What goes from where to where, and why."""

    from_: LocationId
    to: LocationId
    lines: Lines
    reason: Reason


class LegBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What has arrived, or will not."""

    lines: Lines
    reason: Reason


class TransferPage(msgspec.Struct, frozen=True):
    """Transfers, oldest first."""

    data: list[Transfer]
    next_cursor: str | None


@post("/stock/transfers", status_code=201, opt={"action": Action.MOVE_STOCK})
async def send(request: Asked, data: JSONBody[SendBody]) -> Response[Transfer]:
    """Take free units off a shelf; until they arrive they are on nobody's. Needs an Idempotency-Key."""
    actor, at, units = principal_of(request).id, clock.now(), _units(data.lines)

    async def effect(tx: Transaction) -> Transfer:
        sent = await transfers.send(
            tx,
            from_location=data.from_,
            to_location=data.to,
            units=units,
            reason=data.reason,
            actor=actor,
            at=at,
        )
        await audit.record(tx, actor=actor, action="transfer_sent", subject=sent.transfer.id, at=at)
        return sent

    return await do_once(request, effect, status=201)


@post("/stock/transfers/{transfer_id:str}/receive", status_code=200, opt={"action": Action.MOVE_STOCK})
async def receive(request: Asked, transfer_id: PathId, data: JSONBody[LegBody]) -> Response[Transfer]:
    """Units have arrived, all or some; what is owed of them goes out. Needs an Idempotency-Key."""
    return await _arrive(request, transfer_id, data, leg="received")


@post("/stock/transfers/{transfer_id:str}/lose", status_code=200, opt={"action": Action.MOVE_STOCK})
async def lose(request: Asked, transfer_id: PathId, data: JSONBody[LegBody]) -> Response[Transfer]:
    """Units will not arrive any more. Needs an Idempotency-Key."""
    return await _arrive(request, transfer_id, data, leg="lost")


@get("/stock/transfers", opt={"action": Action.READ_STOCK})
async def list_transfers(
    request: Asked,
    under_way: FromQuery[bool] = False,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
) -> TransferPage:
    """Transfers, or only those with units under way."""
    found = await read(
        process_of(request).database,
        lambda c: transfers.list_transfers(c, under_way=under_way, after=cursor or "", rows_max=limit + 1),
    )
    shown = [*found[:limit]]
    return TransferPage(shown, shown[-1].transfer.id if len(found) > limit else None)


@get("/stock/transfers/{transfer_id:str}", opt={"action": Action.READ_STOCK})
async def read_one(request: Asked, transfer_id: PathId) -> Transfer:
    """One transfer, and what of it is still under way."""
    return await read(
        process_of(request).database, lambda c: transfers.find_transfer(c, transfer_id=transfer_id)
    )


async def _arrive(request: Asked, transfer_id: str, data: LegBody, *, leg: Leg) -> Response[Transfer]:
    actor, at, units = principal_of(request).id, clock.now(), _units(data.lines)

    async def effect(tx: Transaction) -> Transfer:
        found = await transfers.arrive(
            tx, transfer_id=transfer_id, leg=leg, units=units, reason=data.reason, actor=actor, at=at
        )
        await audit.record(tx, actor=actor, action=f"transfer_{leg}", subject=transfer_id, at=at)
        return found

    return await do_once(request, effect)


def _units(lines: list[UnitsLine]) -> dict[str, int]:
    units: dict[str, int] = {}
    for place, line in enumerate(lines):
        if line.sku in units:
            raise FieldInvalid(field=f"lines[{place}].sku", reason=f"{line.sku} stands here twice")
        units[line.sku] = line.quantity
    return units


ROUTES = [send, receive, lose, list_transfers, read_one]

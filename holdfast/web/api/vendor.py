"""The marketplace from a vendor's side: its parts of orders, its parcels, and what it is owed.

Who asks sells for one vendor, which their log-in or key tells; everything else looks as if it were not there.
"""

import asyncio
from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post, put
from litestar.params import JSONBody, QueryParameter

from holdfast import audit, clock, ids
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import NotFound
from holdfast.fulfilment import keep_shipments
from holdfast.fulfilment.follow import move_shipment
from holdfast.fulfilment.papers.packing_slip import packing_slip_pdf, read_slip
from holdfast.fulfilment.ship import Deed, Parcel, ship, ship_packed
from holdfast.fulfilment.shipment import ShipmentEvent
from holdfast.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX
from holdfast.vendor.ledger import EntryView, page_of_entries
from holdfast.vendor.payouts import Balance, Payout, balances_of, page_of_payouts
from holdfast.vendor.read_parts import PartOfOrder, check_part, page_of_parts, read_part
from holdfast.web.admin.fulfilment.moves import Reason
from holdfast.web.admin.fulfilment.papers import ShipmentId
from holdfast.web.admin.fulfilment.shipments import LabelBody, ShipmentBody, label_of, units_of
from holdfast.web.api.orders import pdf_answer
from holdfast.web.session import Asked, Cursor, PathId, do_once, principal_of, process_of

RowsMax = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)]
EntryCursor = Annotated[int, QueryParameter(name="cursor", ge=1, le=2**63 - 1)]

NEWEST_ENTRY = 2**63 - 1
NEWEST_PAYOUT = "vpo_~"
_NEWEST_ORDER = "ord_~"


class PartPage(msgspec.Struct, frozen=True):
    """A vendor's parts of orders, newest first, and where the next page begins."""

    data: list[PartOfOrder]
    next_cursor: str | None


class Balances(msgspec.Struct, frozen=True):
    """What a vendor is owed, by currency."""

    data: list[Balance]


class EntryPage(msgspec.Struct, frozen=True):
    """A vendor's ledger, newest first, and where the next page begins."""

    data: list[EntryView]
    next_cursor: int | None


class PayoutPage(msgspec.Struct, frozen=True):
    """A vendor's payouts, newest first, and where the next page begins."""

    data: list[Payout]
    next_cursor: str | None


class ParcelMoveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened to a parcel of one's own; what came back or was lost is the shop's to say."""

    event: Literal["shipped", "unpacked", "in_transit", "delivered"]
    reason: Reason = ""


@get("/vendor/orders", opt={"action": Action.SELL})
async def list_orders(request: Asked, limit: RowsMax = PAGE_ROWS_DEFAULT, cursor: Cursor = None) -> PartPage:
    """Orders of which the vendor sells a part, newest first: its own lines, and where they go."""
    vendor_id = vendor_of(request)
    rows = await read(
        process_of(request).database,
        lambda c: page_of_parts(c, vendor_id=vendor_id, before=cursor or _NEWEST_ORDER, rows_max=limit + 1),
    )
    return PartPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


@get("/vendor/orders/{order_id:str}", opt={"action": Action.SELL})
async def read_one(request: Asked, order_id: PathId) -> PartOfOrder:
    """The vendor's part of an order."""
    vendor_id = vendor_of(request)
    return await read(
        process_of(request).database, lambda c: read_part(c, vendor_id=vendor_id, order_id=order_id)
    )


@get(
    "/vendor/orders/{order_id:str}/packing-slip.pdf",
    media_type="application/pdf",
    opt={"action": Action.SELL},
)
async def packing_slip(request: Asked, order_id: PathId, shipment: ShipmentId = None) -> Response[bytes]:
    """What of one's own has not left yet, or lies in one shipment, while the address is still needed."""
    vendor_id, process = vendor_of(request), process_of(request)
    part = await read(process.database, lambda c: read_part(c, vendor_id=vendor_id, order_id=order_id))
    if part.shipping_address is None:
        raise NotFound(kind="packing slip of order", id=order_id)
    slip = await read(
        process.database,
        lambda c: read_slip(
            c,
            order_id=order_id,
            shipment_id=shipment,
            shop=process.rules.name,
            at=clock.now(),
            vendor_id=vendor_id,
        ),
    )
    return pdf_answer(await asyncio.to_thread(packing_slip_pdf, slip), f"packing-slip-{slip.order.number}")


@post("/vendor/orders/{order_id:str}/shipments", status_code=201, opt={"action": Action.SELL})
async def ship_one(request: Asked, order_id: PathId, data: JSONBody[ShipmentBody]) -> Response[PartOfOrder]:
    """Pack a parcel of one's own lines and send it, all that is left if none is named.

    Needs an Idempotency-Key.
    """
    vendor_id, rules = vendor_of(request), process_of(request).rules
    deed = Deed(principal_of(request).id, clock.now(), data.reason)
    parcel = Parcel(
        ids.mint("shp"),
        order_id,
        units_of(data.lines, "lines"),
        label_of(data),
        not data.packed_only,
        vendor_id,
    )

    async def effect(tx: Transaction) -> PartOfOrder:
        await check_part(tx, vendor_id=vendor_id, order_id=order_id)
        (problem,), _ = await ship(tx, parcels=[parcel], deed=deed, rules=rules)
        if problem is not None:
            raise problem
        action, detail = "pack" if data.packed_only else "ship", {"shipment_id": parcel.id}
        await audit.record(tx, actor=deed.actor, action=action, subject=order_id, at=deed.at, detail=detail)
        return await read_part(tx, vendor_id=vendor_id, order_id=order_id)

    return await do_once(request, effect, status=201)


@post("/vendor/shipments/{shipment_id:str}/moves", status_code=200, opt={"action": Action.SELL})
async def move(request: Asked, shipment_id: PathId, data: JSONBody[ParcelMoveBody]) -> Response[PartOfOrder]:
    """Say what happened to a parcel of one's own; its order follows. Needs an Idempotency-Key."""
    vendor_id, rules = vendor_of(request), process_of(request).rules
    deed, event = Deed(principal_of(request).id, clock.now(), data.reason), ShipmentEvent(data.event)

    async def effect(tx: Transaction) -> PartOfOrder:
        if event is ShipmentEvent.SHIPPED:
            order = await ship_packed(
                tx, shipment_id=shipment_id, deed=deed, rules=rules, vendor_id=vendor_id
            )
        else:
            order = await move_shipment(
                tx, shipment_id=shipment_id, event=event, deed=deed, vendor_id=vendor_id
            )
        action = f"shipment_{event}"
        await audit.record(tx, actor=deed.actor, action=action, subject=shipment_id, at=deed.at)
        return await read_part(tx, vendor_id=vendor_id, order_id=order.id)

    return await do_once(request, effect)


@put("/vendor/shipments/{shipment_id:str}/label", status_code=200, opt={"action": Action.SELL})
async def label(request: Asked, shipment_id: PathId, data: JSONBody[LabelBody]) -> Response[LabelBody]:
    """Say who brings a parcel of one's own and where to look for it."""
    vendor_id, actor, at = vendor_of(request), principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> LabelBody:
        if not await keep_shipments.relabel(
            tx, shipment_id=shipment_id, label=label_of(data), vendor_id=vendor_id
        ):
            raise NotFound(kind="shipment", id=shipment_id)
        await audit.record(tx, actor=actor, action="shipment_label", subject=shipment_id, at=at)
        return data

    return await do_once(request, effect, required=False)


@get("/vendor/balance", opt={"action": Action.SELL})
async def read_balance(request: Asked) -> Balances:
    """What the shop owes the vendor, and what of it can be paid out now."""
    vendor_id = vendor_of(request)
    return Balances(await read(process_of(request).database, lambda c: balances_of(c, vendor_id=vendor_id)))


@get("/vendor/ledger", opt={"action": Action.SELL})
async def read_ledger(
    request: Asked, limit: RowsMax = PAGE_ROWS_DEFAULT, before: EntryCursor = NEWEST_ENTRY
) -> EntryPage:
    """Sales, commission, what was refunded and adjusted, newest first."""
    return await ledger_page(request, vendor_of(request), limit=limit, before=before)


@get("/vendor/payouts", opt={"action": Action.SELL})
async def list_payouts(
    request: Asked, limit: RowsMax = PAGE_ROWS_DEFAULT, cursor: Cursor = None
) -> PayoutPage:
    """What was, or is to be, transferred to the vendor, newest first."""
    return await payout_page(request, vendor_of(request), limit=limit, cursor=cursor)


def vendor_of(request: Asked) -> str:
    """The vendor that who asks sells for; raises NotFound for those who sell for none."""
    who = principal_of(request)
    if who.vendor_id is None:
        raise NotFound(kind="vendor of user", id=who.id)
    return who.vendor_id


async def ledger_page(request: Asked, vendor_id: str, *, limit: int, before: int) -> EntryPage:
    """A page of a vendor's ledger."""
    rows = await read(
        process_of(request).database,
        lambda c: page_of_entries(c, vendor_id=vendor_id, before=before, rows_max=limit + 1),
    )
    return EntryPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


async def payout_page(request: Asked, vendor_id: str, *, limit: int, cursor: str | None) -> PayoutPage:
    """A page of a vendor's payouts."""
    rows = await read(
        process_of(request).database,
        lambda c: page_of_payouts(c, vendor_id=vendor_id, before=cursor or NEWEST_PAYOUT, rows_max=limit + 1),
    )
    return PayoutPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


ROUTES = [
    list_orders,
    read_one,
    packing_slip,
    ship_one,
    move,
    label,
    read_balance,
    read_ledger,
    list_payouts,
]

"""Shipments: pack and send parcels, say where they are, and look at them."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post, put
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import audit, clock, ids
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.fulfilment import keep_shipments
from holdfast.fulfilment.follow import Fate, move_shipment
from holdfast.fulfilment.keep_shipments import Label
from holdfast.fulfilment.read_shipments import ShipmentWithHistory, read_shipments
from holdfast.fulfilment.ship import Deed, Parcel, ship, ship_packed
from holdfast.fulfilment.shipment import ShipmentEvent, Units
from holdfast.limits import (
    CARRIER_CHARS_MAX,
    ORDER_LINES_MAX,
    ORDERS_PER_MOVE_MAX,
    QUANTITY_MAX,
    TRACKING_NUMBER_CHARS_MAX,
    TRACKING_URL_CHARS_MAX,
)
from holdfast.order.read_order import OrderAnswer, read_order
from holdfast.web.admin.fulfilment.moves import OrderIdText, Reason
from holdfast.web.problems import told
from holdfast.web.session import Asked, PathId, do_once, principal_of, process_of

Carrier = Annotated[str, Meta(max_length=CARRIER_CHARS_MAX, pattern=r"^[^\x00]*$")]
TrackingNumber = Annotated[str, Meta(max_length=TRACKING_NUMBER_CHARS_MAX, pattern=r"^[^\x00]*$")]
TrackingUrl = Annotated[
    str,
    Meta(
        max_length=TRACKING_URL_CHARS_MAX, pattern=r"^https://[A-Za-z0-9.-]+(:[0-9]+)?([/?#][!-~]*)?(?!\n)$"
    ),
]


class LineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one line of the order, by its position."""

    position: Annotated[int, Meta(ge=1, le=ORDER_LINES_MAX)]
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]


class LabelBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who brings it, and where to look for it."""

    carrier: Carrier = ""
    tracking_number: TrackingNumber = ""
    tracking_url: TrackingUrl | None = None


class ShipmentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A parcel; without ``lines`` all that is left of what one sells. ``packed_only``: it stays here."""

    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=ORDER_LINES_MAX)] | None = None
    carrier: Carrier = ""
    tracking_number: TrackingNumber = ""
    tracking_url: TrackingUrl | None = None
    packed_only: bool = False
    reason: Reason = ""


class OneOfMany(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A parcel among others, which leaves at once."""

    order_id: OrderIdText
    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=ORDER_LINES_MAX)] | None = None
    carrier: Carrier = ""
    tracking_number: TrackingNumber = ""
    tracking_url: TrackingUrl | None = None


class ManyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parcels of any orders."""

    shipments: Annotated[list[OneOfMany], Meta(min_length=1, max_length=ORDERS_PER_MOVE_MAX)]
    reason: Reason = ""


class ShipResult(msgspec.Struct, frozen=True):
    """What became of one of the parcels: its id and its order's status, or the problem."""

    order_id: str
    shipment_id: str | None = None
    status: str | None = None
    problem: dict[str, Any] | None = None


class ShipResults(msgspec.Struct, frozen=True):
    """Each parcel as it was asked for."""

    shipped: int
    results: list[ShipResult]


class Shipments(msgspec.Struct, frozen=True):
    """The parcels of an order, oldest first."""

    data: list[ShipmentWithHistory]


class ShipmentMoveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened to a parcel; ``units`` says what becomes of those that came back."""

    event: Literal["shipped", "unpacked", "in_transit", "delivered", "returned", "lost"]
    reason: Reason = ""
    units: Fate = "restock"


@get("/orders/{order_id:str}/shipments", opt={"action": Action.READ_ORDERS})
async def list_shipments(request: Asked, order_id: PathId) -> Shipments:
    """The parcels of an order with their histories."""
    database = process_of(request).database
    if await read(database, lambda c: read_order(c, order_id)) is None:
        raise NotFound(kind="order", id=order_id)
    return Shipments(await read(database, lambda c: read_shipments(c, order_id=order_id)))


@post("/orders/{order_id:str}/shipments", status_code=201, opt={"action": Action.SHIP})
async def ship_one(request: Asked, order_id: PathId, data: JSONBody[ShipmentBody]) -> Response[OrderAnswer]:
    """Pack a parcel and send it; units leave the shelves they were held at. Needs an Idempotency-Key."""
    deed, rules = Deed(principal_of(request).id, clock.now(), data.reason), process_of(request).rules
    parcel = Parcel(
        ids.mint("shp"), order_id, units_of(data.lines, "lines"), label_of(data), goes=not data.packed_only
    )

    async def effect(tx: Transaction) -> OrderAnswer | None:
        (problem,), _ = await ship(tx, parcels=[parcel], deed=deed, rules=rules)
        if problem is not None:
            raise problem
        action = "pack" if data.packed_only else "ship"
        detail = {"shipment_id": parcel.id}
        await audit.record(tx, actor=deed.actor, action=action, subject=order_id, at=deed.at, detail=detail)
        return await read_order(tx, order_id)

    return await do_once(request, effect, status=201)


@post("/shipments", status_code=200, opt={"action": Action.SHIP})
async def ship_many(request: Asked, data: JSONBody[ManyBody]) -> Response[ShipResults]:
    """Send many parcels, those that can go; each has its own result. Needs an Idempotency-Key."""
    deed, rules = Deed(principal_of(request).id, clock.now(), data.reason), process_of(request).rules
    parcels = [
        Parcel(ids.mint("shp"), x.order_id, units_of(x.lines, f"shipments[{place}].lines"), label_of(x))
        for place, x in enumerate(data.shipments)
    ]

    async def effect(tx: Transaction) -> ShipResults:
        problems, orders = await ship(tx, parcels=parcels, deed=deed, rules=rules)
        results = [
            ShipResult(parcel.order_id, parcel.id, orders[parcel.order_id].status)
            if problem is None
            else ShipResult(parcel.order_id, problem=told(problem))
            for parcel, problem in zip(parcels, problems, strict=True)
        ]
        sent = [result.shipment_id for result in results if result.shipment_id]
        if sent:
            await audit.record(
                tx,
                actor=deed.actor,
                action="ship",
                subject=f"{len(sent)} shipments",
                at=deed.at,
                detail={"shipment_ids": sent},
            )
        return ShipResults(len(sent), results)

    return await do_once(request, effect)


@post("/shipments/{shipment_id:str}/moves", status_code=200, opt={"action": Action.SHIP})
async def move(
    request: Asked, shipment_id: PathId, data: JSONBody[ShipmentMoveBody]
) -> Response[OrderAnswer]:
    """Say what happened to a parcel; its order follows. Needs an Idempotency-Key."""
    deed, rules = Deed(principal_of(request).id, clock.now(), data.reason), process_of(request).rules
    event = ShipmentEvent(data.event)

    async def effect(tx: Transaction) -> OrderAnswer | None:
        if event is ShipmentEvent.SHIPPED:
            order = await ship_packed(tx, shipment_id=shipment_id, deed=deed, rules=rules)
        else:
            order = await move_shipment(tx, shipment_id=shipment_id, event=event, fate=data.units, deed=deed)
        action = f"shipment_{event}"
        await audit.record(tx, actor=deed.actor, action=action, subject=shipment_id, at=deed.at)
        return await read_order(tx, order.id)

    return await do_once(request, effect)


@put("/shipments/{shipment_id:str}/label", status_code=200, opt={"action": Action.SHIP})
async def label(request: Asked, shipment_id: PathId, data: JSONBody[LabelBody]) -> Response[LabelBody]:
    """Say who brings a parcel and where to look for it."""
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> LabelBody:
        if not await keep_shipments.relabel(tx, shipment_id=shipment_id, label=label_of(data)):
            raise NotFound(kind="shipment", id=shipment_id)
        await audit.record(tx, actor=actor, action="shipment_label", subject=shipment_id, at=at)
        return data

    return await do_once(request, effect, required=False)


def label_of(data: ShipmentBody | OneOfMany | LabelBody) -> Label:
    """Who brings it, as a value."""
    return Label(data.carrier, data.tracking_number, data.tracking_url)


def units_of(lines: list[LineBody] | None, field: str) -> tuple[Units, ...] | None:
    """What was named, as values; raises FieldInvalid for a line that is named twice."""
    if lines is None:
        return None
    seen: set[int] = set()
    for place, line in enumerate(lines):
        if line.position in seen:
            raise FieldInvalid(field=f"{field}[{place}].position", reason="is named twice")
        seen.add(line.position)
    return tuple(Units(line.position, line.quantity) for line in lines)


ROUTES = [list_shipments, ship_one, ship_many, move, label]

"""Ship: pack what an order has committed, take it off the shelves it was held at, and send it.

One or a thousand parcels, of one or a thousand orders, by a fixed number of statements; each
parcel wholly or not at all. Shipping knows nothing of payments: what was set aside is taken by
``payment/capture.py``, which looks at the orders.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Transaction
from holdfast.errors.money import MoveRefused, NothingToShip
from holdfast.errors.problem import Problem
from holdfast.errors.request import NotFound, TooMany
from holdfast.fulfilment import keep_shipments
from holdfast.fulfilment.issue_invoice import issue_invoices
from holdfast.fulfilment.keep_shipments import Label, NewShipment, Shipment
from holdfast.fulfilment.shipment import ShipmentEvent, Units, after, needs_of, pick, to_pack
from holdfast.limits import SHIPMENTS_PER_ORDER_MAX
from holdfast.order.goods import Counted, Goods, count_goods, goods_of
from holdfast.order.move_order import LockedOrder, Move, lock_orders, move_orders, restate
from holdfast.order.order import SHIPPABLE, Event, possible
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock import holds
from holdfast.stock.holds import HoldLine
from holdfast.stock.parcels import Leaving, leave
from holdfast.stock.shelf import Place


class Parcel(msgspec.Struct, frozen=True):
    """A wish for a parcel; ``goes`` False only packs it.

    ``vendor_id`` is who sends it, and nobody else's lines; None: the shop, which may name any. ``units`` None
    is everything that is left of what its sender sells.
    """

    id: str
    order_id: str
    units: tuple[Units, ...] | None = None
    label: Label = Label()
    goes: bool = True
    vendor_id: str | None = None


class Deed(msgspec.Struct, frozen=True):
    """Who does it, when, and why, for the histories."""

    actor: str
    at: datetime
    reason: str = ""
    note: str = ""


class _Desk:
    """Locked orders with their goods, and what becomes of them parcel by parcel."""

    def __init__(self, orders: dict[str, LockedOrder]) -> None:
        self.orders = orders
        self.goods: dict[str, list[Goods]] = {}
        self.committed: dict[str, list[HoldLine]] = {}
        self.rest: dict[HoldLine, int] = {}
        self.on_hand: dict[Place, int] = {}
        self.shipments: dict[str, list[Shipment]] = {}
        self.new: list[NewShipment] = []
        self.leaving: list[Leaving] = []
        self.counted: list[Counted] = []
        self.sent: set[str] = set()

    async def read(self, tx: Transaction) -> None:
        """Lock holds and shelves, and read what the orders have."""
        self.goods = await goods_of(tx, order_ids=list(self.orders))
        self.shipments = await keep_shipments.shipments_of(tx, order_ids=list(self.orders))
        hold_of = {h.id: h.order_id for h in await holds.lock_holds(tx, order_ids=self.orders) if h.order_id}
        shelves = await holds.lock_shelves(tx, skus=(), hold_ids=hold_of)
        self.on_hand = {(shelf.sku, shelf.location_id): shelf.on_hand for shelf in shelves}
        for hold_id, lines in (await holds.lines_of(tx, hold_ids=hold_of)).items():
            kept = [line for line in lines if line.state == "committed"]
            self.committed[hold_of[hold_id]] = kept
            self.rest |= {line: line.quantity for line in kept}

    def pack(self, parcel: Parcel) -> None:
        """Put a new parcel together, and send it if it is to go."""
        order = self.orders.get(parcel.order_id)
        if order is None:
            raise NotFound(kind="order", id=parcel.order_id)
        _see_that_it_may_go(order)
        before = len(self.shipments[order.id]) + sum(new.order_id == order.id for new in self.new)
        if before >= SHIPMENTS_PER_ORDER_MAX:
            raise TooMany(what="shipments of one order", most=SHIPMENTS_PER_ORDER_MAX)
        named_by_shop = parcel.vendor_id is None and parcel.units is not None
        own = [x for x in self.goods[order.id] if named_by_shop or x.vendor_id == parcel.vendor_id]
        units = to_pack(own, parcel.units)
        self._see_that_it_is_committed(order.id, units)
        if parcel.goes:
            self.send(parcel.id, order.id, units)
        self._count(order.id, units, packed=True, shipped=parcel.goes)
        self.new.append(
            NewShipment(parcel.id, order.id, parcel.label, tuple(units), parcel.goes, parcel.vendor_id)
        )

    def send_packed(self, shipment: Shipment, units: Sequence[Units]) -> None:
        """Send a parcel that was packed before."""
        after(shipment.state, ShipmentEvent.SHIPPED)
        order = self.orders[shipment.order_id]
        _see_that_it_may_go(order)
        self.send(shipment.id, order.id, units)
        self._count(order.id, units, packed=False, shipped=True)

    def send(self, shipment_id: str, order_id: str, units: Sequence[Units]) -> None:
        """Pick the units from where they are committed; raise OutOfStock where they have not arrived."""
        lines = {(x.sku, x.location_id): x for x in self.committed.get(order_id, ())}
        left = [msgspec.structs.replace(line, quantity=self.rest[line]) for line in lines.values()]
        for place, quantity in pick(needs_of(self.goods[order_id], units), left, self.on_hand).items():
            self.on_hand[place] -= quantity
            self.rest[lines[place]] -= quantity
            self.leaving.append(Leaving(shipment_id, lines[place], quantity))
        self.sent.add(order_id)

    async def write(self, tx: Transaction, deed: Deed, rules: ShopRules) -> None:
        """Write the parcels, the counters, the shelves, what the orders have become, and their invoices."""
        await keep_shipments.create(tx, shipments=self.new, actor=deed.actor, reason=deed.reason, at=deed.at)
        await count_goods(tx, changes=self.counted)
        await leave(tx, leaving=self.leaving, actor=deed.actor, at=deed.at)
        out = [msgspec.structs.replace(self.orders[o], goods_out=True) for o in sorted(self.sent)]
        whole = [o for o in out if all(x.shipped == x.quantity for x in self.goods[o.id])]
        moves = [Move(order, Event.SHIPPED, deed.actor, deed.reason, deed.note) for order in whole]
        self.orders |= await move_orders(tx, moves=moves, at=deed.at)
        parts = await restate(tx, orders=[order for order in out if order not in whole])
        self.orders |= {order.id: order for order in parts}
        if rules.invoices == "on_shipment" and self.sent:
            await issue_invoices(tx, order_ids=sorted(self.sent), rules=rules, actor=deed.actor, at=deed.at)

    def _see_that_it_is_committed(self, order_id: str, units: Sequence[Units]) -> None:
        """An order about which somebody still has to decide has nothing committed, and owes nothing yet."""
        goods = self.goods[order_id]
        for sku, need in needs_of(goods, units).items():
            there = sum(self.rest[x] for x in self.committed.get(order_id, ()) if x.sku == sku)
            free = there - sum(x.packed - x.shipped for x in goods if x.sku == sku)
            if need > free:
                positions = [
                    unit for unit in units if any(x.position == unit.position and x.sku == sku for x in goods)
                ]
                raise NothingToShip(
                    lines=[
                        {"position": p.position, "requested": p.quantity, "available": free}
                        for p in positions
                    ]
                )

    def _count(self, order_id: str, units: Sequence[Units], *, packed: bool, shipped: bool) -> None:
        """Take the units over into the lines that are read next, and into the counters that are written."""
        changes = {
            unit.position: Counted(order_id, unit.position, unit.quantity * packed, unit.quantity * shipped)
            for unit in units
        }
        self.counted += changes.values()
        self.goods[order_id] = [
            msgspec.structs.replace(x, packed=x.packed + c.packed, shipped=x.shipped + c.shipped)
            if (c := changes.get(x.position))
            else x
            for x in self.goods[order_id]
        ]


def _see_that_it_may_go(order: LockedOrder) -> None:
    """Goods go for money that is there: not of an order that was given back whole."""
    given_back = order.status == "refunded"
    if order.state not in SHIPPABLE or given_back:
        can = possible(order.state, goods_out=order.goods_out)
        raise MoveRefused(
            state=order.status if given_back else order.state,
            event=Event.SHIPPED,
            possible=[event for event in can if event != Event.SHIPPED],
        )


async def ship(
    tx: Transaction, *, parcels: Sequence[Parcel], deed: Deed, rules: ShopRules
) -> tuple[list[Problem | None], dict[str, LockedOrder]]:
    """Pack parcels in their order, and send those that are to go.

    Answers for each its Problem (NotFound, MoveRefused, NothingToShip, OutOfStock, TooMany), or None
    if it was packed, and the orders as they are now.
    """
    desk = _Desk(await lock_orders(tx, order_ids=[parcel.order_id for parcel in parcels]))
    await desk.read(tx)
    answers: list[Problem | None] = []
    for parcel in parcels:
        try:
            desk.pack(parcel)
            answers.append(None)
        except Problem as problem:
            answers.append(problem)
    await desk.write(tx, deed, rules)
    return answers, desk.orders


async def ship_packed(
    tx: Transaction, *, shipment_id: str, deed: Deed, rules: ShopRules, vendor_id: str | None = None
) -> LockedOrder:
    """Send a parcel that was packed before, by this vendor if one is given.

    Raises NotFound, ShipmentMoveRefused, MoveRefused or OutOfStock. Answers its order as it is now.
    """
    order_ids = await keep_shipments.orders_of(tx, shipment_ids=[shipment_id], vendor_id=vendor_id)
    desk = _Desk(await lock_orders(tx, order_ids=order_ids))
    await desk.read(tx)
    found = [s for of_order in desk.shipments.values() for s in of_order if s.id == shipment_id]
    if not found:
        raise NotFound(kind="shipment", id=shipment_id)
    units = await keep_shipments.units_in(tx, shipment_ids=[shipment_id])
    desk.send_packed(found[0], units[shipment_id])
    await keep_shipments.move(
        tx,
        shipments=found,
        event=ShipmentEvent.SHIPPED,
        actor=deed.actor,
        reason=deed.reason,
        at=deed.at,
    )
    await desk.write(tx, deed, rules)
    return desk.orders[found[0].order_id]

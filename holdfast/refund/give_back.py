"""Staff give money back: by units, shipping or amount, at once or once a second person has agreed.

A request is written first, with what was wished for. When it counts, its lines, the units that are
cancelled with it and the refunds are written in one transaction; ``ask_refund.py`` asks afterwards.
"""

from datetime import datetime
from typing import Literal

import msgspec

from holdfast import ids
from holdfast.attention.matters import Kind, Matter, open_matters
from holdfast.db.queries import Connection, Do, Many, Maybe, One, Queries, Transaction
from holdfast.errors.checkout import CurrencyMismatch
from holdfast.errors.money import DisputeOpen, MoveRefused, RefundTooLarge, SecondPersonNeeded
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.order.cancel_lines import LineUnits, cancel_lines, lines_of, refund_lines
from holdfast.order.move_order import LockedOrder, lock_orders
from holdfast.order.order import UNPAID, Event, after, possible
from holdfast.payment import attempts
from holdfast.payment.attempts import Payment
from holdfast.refund.issue_refund import excess_of, intend, left_of
from holdfast.refund.refund import Plan, Sale, Wish, plan
from holdfast.shop_settings.rules import ShopRules
from holdfast.vendor.ledger import bring_up


class Request(msgspec.Struct, frozen=True):
    """What staff wanted given back, in minor units: ``waiting`` for a second person, counted or refused."""

    id: str
    order_id: str
    wish: dict[str, object]
    amount_minor: int
    tax_minor: int
    shipping_minor: int
    currency: str
    reason: str
    state: str
    recorded_by: str
    decided_by: str | None
    at: datetime


class Asked(msgspec.Struct, frozen=True):
    """What became of a request: it ``waits`` for a second person, or counts."""

    id: str
    waits: bool


class RefundedLine(msgspec.Struct, frozen=True):
    """Units that a request gives money back for, in minor units; ``worth_minor`` includes the tax."""

    request_id: str
    position: int
    quantity: int
    restock: bool
    total_minor: int
    discount_minor: int
    tax_minor: int
    worth_minor: int


class Shipping(msgspec.Struct, frozen=True):
    """What was paid for shipping and what of it went back, in minor units."""

    shipping_minor: int
    shipping_tax_minor: int
    tax_inclusive: bool
    back_minor: int


class sql(Queries):
    shipping: One[Shipping]
    record: Do
    find: Maybe[Request]
    decide: Do
    enter_lines: Do
    of_order: Many[Request]
    lines_of_order: Many[RefundedLine]


async def request_refund(
    tx: Transaction, *, order_id: str, wish: Wish, rules: ShopRules, reason: str, actor: str, at: datetime
) -> Asked:
    """Have money of an order given back, or, above the merchant's limit, ask a second person.

    Raises NotFound, MoveRefused, DisputeOpen, CurrencyMismatch, FieldInvalid,
    UnitsGone or RefundTooLarge.
    """
    order, payment = await _lock(tx, order_id)
    planned = await _plan(tx, order, payment, wish)
    limit = rules.refund_approval_above_minor
    waits = limit is not None and planned.amount_minor > limit
    request_id = ids.mint("rfq")
    await sql.record(
        tx,
        id=request_id,
        order_id=order_id,
        wish=wish,
        amount_minor=planned.amount_minor,
        tax_minor=planned.tax_minor,
        shipping_minor=planned.shipping_minor,
        currency=payment.currency,
        reason=reason,
        state="waiting" if waits else "counted",
        actor=actor,
        at=at,
    )
    if waits:
        amount = {"amount_minor": planned.amount_minor, "currency": payment.currency}
        detail = {"order_id": order_id, "recorded_by": actor, **amount}
        await open_matters(tx, matters=[Matter(Kind.REFUND_TO_APPROVE, request_id, detail)], at=at)
    else:
        await _carry_out(tx, order, planned, request_id=request_id, reason=reason, actor=actor, at=at)
    return Asked(request_id, waits)


async def decide_request(
    tx: Transaction, *, request_id: str, decision: Literal["approve", "refuse"], actor: str, at: datetime
) -> None:
    """A second person agrees that money goes back, or anybody says that it does not.

    It is computed anew: what has changed meanwhile has to be asked for anew. Raises NotFound, also
    for one that was decided, SecondPersonNeeded, or what ``request_refund`` raises.
    """
    found = await sql.find(tx, id=request_id)
    if found is None:
        raise NotFound(kind="waiting refund", id=request_id)
    order, payment = await _lock(tx, found.order_id)
    if decision == "approve" and actor == found.recorded_by:
        raise SecondPersonNeeded(recorded_by=found.recorded_by)
    state = "counted" if decision == "approve" else "refused"
    planned = None
    if decision == "approve":
        planned = await _plan(tx, order, payment, msgspec.convert(found.wish, Wish))
        asked = (found.amount_minor, found.tax_minor, found.shipping_minor)
        if (planned.amount_minor, planned.tax_minor, planned.shipping_minor) != asked:
            raise RefundTooLarge(refundable_minor=planned.amount_minor, asked_minor=found.amount_minor)
    if not await sql.decide(tx, id=request_id, state=state, actor=actor, at=at):
        raise NotFound(kind="waiting refund", id=request_id)
    if planned is not None:
        by = found.recorded_by
        await _carry_out(tx, order, planned, request_id=request_id, reason=found.reason, actor=by, at=at)


async def requests_of(connection: Connection, *, order_id: str) -> list[Request]:
    """Everything that staff wanted given back for an order, oldest first."""
    return await sql.of_order(connection, order_id=order_id)


async def refunded_lines_of(connection: Connection, *, order_id: str) -> list[RefundedLine]:
    """For which units that was, in the order of the requests."""
    return await sql.lines_of_order(connection, order_id=order_id)


async def _lock(tx: Transaction, order_id: str) -> tuple[LockedOrder, Payment]:
    order = (await lock_orders(tx, order_ids=[order_id])).get(order_id)
    if order is None:
        raise NotFound(kind="order", id=order_id)
    payments, _ = await attempts.lock_payments(tx, order_ids=[order_id])
    return order, payments[order_id]


async def _plan(tx: Transaction, order: LockedOrder, payment: Payment, wish: Wish) -> Plan:
    """What the wish comes to now, and whether it may be."""
    if order.state in UNPAID:  # a part that went back would still count as paid; cancelling gives it back
        raise MoveRefused(state=order.state, event="refund", possible=possible(order.state))
    if payment.disputed_minor:
        raise DisputeOpen(disputed_minor=payment.disputed_minor)
    if wish.currency not in (None, payment.currency):
        raise CurrencyMismatch(field="amount", given=wish.currency or "", wanted=payment.currency)
    lines = await lines_of(tx, order_id=order.id)
    if any(line.restock for line in wish.lines):
        after(order.state, Event.CANCELLED, goods_out=order.goods_out)
        restocked = {line.position: line.quantity for line in wish.lines if line.restock}
        if restocked == {x.position: n for x in lines.values() if (n := x.quantity - x.cancelled)}:
            raise FieldInvalid(field="lines", reason="are all that is left of the order: cancel it instead")
    paid = await sql.shipping(tx, order_id=order.id)
    sale = Sale(
        {position: line.sold for position, line in lines.items()},
        paid.shipping_minor,
        paid.shipping_tax_minor,
        paid.tax_inclusive,
        paid.back_minor,
    )
    return plan(sale, wish, left_minor=await left_of(tx, payment))


async def _carry_out(
    tx: Transaction,
    order: LockedOrder,
    planned: Plan,
    *,
    request_id: str,
    reason: str,
    actor: str,
    at: datetime,
) -> None:
    """Cancel what is to lie on the shelf again, write the lines down, and intend the refunds."""
    restocked = [LineUnits(x.position, x.quantity, x.location) for x in planned.lines if x.restock]
    if restocked:
        worth = await cancel_lines(tx, order=order, units=restocked, actor=actor, reason=reason, at=at)
        payments, _ = await attempts.lock_payments(tx, order_ids=[order.id])
        due = payments[order.id].due_minor - worth
        lessened = msgspec.structs.replace(payments[order.id], due_minor=due)
        await attempts.save(tx, payments=[lessened], attempts=[])
    await sql.enter_lines(
        tx,
        request_id=request_id,
        order_id=order.id,
        positions=[x.position for x in planned.lines],
        quantities=[x.quantity for x in planned.lines],
        restocks=[x.restock for x in planned.lines],
        totals=[x.part.total_minor for x in planned.lines],
        discounts=[x.part.discount_minor for x in planned.lines],
        taxes=[x.part.tax_minor for x in planned.lines],
        worths=[x.part.worth_minor for x in planned.lines],
        at=at,
    )
    kept = [LineUnits(x.position, x.quantity) for x in planned.lines if not x.restock]
    await refund_lines(tx, order_id=order.id, units=kept)
    if order.has_vendors:
        await bring_up(tx, order_ids=[order.id], at=at)
    for waived in (True, False):  # what was cancelled goes back as what is paid beyond what is due
        payments, tries = await attempts.lock_payments(tx, order_ids=[order.id])
        payment = payments[order.id]
        amount = planned.amount_minor - planned.cancelled_minor
        if not waived:
            ended = order.called_off
            amount = await excess_of(tx, payment, ended=ended) if restocked else 0
        await intend(
            tx, payment, tries[order.id], amount_minor=amount, reason=reason, actor=actor, at=at,
            request_id=request_id, waived=waived,
        )  # fmt: skip

"""The order as a value: its states, the events that move it, and what people see of it.

``MOVES`` is the machine; the table ``order_moves`` holds the same rows and a test keeps them
equal. Only ``move_order.py`` writes a state.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from holdfast.errors import MoveRefused


class State(StrEnum):
    """Where an order stands."""

    NEW = "new"
    PENDING_PAYMENT = "pending_payment"
    PAYMENT_FAILED = "payment_failed"
    EXPIRED = "expired"
    AWAITING_STOCK = "awaiting_stock"
    PAID = "paid"
    CONFIRMED = "confirmed"
    PROCESSING = "processing"
    READY_FOR_SHIPMENT = "ready_for_shipment"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    ARCHIVED = "archived"


class Event(StrEnum):
    """What can happen to an order."""

    PLACED = "placed"
    PAYMENT_FAILED = "payment_failed"
    PAY_AGAIN = "pay_again"
    HOLD_EXPIRED = "hold_expired"
    PAID = "paid"
    AUTHORIZED = "authorized"
    STOCK_OWED = "stock_owed"
    STOCK_ARRIVED = "stock_arrived"
    MONEY_TOO_LATE = "money_too_late"
    CONFIRMED = "confirmed"
    PROCESSING_STARTED = "processing_started"
    MARKED_READY = "marked_ready"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    UNPAID_TOO_LONG = "unpaid_too_long"
    CANCELLED = "cancelled"
    ARCHIVED = "archived"


UNPAID = frozenset({State.PENDING_PAYMENT, State.PAYMENT_FAILED, State.EXPIRED})
"""Money that comes now still wants its goods."""


def _moves() -> Iterable[tuple[State, Event, State]]:
    yield State.NEW, Event.PLACED, State.PENDING_PAYMENT
    yield State.PENDING_PAYMENT, Event.PAYMENT_FAILED, State.PAYMENT_FAILED
    yield State.PAYMENT_FAILED, Event.PAY_AGAIN, State.PENDING_PAYMENT
    yield State.EXPIRED, Event.PAY_AGAIN, State.PENDING_PAYMENT
    yield State.PENDING_PAYMENT, Event.HOLD_EXPIRED, State.EXPIRED
    yield State.PAYMENT_FAILED, Event.HOLD_EXPIRED, State.EXPIRED
    for unpaid in (State.PENDING_PAYMENT, State.PAYMENT_FAILED, State.EXPIRED):
        yield unpaid, Event.PAID, State.PAID
        yield unpaid, Event.AUTHORIZED, State.CONFIRMED
        yield unpaid, Event.STOCK_OWED, State.AWAITING_STOCK
        yield unpaid, Event.MONEY_TOO_LATE, State.CANCELLED
        yield unpaid, Event.CANCELLED, State.CANCELLED
    yield State.AWAITING_STOCK, Event.STOCK_ARRIVED, State.PAID
    yield State.PENDING_PAYMENT, Event.CONFIRMED, State.CONFIRMED
    yield State.PAID, Event.CONFIRMED, State.CONFIRMED
    yield State.CONFIRMED, Event.PROCESSING_STARTED, State.PROCESSING
    yield State.PROCESSING, Event.MARKED_READY, State.READY_FOR_SHIPMENT
    yield State.READY_FOR_SHIPMENT, Event.SHIPPED, State.SHIPPED
    yield State.SHIPPED, Event.IN_TRANSIT, State.IN_TRANSIT
    yield State.SHIPPED, Event.DELIVERED, State.DELIVERED
    yield State.IN_TRANSIT, Event.DELIVERED, State.DELIVERED
    yield State.EXPIRED, Event.UNPAID_TOO_LONG, State.CANCELLED
    for paid in (
        State.AWAITING_STOCK,
        State.PAID,
        State.CONFIRMED,
        State.PROCESSING,
        State.READY_FOR_SHIPMENT,
    ):
        yield paid, Event.CANCELLED, State.CANCELLED
    yield State.DELIVERED, Event.ARCHIVED, State.ARCHIVED
    yield State.CANCELLED, Event.ARCHIVED, State.ARCHIVED


MOVES: dict[tuple[State, Event], State] = {(here, event): there for here, event, there in _moves()}


def after(state: State, event: Event) -> State:
    """The state that the event leads to; raise MoveRefused with what would be possible."""
    there = MOVES.get((state, event))
    if there is None:
        raise MoveRefused(state=state, event=event, possible=possible(state))
    return there


def possible(state: State) -> list[str]:
    """The events that can happen to an order in this state."""
    return [event for here, event in MOVES if here is state]


def picture() -> str:
    """The machine as ``docs/story.md`` shows it."""
    return draw((here, event, there) for (here, event), there in MOVES.items())


def draw(moves: Iterable[tuple[str, str, str]]) -> str:
    """A machine of (from, event, to) as a Mermaid state diagram."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for here, event, there in moves:
        arrows.setdefault((here, there), []).append(event)
    lines = [f"    {here} --> {there}: {', '.join(events)}" for (here, there), events in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


class MoneySeen(msgspec.Struct, frozen=True):
    """What the status looks at beside the state, in minor units."""

    captured_minor: int = 0
    refunded_minor: int = 0
    disputed_minor: int = 0
    lost_minor: int = 0


def status_of(state: State, money: MoneySeen, goods_back: str | None = None) -> str:
    """What people and filters see: disputes and refunds first, then what the returns say, else the state."""
    if money.disputed_minor:
        return "disputed"
    back = money.refunded_minor + money.lost_minor
    if back and back >= money.captured_minor:
        return "refunded"
    if back:
        return "partially_refunded"
    return goods_back or state.value

"""The order as a value: its states, the events that move it, and what people see of it.

``MOVES`` is the machine; the table ``order_moves`` holds the same rows and a test keeps them
equal. Only ``move_order.py`` writes a state.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from holdfast.errors.money import MoveRefused
from holdfast.letters import About


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
    REFUSED_AT_DOOR = "refused_at_door"
    UNPAID_TOO_LONG = "unpaid_too_long"
    CANCELLED = "cancelled"
    ARCHIVED = "archived"


UNPAID = frozenset({State.PENDING_PAYMENT, State.PAYMENT_FAILED, State.EXPIRED})
"""Money that comes now still wants its goods."""

SHIPPABLE = frozenset(
    {State.AWAITING_STOCK, State.PAID, State.CONFIRMED, State.PROCESSING, State.READY_FOR_SHIPMENT}
)
"""Goods may go: what is committed, of an order that awaits stock too."""


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
    for ready in (State.PAID, State.CONFIRMED, State.PROCESSING, State.READY_FOR_SHIPMENT):
        yield ready, Event.SHIPPED, State.SHIPPED
    yield State.SHIPPED, Event.IN_TRANSIT, State.IN_TRANSIT
    yield State.SHIPPED, Event.DELIVERED, State.DELIVERED
    yield State.IN_TRANSIT, Event.DELIVERED, State.DELIVERED
    yield State.SHIPPED, Event.REFUSED_AT_DOOR, State.CANCELLED
    yield State.IN_TRANSIT, Event.REFUSED_AT_DOOR, State.CANCELLED
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


def after(state: State, event: Event, *, goods_out: bool = False) -> State:
    """The state that the event leads to; raise MoveRefused with what would be possible.

    ``goods_out``: some of its units have left, so it cannot be cancelled any more.
    """
    there = MOVES.get((state, event))
    if there is None or (goods_out and there is State.CANCELLED):
        shown = "partially_shipped" if goods_out and state in SHIPPABLE else state
        raise MoveRefused(state=shown, event=event, possible=possible(state, goods_out=goods_out))
    return there


LETTERS: dict[Event, About] = {
    Event.PAYMENT_FAILED: About.PAYMENT_FAILED,
    Event.HOLD_EXPIRED: About.ORDER_EXPIRED,
    Event.PAID: About.ORDER_CONFIRMED,
    Event.AUTHORIZED: About.ORDER_CONFIRMED,
    Event.CONFIRMED: About.ORDER_CONFIRMED,
    Event.STOCK_OWED: About.GOODS_OWED,
    Event.STOCK_ARRIVED: About.GOODS_ARRIVED,
    Event.MONEY_TOO_LATE: About.MONEY_TOO_LATE,
    Event.UNPAID_TOO_LONG: About.ORDER_CANCELLED,
    Event.CANCELLED: About.ORDER_CANCELLED,
    Event.REFUSED_AT_DOOR: About.ORDER_CANCELLED,
}
"""Which event is told to the buyer; parcels tell of themselves."""


def letter_of(state: State, event: Event) -> About | None:
    """The letter that an event in this state asks for: who was told of the money is not told twice."""
    return None if (state, event) == (State.PAID, Event.CONFIRMED) else LETTERS.get(event)


def possible(state: State, *, goods_out: bool = False) -> list[str]:
    """The events that can happen to an order in this state."""
    return [
        event
        for (here, event), there in MOVES.items()
        if here is state and not (goods_out and there is State.CANCELLED)
    ]


def is_called_off(state: State, *, goods_out: bool) -> bool:
    """Cancelled, perhaps archived since, and wants no money; of what was delivered goods are out."""
    return state is State.CANCELLED or (state is State.ARCHIVED and not goods_out)


def ending(state: State) -> Event:
    """The event that cancels an order whose goods are here, or here again."""
    return Event.REFUSED_AT_DOOR if state in (State.SHIPPED, State.IN_TRANSIT) else Event.CANCELLED


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


BESIDE_STATES = (
    "disputed",
    "refunded",
    "partially_refunded",
    "return_requested",
    "returned",
    "partially_shipped",
)
"""What an order shows instead of its state."""


def status_of(
    state: State, money: MoneySeen, *, goods_out: bool = False, goods_back: str | None = None
) -> str:
    """What people and filters see, else the state.

    Disputes and refunds first, then what the returns say, then that a part is out.
    """
    if money.disputed_minor:
        return "disputed"
    back = money.refunded_minor + money.lost_minor
    if back and back >= money.captured_minor:
        return "refunded"
    if back:
        return "partially_refunded"
    if goods_back:
        return goods_back
    if goods_out and state in SHIPPABLE:
        return "partially_shipped"
    return state.value

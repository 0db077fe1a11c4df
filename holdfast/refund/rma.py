"""A return as a value: goods that come back, from the buyer's wish to what is given for them.

Pure. ``MOVES`` is the machine; the table ``return_moves`` holds the same rows and a test keeps them
equal. Only ``returns.py`` writes a state. A return and a refund do not imply each other.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

import msgspec

from holdfast.errors.money import MoveRefused, UnitsGone
from holdfast.order.order import draw


class State(StrEnum):
    """Where a return stands."""

    NEW = "new"
    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RECEIVED = "received"
    REFUNDED = "refunded"
    EXCHANGED = "exchanged"
    CREDITED = "credited"
    CLOSED = "closed"


class Event(StrEnum):
    """What can happen to a return."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RECEIVED = "received"
    REFUNDED = "refunded"
    EXCHANGED = "exchanged"
    CREDITED = "credited"
    CLOSED = "closed"
    """Nothing is given for what came back."""


Reason = Literal["damaged", "wrong_item", "not_as_described", "too_late", "changed_mind", "other"]

OPEN = (State.REQUESTED, State.APPROVED)
"""The goods are with the buyer or on their way."""

DROPPED = (State.REFUSED, State.WITHDRAWN)
"""Nothing came back, and the units may be sent back by another return."""

MOVES: dict[tuple[State, Event], State] = {
    (State.NEW, Event.REQUESTED): State.REQUESTED,
    (State.REQUESTED, Event.APPROVED): State.APPROVED,
    (State.REQUESTED, Event.REFUSED): State.REFUSED,
    (State.REQUESTED, Event.WITHDRAWN): State.WITHDRAWN,
    (State.APPROVED, Event.WITHDRAWN): State.WITHDRAWN,
    (State.APPROVED, Event.RECEIVED): State.RECEIVED,
    (State.RECEIVED, Event.REFUNDED): State.REFUNDED,
    (State.RECEIVED, Event.EXCHANGED): State.EXCHANGED,
    (State.RECEIVED, Event.CREDITED): State.CREDITED,
    (State.RECEIVED, Event.CLOSED): State.CLOSED,
}


def picture() -> str:
    """The machine as ``docs/story.md`` shows it."""
    return draw((here, event, there) for (here, event), there in MOVES.items())


def after(state: State, event: Event) -> State:
    """The state that the event leads to; raise MoveRefused with what would be possible."""
    there = MOVES.get((state, event))
    if there is None:
        raise MoveRefused(state=state, event=event, possible=[e for here, e in MOVES if here is state])
    return there


def seen_as(states: Collection[State]) -> str | None:
    """What the returns of an order say of it: something is on its way back, or has come back."""
    if any(state in OPEN for state in states):
        return "return_requested"
    return "returned" if any(state not in DROPPED for state in states) else None


class SentLine(msgspec.Struct, frozen=True):
    """A line and what a buyer has of it, in units; ``out``: of its SKU, and not on their way back."""

    position: int
    sku: str
    quantity: int
    cancelled: int
    returned: int
    out: int


class WantedLine(msgspec.Struct, frozen=True):
    """Units that a buyer wants to send back, and why."""

    position: int
    quantity: int
    reason: Reason


class ArrivedLine(msgspec.Struct, frozen=True):
    """Units that have come back, by their condition; ``location``: where the good ones lie."""

    position: int
    restocked: int
    written_off: int
    location: str


def check_units(wanted: Collection[WantedLine], lines: Collection[SentLine]) -> None:
    """Raise UnitsGone for more than a buyer has of a line, lines of one SKU taken together."""
    by_position = {line.position: line for line in lines}
    out = {line.sku: line.out for line in lines}
    for one in wanted:
        line = by_position.get(one.position)
        left = min(line.quantity - line.cancelled - line.returned, out[line.sku]) if line else 0
        if line is None or one.quantity > left:
            raise UnitsGone(position=one.position, left=max(0, left), asked=one.quantity)
        out[line.sku] -= one.quantity


def deadline(since: datetime, days: int) -> datetime:
    """Until when what arrived then may be sent back."""
    return since + timedelta(days=days)

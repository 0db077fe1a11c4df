"""A dispute as a value: a buyer asks money back at the bank, the shop answers, the bank decides.

Pure. ``MOVES`` is the machine; the table ``dispute_moves`` holds the same rows and a test keeps them
equal. Only ``disputes.py`` writes a state.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from holdfast.order.order import draw


class State(StrEnum):
    """Where a dispute stands."""

    NEW = "new"
    OPENED = "opened"
    EVIDENCE_DUE = "evidence_due"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


class Event(StrEnum):
    """What can happen to a dispute."""

    OPENED = "opened"
    EVIDENCE_WANTED = "evidence_wanted"
    """The provider has said until when it wants to hear from the shop."""
    ANSWERED = "answered"
    """Staff have answered it there."""
    WON = "won"
    LOST = "lost"


OPEN = (State.OPENED, State.EVIDENCE_DUE, State.UNDER_REVIEW)
"""The bank has not decided."""

MOVES: dict[tuple[State, Event], State] = {
    (State.NEW, Event.OPENED): State.OPENED,
    (State.NEW, Event.EVIDENCE_WANTED): State.EVIDENCE_DUE,
    (State.OPENED, Event.EVIDENCE_WANTED): State.EVIDENCE_DUE,
    (State.UNDER_REVIEW, Event.EVIDENCE_WANTED): State.EVIDENCE_DUE,
    (State.EVIDENCE_DUE, Event.EVIDENCE_WANTED): State.EVIDENCE_DUE,
    (State.OPENED, Event.ANSWERED): State.UNDER_REVIEW,
    (State.EVIDENCE_DUE, Event.ANSWERED): State.UNDER_REVIEW,
    **{(here, Event.WON): State.WON for here in (State.NEW, *OPEN, State.LOST)},
    **{(here, Event.LOST): State.LOST for here in (State.NEW, *OPEN, State.WON)},
}
"""A bank may decide once more, either way; an older word that it is open does not open it again."""


def picture() -> str:
    """The machine as ``docs/story.md`` shows it."""
    return draw((here, event, there) for (here, event), there in MOVES.items())


_TAKES = {
    "disputed": (1, 0),
    "dispute_won": (-1, 0),
    "dispute_lost": (-1, 1),
    "dispute_reversed": (1, -1),
}


def entries(before: State, after: State) -> list[str]:
    """The lines of the ledger that a move writes, each of the whole amount."""
    kinds = []
    if before in (State.NEW, State.WON):
        kinds.append("disputed")
    if before is State.LOST:
        kinds.append("dispute_reversed")
    if after is State.WON:
        kinds.append("dispute_won")
    if after is State.LOST:
        kinds.append("dispute_lost")
    return kinds


class Effect(msgspec.Struct, frozen=True):
    """How many times its amount a dispute adds to what is disputed, and to what is lost."""

    disputed: int
    lost: int


def effect(kinds: list[str]) -> Effect:
    """What lines of the ledger do to their payment."""
    return Effect(sum(_TAKES[kind][0] for kind in kinds), sum(_TAKES[kind][1] for kind in kinds))


def event_of(word: str, *, due_at: datetime | None, known_due_at: datetime | None) -> Event:
    """What a provider's word means: open, won or lost, with a moment until which it wants an answer."""
    if word == "open":
        return Event.EVIDENCE_WANTED if due_at and due_at != known_due_at else Event.OPENED
    return Event(word)

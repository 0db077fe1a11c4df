"""What a bank keeps: its objects by kind, in memory and in the journal, its settings, faults and plans.

Owns how an object is kept and restored; leaves what may become what to each provider.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Raw, Struct

from holdfast.sandbox.bank.deliver import Deliverer
from holdfast.sandbox.bank.faults import Faults
from holdfast.sandbox.bank.journal import Journal, Line
from holdfast.sandbox.config import SandboxConfig

NOTICES_KEPT_MAX = 200_000
ANSWERS_KEPT_MAX = 200_000


class Thing(Protocol):
    """What can be kept: a struct with an id."""

    @property
    def id(self) -> str:
        """What it is found by, among its kind."""
        ...


Kept = TypeVar("Kept", bound=Thing)
Item = TypeVar("Item")


class Notice(Struct, frozen=True, kw_only=True):
    """One event as it is told to the shop; how its sending ends is a `Fate`."""

    id: str
    kind: str
    """Its type, in the provider's words."""
    payment: str
    """The payment that it is about."""
    created: int
    body: Raw
    wanted: bool
    """The endpoint is subscribed to this type; else it is kept and not sent."""
    url: str = ""
    """Where it goes, if the provider is told with each payment; empty: the webhook URL of the settings."""


class Fate(Struct, frozen=True):
    """What became of an event's delivery; without one it is still on its way."""

    id: str
    fate: str
    """`delivered`, `dropped`, or `given_up` after the provider's last try."""


class KeptAnswer(Struct, frozen=True):
    """The first answer to an idempotency key, with what was asked, to compare."""

    id: str
    asked: str
    status: int
    body: Raw
    created: int


class House(Struct, frozen=True):
    """What all banks of one sandbox share."""

    config: SandboxConfig
    journal: Journal
    deliverer: Deliverer


class Books:
    """The state of one bank, restored from the journal; all changes happen on one event loop."""

    def __init__(
        self,
        house: House,
        *,
        bank: str,
        keys: Mapping[str, str],
        kinds: Iterable[type[Any]],
        placed: Callable[[Any], None] | None = None,
    ) -> None:
        """Start empty; `kinds` are the structs it will keep, `placed` is told each one, restored or new."""
        self.bank = bank
        self.base_url = house.config.base_url(bank)
        self.settings = house.config.settings(bank, keys)
        self.deliverer = house.deliverer
        self.faults = Faults()
        self.running_keys: set[str] = set()
        self.held_answers: list[asyncio.Event] = []
        """What the API answer in the making must wait for."""
        kept: tuple[type[Any], ...] = (*kinds, Notice, Fate, KeptAnswer)
        self._kinds = {kind.__name__: kind for kind in kept}
        self._tables: dict[type[Any], dict[str, Any]] = {kind: {} for kind in kept}
        self._placed = placed
        self._journal = house.journal
        self._timers: set[asyncio.TimerHandle] = set()
        self.notices = self.table(Notice)
        self.fates = self.table(Fate)
        self.answers = self.table(KeptAnswer)

    def table(self, kind: type[Kept]) -> dict[str, Kept]:
        """All of one kind by id, oldest first."""
        table: dict[str, Kept] = self._tables[kind]
        return table

    def restore(self, line: Line) -> None:
        """Put back one object of the journal; one of a kind that is no longer kept is left out."""
        if line.kind in self._kinds:
            self._place(msgspec.json.decode(line.value, type=self._kinds[line.kind]))

    def save(self, thing: Kept) -> Kept:
        """Keep an object, in place of an older one with its id."""
        self._place(thing)
        self._journal.write(self.bank, type(thing).__name__, thing)
        return thing

    def _place(self, thing: Any) -> None:
        self._tables[type(thing)][thing.id] = thing
        match thing:
            case Notice() if len(self.notices) > NOTICES_KEPT_MAX:
                self.fates.pop(_forget_oldest(self.notices), None)
            case KeptAnswer() if len(self.answers) > ANSWERS_KEPT_MAX:
                _forget_oldest(self.answers)
            case _:
                if self._placed is not None:
                    self._placed(thing)

    def later(self, milliseconds: int, act: Callable[[], object]) -> None:
        """Let something happen by itself; forgotten when the process ends, as all plans are."""

        def happen() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(milliseconds / 1000, happen)
        self._timers.add(timer)

    def stop(self) -> None:
        """Forget what was to happen later."""
        for timer in self._timers:
            timer.cancel()


def _forget_oldest(table: dict[str, Any]) -> str:
    oldest = next(iter(table))
    del table[oldest]
    return oldest


def newest(things: Iterable[Item], *, limit: int) -> list[Item]:
    """The first few of what is given newest first."""
    return list(islice(things, limit))


def new_id(prefix: str) -> str:
    """An id that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(12)}"


def seconds() -> int:
    """Whole Unix seconds."""
    return int(time.time())

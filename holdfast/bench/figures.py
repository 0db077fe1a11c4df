"""What a run of the bench comes to: runs, figures (the best of several runs), facts, and all of it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of load: by how many connections or clients, and what came of it."""

    crowd: int
    seconds: float
    answers: int
    p50_ms: float | None = None
    p99_ms: float | None = None
    batch: float | None = None
    """Rows per transaction, where they are written in sets."""
    backlog: int | None = None
    """Jobs that waited when the load ended."""
    cpu: Mapping[str, float] = {}
    """CPU seconds per kind of process."""

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """The best of several runs of one load; ``processes`` are those of HTTP, 0 for a reference."""

    key: str
    what: str
    processes: int
    best: Run
    others: tuple[float, ...] = ()
    """Per second, of every run: how much the machine wavers."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A single number: a time, a count, a size."""

    key: str
    what: str
    value: float
    unit: str
    detail: tuple[str, ...] = ()


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """On what it was measured."""

    cpu: str
    cores: int
    memory_mb: int
    kernel: str
    python: str
    postgresql: str
    holdfast: str
    at: datetime


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A bar and how the run stands to it; ``value`` is None where it was not measured."""

    what: str
    bar: str
    value: float | None
    met: bool | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as ``--json`` writes it."""

    machine: Machine
    seconds: float
    rounds: int
    figures: tuple[Figure, ...]
    facts: tuple[Fact, ...]
    verdicts: tuple[Verdict, ...]
    wrong: tuple[str, ...] = ()
    """Parts that measured nothing, because answers were wrong or a truth broke."""


def best_of(*, key: str, what: str, processes: int, runs: Sequence[Run]) -> Figure:
    """The fastest run speaks for all of them: noise only ever takes."""
    best = max(runs, key=lambda run: run.per_second)
    return Figure(
        key=key, what=what, processes=processes, best=best, others=tuple(run.per_second for run in runs)
    )

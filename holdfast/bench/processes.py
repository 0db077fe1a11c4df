"""What the processes of a shop use, by kind: CPU seconds and memory."""

import resource
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

import msgspec

from holdfast.db.embedded import EmbeddedServer

with suppress(
    ImportError
):  # it comes with the extra `embedded`, and without that there is no server to measure
    import psutil

MEGABYTE = 1_000_000


class Shop(Protocol):
    """A running shop, as the command line starts one."""

    server: EmbeddedServer
    url: str
    database_url: str
    restarts: int

    def pids(self) -> dict[str, int]:
        """The first process of each kind; others are its children."""
        ...


class Resident(msgspec.Struct, frozen=True):
    """The memory of one process, in megabytes that lie in RAM, shared ones included."""

    kind: str
    pid: int
    parent: bool
    megabytes: float


def cpu_seconds(shop: Shop) -> dict[str, float]:
    """CPU seconds so far, user and system; ``load`` is what our own finished children have used."""
    spent = {kind: _spent(processes, kind) for kind, processes in _by_kind(shop).items()}
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent | {"load": ours.ru_utime + ours.ru_stime}


def spent_between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {kind: after[kind] - before.get(kind, 0.0) for kind in after}


def resident(shop: Shop) -> list[Resident]:
    """The memory of every process."""
    found = []
    for kind, processes in _by_kind(shop).items():
        for place, process in enumerate(processes):
            with suppress(psutil.NoSuchProcess):
                rss = process.memory_info().rss
                found.append(Resident(kind, process.pid, place == 0, rss / MEGABYTE))
    return found


def _by_kind(shop: Shop) -> dict[str, list["psutil.Process"]]:
    postmaster = shop.server.pid
    assert postmaster is not None, "the shop runs, so its database does"
    found = {}
    for kind, pid in {"postgres": postmaster, **shop.pids()}.items():
        with suppress(psutil.NoSuchProcess):  # who died is found by its restart
            first = psutil.Process(pid)
            found[kind] = [first, *first.children(recursive=True)]
    return found


def _spent(processes: list["psutil.Process"], kind: str) -> float:
    seconds = 0.0
    for place, process in enumerate(processes):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system
            if kind == "postgres" and place == 0:  # connections that ended, as those of pgbench
                seconds += times.children_user + times.children_system
    return seconds

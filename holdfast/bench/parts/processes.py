"""What processes cost: how long one takes until it is ready, and the memory of each.

Memory is taken before and after many orders, warm first, so that a leak is what is left.
"""

import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable

import httpx

from holdfast.bench.figures import Fact
from holdfast.bench.parts import loads
from holdfast.bench.processes import Resident, resident
from holdfast.bench.rig import Rig
from holdfast.bench.wrong import WrongAnswers

HOST = "127.0.0.1"
STARTS_PER_ROUND = 2
READY_WITHIN_S = 60
LOOK_EVERY_S = 0.005
RUN_S = 20
PER_CENT = 100


def start(rig: Rig) -> list[Fact]:
    """How long ``holdfast serve`` takes on a migrated database until it is ready."""
    rig.say("start until ready")
    with rig.database() as database:
        url = rig.server.url(database)
        seconds = [_start(url) for _ in range(1 + STARTS_PER_ROUND * rig.plan.rounds)]
    return [
        Fact(
            key="start.ready",
            what="holdfast serve until /health/ready answers, median",
            value=statistics.median(seconds[1:]),
            unit="s",
        )
    ]


def memory(rig: Rig) -> list[Fact]:
    """The memory of every process before and after many orders."""
    connections = rig.plan.connections[0]
    with rig.fresh_shop(rig.plan.processes[0]) as stand:
        stand.warm_up([loads.orders(stand, "memory.orders", "orders for memory")])
        before = resident(stand.shop)
        placed = 0
        while placed < rig.plan.memory_orders:
            rig.say(f"memory: {placed:,} of {rig.plan.memory_orders:,} orders")
            placed += loads.place(stand, connections, RUN_S).answers
        after = resident(stand.shop)
    return [*_of_http(before, after), *_of_all(before, after, placed)]


def _start(database_url: str) -> float:
    port = _free_port()
    where = ["--host", HOST, "--port", str(port), "--database-url", database_url]
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "holdfast", "serve", *where],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _is_ready(port):
            if time.perf_counter() - began > READY_WITHIN_S or server.poll() is not None:
                raise WrongAnswers("holdfast serve was never ready")
            time.sleep(LOOK_EVERY_S)
        return time.perf_counter() - began
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _is_ready(port: int) -> bool:
    """One try; a plain look whether anybody listens is cheaper than a client that is refused."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
        return httpx.get(f"http://{HOST}:{port}/health/ready", timeout=5).status_code == httpx.codes.OK
    except (OSError, httpx.HTTPError):
        return False


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _of_http(before: list[Resident], after: list[Resident]) -> Iterable[Fact]:
    """Of those that answer requests; their parent only watches them."""
    was = {r.pid: r.megabytes for r in before if r.kind == "http" and not r.parent}
    now = {r.pid: r.megabytes for r in after if r.kind == "http" and not r.parent}
    if was.keys() != now.keys():
        raise WrongAnswers("memory: an HTTP process died")
    change = max(abs(now[pid] / was[pid] - 1) for pid in was) * PER_CENT
    yield Fact(
        key="memory.http", what="memory of the largest HTTP process", value=max(now.values()), unit="MB"
    )
    yield Fact(key="memory.http_change", what="change of an HTTP process, at most", value=change, unit="%")


def _of_all(before: list[Resident], after: list[Resident], placed: int) -> Iterable[Fact]:
    """Each process; of PostgreSQL, which has one per connection, the largest (shared buffers included)."""
    was = {r.pid: r.megabytes for r in before if r.kind != "postgres"}
    for number, r in enumerate(r for r in after if r.pid in was):
        parent = " (parent)" if r.kind == "http" and r.parent else ""
        yield _grown(f"process.{number}", f"{r.kind}{parent}", was[r.pid], r.megabytes, placed)
    yield _grown("postgres", "the largest of postgres", _largest(before), _largest(after), placed)


def _largest(found: list[Resident]) -> float:
    return max(r.megabytes for r in found if r.kind == "postgres")


def _grown(key: str, what: str, before: float, after: float, placed: int) -> Fact:
    told = f"{what}: {before:.0f} MB, and after {placed:,} orders"
    return Fact(key=f"memory.{key}", what=told, value=after, unit="MB")

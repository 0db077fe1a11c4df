"""The memory of every process before and after many orders: warm first, so that a leak is what is left."""

from collections.abc import Iterable

from holdfast.bench.figures import Fact
from holdfast.bench.parts import loads
from holdfast.bench.processes import Resident, resident
from holdfast.bench.rig import Rig

RUN_S = 20


def measure(rig: Rig) -> list[Fact]:
    connections = rig.plan.connections[0]
    with rig.fresh_shop(rig.plan.processes[0]) as stand:
        stand.warm_up([loads.orders(stand, "memory.orders", "orders for memory")])
        before = resident(stand.shop)
        placed = 0
        while placed < rig.plan.memory_orders:
            rig.say(f"memory: {placed:,} of {rig.plan.memory_orders:,} orders")
            placed += loads.place(stand, connections, RUN_S).answers
        after = resident(stand.shop)
    return [*_of_http(before, after), *_of_all(before, "before"), *_of_all(after, f"after {placed:,} orders")]


def _of_http(before: list[Resident], after: list[Resident]) -> Iterable[Fact]:
    """Of those that answer requests; their parent only watches them."""
    was = {r.pid: r.megabytes for r in before if r.kind == "http" and not r.parent}
    now = {r.pid: r.megabytes for r in after if r.kind == "http" and not r.parent}
    change = max((abs(now[pid] / was[pid] - 1) for pid in was), default=0.0) * 100
    yield Fact(
        key="memory.http", what="memory of the largest HTTP process", value=max(now.values()), unit="MB"
    )
    yield Fact(key="memory.http_change", what="change of an HTTP process, at most", value=change, unit="%")


def _of_all(found: list[Resident], when: str) -> Iterable[Fact]:
    """Each process; of PostgreSQL, which has one per connection, the largest (shared buffers included)."""
    postgres = [r.megabytes for r in found if r.kind == "postgres"]
    what = f"largest of {len(postgres)} processes of postgres, {when}"
    yield Fact(key=f"memory.postgres.{when[:6].strip()}", what=what, value=max(postgres), unit="MB")
    for number, r in enumerate(r for r in found if r.kind != "postgres"):
        what = f"{r.kind}{' (parent)' if r.parent and r.kind == 'http' else ''}, {when}"
        yield Fact(
            key=f"memory.{r.kind}.{number}.{when[:6].strip()}", what=what, value=r.megabytes, unit="MB"
        )

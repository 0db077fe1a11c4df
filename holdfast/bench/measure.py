"""All parts in their order, and what they come to against the bars."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import asyncpg

from holdfast.bench.bars import judge, numbers
from holdfast.bench.figures import Fact, Figure, Report
from holdfast.bench.machine import describe
from holdfast.bench.parts import (
    alone,
    carts,
    growth,
    journey,
    latency,
    logins,
    orders,
    processes,
    reads,
    reservations,
    webhooks,
)
from holdfast.bench.rig import GOODS, Rig
from holdfast.bench.stage import ask
from holdfast.bench.wrong import BenchError
from holdfast.db.queries import Connection

PARTS: dict[str, Callable[[Rig], Sequence[Figure | Fact]]] = {
    "orders": orders.measure,
    "reservations": reservations.measure,
    "webhooks": webhooks.measure,
    "carts": carts.measure,
    "reads": reads.measure,
    "journey": journey.measure,
    "latency": latency.measure,
    "logins": logins.measure,
    "alone": alone.measure,
    "start": processes.start,
    "memory": processes.memory,
    "growth": growth.measure,
}


def measure(rig: Rig, parts: Collection[str], *, at: datetime) -> Report:
    """Measure these parts, one after the other; one that goes wrong is named and takes no other with it."""
    rig.lay_out_goods()
    found: list[Figure | Fact] = []
    wrong: list[str] = []
    for name, part in PARTS.items():
        if name in parts:
            try:
                found += part(rig)
            except BenchError as error:
                wrong.append(f"{name}: {error}")
    figures = tuple(one for one in found if isinstance(one, Figure))
    facts = tuple(one for one in found if isinstance(one, Fact))
    return Report(
        machine=describe(ask(rig.server.url(GOODS), _server_version), at),
        seconds=rig.plan.seconds,
        rounds=rig.plan.rounds,
        figures=figures,
        facts=facts,
        verdicts=judge(numbers(figures, facts)),
        wrong=tuple(wrong),
    )


async def _server_version(connection: Connection) -> str:
    version: asyncpg.types.ServerVersion = connection.get_server_version()
    return f"{version.major}.{version.minor}"

"""kill -9 in the middle of a real week: of an HTTP process, of its parent, of the worker, of PostgreSQL.

Nothing that was acknowledged may be lost, nothing may be done twice, and the shop goes on by itself.
"""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from holdfast.cli.crew import Crew
from holdfast.replay.play import replay
from holdfast.replay.street import Progress

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

WEEK = Path(__file__).parents[3] / "shared" / "data" / "online-retail-first-week.csv"


def children_of(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607 - of the machine that tests
    return [int(line) for line in found.stdout.split()]


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


VICTIMS_OF_SHIPPING = ("PostgreSQL", "an HTTP process")
VICTIMS: dict[str, Callable[[Crew], None]] = {
    "an HTTP process": lambda crew: kill(children_of(crew.pids()["http"])[0]),
    "the parent of the HTTP processes": lambda crew: kill(crew.pids()["http"]),
    "the worker": lambda crew: kill(crew.pids()["worker"]),
    "the sandbox": lambda crew: kill(crew.pids()["sandbox"]),
    "PostgreSQL": lambda crew: kill(crew.server.pid),
}


async def test_whatever_is_killed_everything_goes_on_and_the_books_are_right(
    running: Crew, staff_key: str
) -> None:
    if not WEEK.exists():
        pytest.skip(f"{WEEK} is not here")
    waiting = list(VICTIMS.items())
    shipping = list(VICTIMS_OF_SHIPPING)

    def strike(step: Progress) -> None:
        if step.phase == "playing" and waiting and step.done >= 100 * (len(VICTIMS) - len(waiting) + 1):
            _, blow = waiting.pop(0)
            blow(running)
        if step.phase == "shipping" and shipping:
            VICTIMS[shipping.pop(0)](running)

    report = await replay(WEEK, url=running.url, api_key=staff_key, stock="plenty", progress=strike)
    assert (waiting, shipping) == ([], [])
    assert running.restarts >= 4  # granian itself brings back the HTTP process
    assert report.unpaid == ()
    assert (report.orders, report.placed, report.paid, report.shipped) == (611, 611, 611, 611)
    assert (report.sales.lines, report.sales.units, report.sales.revenue_minor) == (
        16_676,
        137_912,
        33_987_649,
    )

"""Loads that several parts run: orders over HTTP, and requests that were prepared."""

import math
from collections.abc import Callable, Sequence

from holdfast.bench.figures import Run
from holdfast.bench.rig import SKUS, Load, Stand
from holdfast.bench.stage import Counted, sql
from holdfast.bench.wrong import TooFewPrepared
from holdfast.db.queries import One
from holdfast.settings import DEV_SECRET

FIRST_GUESS = 4_000  # per second, before the first run has told
PER_SECOND_MAX = 500_000
MARGIN = 1.5
SECRET = DEV_SECRET
"""What the shops of the bench make their owners' tokens by."""


def orders(
    stand: Stand,
    key: str,
    what: str,
    *,
    skus: int = SKUS,
    hot: int = 0,
    percent: int = 0,
    lines: int = 1,
    coupon: str = "",
) -> Load:
    """One-call orders; ``percent`` of the lines are of the first ``hot`` SKUs, all use the coupon, if any."""

    def run(connections: int, seconds: int) -> Run:
        return place(
            stand, connections, seconds, skus=skus, hot=hot, percent=percent, lines=lines, coupon=coupon
        )

    return Load(key, what, stand.processes, stand.rig.plan.connections, run)


def place(
    stand: Stand,
    connections: int,
    seconds: int,
    *,
    skus: int = SKUS,
    hot: int = 0,
    percent: int = 0,
    lines: int = 1,
    think_ms: float = 0.0,
    coupon: str = "",
) -> Run:
    """Place orders for so long; buyers who think do so for random times around the mean."""
    number = stand.rig.next_run()
    arguments = [skus, hot or 1, percent, lines, f"{number:06d}", number, f"{think_ms:.2f}", coupon]
    return stand.over_http(
        "orders.lua", arguments, connections=connections, seconds=seconds, count=sql.orders_since
    )


class Expected:
    """How much is to be prepared, from what the runs before have reached."""

    def __init__(self) -> None:
        self._per_second = FIRST_GUESS

    def units(self, seconds: int) -> int:
        """Enough for a run of so many seconds."""
        return math.ceil(self._per_second * seconds * MARGIN)

    def saw(self, run: Run) -> None:
        """Learn from a run."""
        self._per_second = max(self._per_second, math.ceil(run.per_second))

    def was_too_low(self) -> bool:
        """Expect much more; False when that is beyond what any machine does."""
        self._per_second *= 3
        return self._per_second < PER_SECOND_MAX


class Prepared:
    """Requests that are written before the clock starts, each for one use.

    ``write`` makes so many of them: (method, path, body, header, value …) each, "-" for no body.
    """

    def __init__(
        self, stand: Stand, write: Callable[[int], Sequence[Sequence[str]]], count: One[Counted]
    ) -> None:
        self._stand, self._write, self._count = stand, write, count
        self._expected = Expected()

    def __call__(self, connections: int, seconds: int) -> Run:
        """One run; where too few were prepared, once more with many more."""
        while True:
            lines = self._write(self._expected.units(seconds) + connections)
            try:
                run = send(self._stand, lines, connections=connections, seconds=seconds, count=self._count)
            except TooFewPrepared:
                if not self._expected.was_too_low():
                    raise
                continue
            self._expected.saw(run)
            return run


def send(
    stand: Stand,
    lines: Sequence[Sequence[str]],
    *,
    connections: int,
    seconds: int,
    count: One[Counted] | None,
) -> Run:
    """Send requests from a file: each once where rows are counted, in a circle where nothing changes."""
    file = stand.rig.folder / "requests.txt"
    file.write_text("".join("\t".join(parts) + "\n" for parts in lines), "utf-8")
    return stand.over_http(
        "prepared.lua",
        [file, "once" if count else "again"],
        connections=connections,
        seconds=seconds,
        count=count,
    )

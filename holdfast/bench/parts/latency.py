"""How long an order takes while the shop is half busy, and while it is busy.

Buyers think for random times (exponential gaps), so many that together they order at the wanted rate.
"""

from holdfast.bench.figures import Figure, Run, best_of
from holdfast.bench.parts import loads
from holdfast.bench.rig import Rig, Stand

BUYERS = 256
MILLISECONDS = 1_000
CLOSE_ENOUGH = 0.05
TRIES_MAX = 4
SHARES = (("latency.half", 50), ("latency.busy", 80))


def measure(rig: Rig) -> list[Figure]:
    with rig.fresh_shop(rig.plan.processes[0]) as stand:
        (top,) = stand.in_turns([loads.orders(stand, "latency.top", "orders, as many as possible")])
        return [top, *(_at(stand, key, percent, top.best.per_second) for key, percent in SHARES)]


def _at(stand: Stand, key: str, percent: int, top: float) -> Figure:
    """The run of the lowest 99th percentile among those that came close to the wanted rate."""
    wanted = top * percent / 100
    gap_ms = BUYERS / wanted * MILLISECONDS  # between two orders of one buyer
    think_ms, runs = gap_ms, list[Run]()
    for _ in range(TRIES_MAX + stand.rig.plan.rounds):
        stand.rig.say(f"orders at {percent} % of the top rate: {wanted:,.0f} per second")
        run = loads.place(stand, BUYERS, stand.rig.plan.seconds, think_ms=think_ms)
        runs.append(run)
        if len(_close(runs, wanted)) >= stand.rig.plan.rounds:
            break
        answered_ms = BUYERS / run.per_second * MILLISECONDS - think_ms
        think_ms = max(0.0, gap_ms - answered_ms)
    close = _close(runs, wanted) or [min(runs, key=lambda run: abs(run.per_second - wanted))]
    best = min(close, key=lambda run: run.p99_ms or 0.0)
    return best_of(
        key=key, what=f"orders, at {percent} % of {top:,.0f}/s", processes=stand.processes, runs=[best]
    )


def _close(runs: list[Run], wanted: float) -> list[Run]:
    return [run for run in runs if abs(run.per_second / wanted - 1) <= CLOSE_ENOUGH]

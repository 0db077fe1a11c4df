"""The bars: what a run is to reach on two cores, as data. Pure."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from holdfast.bench.figures import Fact, Figure, Verdict


class Bar(msgspec.Struct, frozen=True):
    """``value`` (divided by ``over``) must be at least, or at most, ``bound``; both are keys of numbers."""

    what: str
    side: Literal["at least", "at most"]
    bound: float
    value: str
    over: str | None = None
    unit: str = "times"


BARS = (
    Bar("orders, 10,000 SKUs : reference (c)", "at least", 1.0, "orders.spread", "orders.c"),
    Bar("orders, one hot SKU : 10,000 SKUs", "at least", 0.9, "orders.hot", "orders.spread"),
    Bar("orders, one hot SKU : reference (d)", "at least", 2.5, "orders.hot", "orders.d"),
    Bar("reservations, one hot SKU : reference (b)", "at least", 3.0, "reservations.hot", "reservations.b"),
    Bar("payments settled by webhook : orders", "at least", 1.0, "webhooks.settled", "webhooks.orders"),
    Bar("product reads : orders", "at least", 3.0, "reads.product", "reads.orders"),
    Bar("cart changes : orders", "at least", 1.0, "carts.changed", "carts.orders"),
    Bar("orders, 1,000,000 already there : none", "at least", 0.9, "growth.orders", "growth.empty"),
    Bar("orders, 50 wrong log-ins a second : none", "at least", 0.8, "logins.orders", "logins.none"),
    Bar("p99 at 50 % of the top rate", "at most", 50, "latency.half.p99_ms", unit="ms"),
    Bar("statements of one order alone", "at most", 8, "alone.statements", unit=""),
    Bar("median of one order alone", "at most", 5, "alone.order.p50_ms", unit="ms"),
    Bar("memory of an HTTP process", "at most", 150, "memory.http", unit="MB"),
    Bar("its change over 200,000 orders", "at most", 10, "memory.http_change", unit="%"),
    Bar("start until ready", "at most", 1.5, "start.ready", unit="s"),
)

JUDGED_PROCESSES = 2


def numbers(figures: tuple[Figure, ...], facts: tuple[Fact, ...]) -> dict[str, float]:
    """Everything that was measured by key: the references, and Holdfast by two HTTP processes."""
    found: dict[str, float] = {}
    for figure in figures:
        if figure.processes in (0, JUDGED_PROCESSES):
            found[figure.key] = figure.best.per_second
            if figure.best.p50_ms is not None and figure.best.p99_ms is not None:
                found[f"{figure.key}.p50_ms"] = figure.best.p50_ms
                found[f"{figure.key}.p99_ms"] = figure.best.p99_ms
    return found | {fact.key: fact.value for fact in facts}


def judge(found: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Every bar with its value, and whether it is met; what was not measured is left open."""
    return tuple(_judged(bar, found) for bar in BARS)


def _judged(bar: Bar, found: Mapping[str, float]) -> Verdict:
    wanted = f"{bar.side} {bar.bound:g} {bar.unit}".rstrip()
    value, over = found.get(bar.value), found.get(bar.over) if bar.over else 1.0
    if value is None or over is None:
        return Verdict(what=bar.what, bar=wanted, value=None, met=None)
    ratio = value / over
    met = ratio >= bar.bound if bar.side == "at least" else ratio <= bar.bound
    return Verdict(what=bar.what, bar=wanted, value=ratio, met=met)

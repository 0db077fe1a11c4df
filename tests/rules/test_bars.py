"""The bench's bars: what a run is held against."""

import pytest

from holdfast.bench.bars import BARS, judge, numbers
from holdfast.bench.figures import Fact, Figure, Run, Verdict, best_of


def figure(key: str, per_second: int, *, processes: int = 2) -> Figure:
    runs = [Run(crowd=64, seconds=2.0, answers=2 * n, p50_ms=1.0, p99_ms=9.0) for n in (1, per_second)]
    return best_of(key=key, what=key, processes=processes, runs=runs)


def verdict(what: str, *measured: Figure | Fact) -> Verdict:
    figures = tuple(one for one in measured if isinstance(one, Figure))
    facts = tuple(one for one in measured if isinstance(one, Fact))
    return next(found for found in judge(numbers(figures, facts)) if found.what == what)


@pytest.mark.parametrize(("orders", "met"), [(1_000, True), (999, False)])
def test_orders_are_held_against_the_reference_of_the_same_run(orders: int, met: bool) -> None:
    found = verdict(
        "orders, 10,000 SKUs : reference (c)",
        figure("orders.spread", orders),
        figure("orders.c", 1_000, processes=0),
    )
    assert (found.value, found.met) == (orders / 1_000, met)


@pytest.mark.parametrize(("seconds", "met"), [(1.5, True), (1.6, False)])
def test_what_must_not_be_more_is_met_up_to_its_bound(seconds: float, met: bool) -> None:
    fact = Fact(key="start.ready", what="start", value=seconds, unit="s")
    assert verdict("start until ready", fact).met is met


def test_a_latency_is_the_one_of_the_best_run() -> None:
    assert verdict("p99 at 50 % of the top rate", figure("latency.half", 100)).value == 9.0


def test_one_http_process_is_shown_and_not_judged() -> None:
    alone = figure("orders.spread", 9_000, processes=1)
    found = verdict("orders, 10,000 SKUs : reference (c)", alone, figure("orders.c", 1_000, processes=0))
    assert (found.value, found.met) == (None, None)


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert {found.met for found in judge({})} == {None}
    assert len(judge({})) == len(BARS)


def test_the_fastest_of_several_runs_speaks_for_them() -> None:
    found = figure("orders.spread", 500)
    assert found.best.per_second == 500
    assert found.others == (1.0, 500.0)

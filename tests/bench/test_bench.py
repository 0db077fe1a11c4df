"""``holdfast bench --quick``: every part answers, whatever the figures are."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from holdfast.bench.bars import BARS
from holdfast.bench.figures import Report
from holdfast.bench.wrk import find_wrk
from holdfast.bench.wrong import ToolMissing

REFERENCES = {"orders.c", "orders.d", "reservations.a", "reservations.b"}
OVER_HTTP = {
    "orders.spread",
    "orders.hot",
    "orders.ten",
    "orders.coupon",
    "orders.twenty_lines",
    "reservations.hot",
    "webhooks.orders",
    "webhooks.settled",
    "carts.orders",
    "carts.changed",
    "reads.orders",
    "reads.product",
    "reads.stock",
    "reads.order",
    "journey.paid",
    "latency.top",
    "latency.half",
    "latency.busy",
    "logins.none",
    "logins.orders",
    "alone.order",
}
LONG = {
    "orders, 1,000,000 already there : none",
    "memory of an HTTP process",
    "its change over 200,000 orders",
}


def bench(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "holdfast", "bench", *options]
    around = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=around)


@pytest.mark.timeout(400)
def test_every_part_answers(tmp_path: Path) -> None:
    try:
        find_wrk()
    except ToolMissing as missing:
        pytest.skip(str(missing))
    told = tmp_path / "told.json"
    done = bench("--quick", "--seconds", "1", "--data-dir", str(tmp_path), "--json", str(told))
    assert done.returncode == 0, done.stderr
    report = msgspec.json.decode(told.read_bytes(), type=Report)
    figures = {figure.key: figure for figure in report.figures}
    assert report.wrong == ()
    assert figures.keys() == REFERENCES | OVER_HTTP
    assert all(figure.best.answers > 0 for figure in figures.values())
    assert {key for key, figure in figures.items() if not figure.processes} == REFERENCES
    assert all(figures[key].best.cpu["http"] > 0 for key in OVER_HTTP)
    assert all(figures[key].best.p99_ms for key in OVER_HTTP)
    assert {fact.key for fact in report.facts} == {"alone.statements", "logins.compared", "start.ready"}
    measured = {verdict.what for verdict in report.verdicts if verdict.met is not None}
    assert measured == {bar.what for bar in BARS} - LONG
    assert all(bar.what in done.stdout for bar in BARS)


def test_a_part_that_does_not_exist_is_named() -> None:
    done = bench("--only", "orders,tea")
    assert done.returncode == 2
    assert "tea" in done.stderr


def test_without_wrk_it_says_how_to_get_it() -> None:
    done = bench("--quick", PATH="")
    assert done.returncode == 1
    assert "apt-get install wrk" in done.stderr

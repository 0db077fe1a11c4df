"""What the bench fills databases with, and that a load which measures refusals measures nothing."""

from pathlib import Path

import pytest

from holdfast import clock
from holdfast.bench.parts import growth
from holdfast.bench.parts.webhooks import webhook
from holdfast.bench.pgbench import pgbench
from holdfast.bench.stage import sql as stage
from holdfast.bench.wrk import find_wrk, wrk
from holdfast.bench.wrong import TooFewPrepared, ToolMissing, WrongAnswers
from holdfast.cli.crew import Crew
from holdfast.cli.options import DATABASE
from holdfast.db.transaction import Database
from tests.house import WEBHOOK_SECRET, Shop


@pytest.fixture
def loaded() -> None:
    """wrk is a program of the system, which not every machine has."""
    try:
        find_wrk()
    except ToolMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.anyio
async def test_a_past_of_orders_keeps_every_truth(db: Database) -> None:
    async with db.pool.acquire() as connection:
        await stage.add_goods(connection, first=1, last=50)
        for first, last in ((1, 120), (121, 200)):
            await growth.sql.add_orders(connection, first=first, last=last, total=200, skus=50)
            await growth.sql.add_outcomes(connection, first=first, last=last)
        await growth.sql.commit_units(connection)
        states = await connection.fetch("SELECT status, count(*) FROM orders GROUP BY status ORDER BY status")
        assert [tuple(row) for row in states] == [("cancelled", 20), ("paid", 180)]
        assert await connection.fetchval("SELECT sum(committed) FROM stock") == 180
        assert await connection.fetchval("SELECT count(*) FROM ledger") == 180


@pytest.mark.anyio
async def test_an_order_that_was_turned_to_stripe_is_settled_by_the_webhook_that_was_signed_for_it(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    async with shop.database.pool.acquire() as connection:
        await stage.turn_to_stripe(connection)
        (waiting,) = await stage.unsettled(connection, rows_max=10)
    _, path, body, name, value = webhook(waiting, secret=WEBHOOK_SECRET, at=clock.unix())
    answer = await shop.client.post(path, content=body, headers={name: value})
    assert (answer.status_code, answer.json()) == (200, {"state": "applied"})
    assert await shop.state(placed["order"]["id"]) == "paid"


@pytest.mark.usefixtures("loaded")
def test_a_load_of_refusals_measures_nothing(shop_url: str, tmp_path: Path) -> None:
    asked = tmp_path / "requests"
    asked.write_text("GET\t/api/v1/products/no-such-thing\t-\n")
    with pytest.raises(WrongAnswers, match="refusals"):
        wrk(shop_url, "prepared.lua", [str(asked), "again"], connections=2, seconds=1)


@pytest.mark.usefixtures("loaded")
def test_prepared_requests_that_run_out_measure_nothing(shop_url: str, tmp_path: Path) -> None:
    asked = tmp_path / "requests"
    asked.write_text("GET\t/health/live\t-\n" * 10)
    with pytest.raises(TooFewPrepared):
        wrk(shop_url, "prepared.lua", [str(asked), "once"], connections=2, seconds=1)
    told = wrk(shop_url, "prepared.lua", [str(asked), "again"], connections=2, seconds=1)
    assert told.answers > 10


def test_a_reference_whose_transactions_fail_measures_nothing(running: Crew) -> None:
    variables = {"n": 0, "run": 1, "skus": 1}
    with pytest.raises(WrongAnswers, match="hold_lines"):  # no such SKU
        pgbench(running.server, DATABASE, "order.sql", variables, clients=1, seconds=1)

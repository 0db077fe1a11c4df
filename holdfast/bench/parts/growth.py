"""The same with a year of orders and ten times the goods already there, in turns with an empty shop."""

from collections import defaultdict

from holdfast.bench.figures import Figure, Run
from holdfast.bench.parts import loads, reads
from holdfast.bench.rig import SKUS, Load, Rig, Stand
from holdfast.bench.stage import ask
from holdfast.bench.stage import sql as stage
from holdfast.db.queries import Do, Queries

GROWN = "bench_grown"
CHUNK = 100_000


class sql(Queries):
    add_orders: Do
    add_outcomes: Do
    commit_units: Do
    vacuum: Do


def measure(rig: Rig) -> list[Figure]:
    processes = rig.plan.processes[0]
    runs: dict[str, list[Run]] = defaultdict(list)
    seen: dict[str, Load] = {}
    with rig.database(GROWN) as grown:
        _grow(rig, grown)
        for turn in range(rig.plan.rounds):
            with rig.fresh_shop(processes) as stand:
                _turn(stand, _empty(stand), turn, runs, seen)
            with rig.shop(grown, processes) as stand:
                _turn(stand, _with_a_past(stand), turn, runs, seen)
    return [load.figure(runs[key]) for key, load in seen.items()]


def _empty(stand: Stand) -> list[Load]:
    return [loads.orders(stand, "growth.empty", "orders, in turns with a grown shop")]


def _with_a_past(stand: Stand) -> list[Load]:
    plan = stand.rig.plan
    there = f"{plan.grown_orders:,} orders, {plan.grown_skus:,} SKUs there"
    return [
        loads.orders(stand, "growth.orders", f"orders, {there}"),
        loads.orders(stand, "growth.hot", "orders, one hot SKU, the same", hot=1, percent=100),
        reads.product(stand, "growth.product", "product reads, the same"),
        reads.order(stand, "growth.order", "order reads, the same"),
    ]


def _turn(
    stand: Stand, wanted: list[Load], turn: int, runs: dict[str, list[Run]], seen: dict[str, Load]
) -> None:
    stand.warm_up(wanted)
    for load in wanted:
        seen[load.key] = load
        runs[load.key] += stand.by_all_crowds(load, turn)


def _grow(rig: Rig, database: str) -> None:
    """Fill a database with a past in which every truth holds."""
    url, orders, skus = rig.server.url(database), rig.plan.grown_orders, rig.plan.grown_skus
    rig.say(f"growth: {skus:,} SKUs")
    ask(url, lambda c: stage.add_goods(c, first=SKUS + 1, last=skus))
    for first in range(1, orders + 1, CHUNK):
        last = min(first + CHUNK - 1, orders)
        rig.say(f"growth: {last:,} of {orders:,} orders")
        ask(url, lambda c: sql.add_orders(c, first=first, last=last, total=orders, skus=skus))  # noqa: B023
        ask(url, lambda c: sql.add_outcomes(c, first=first, last=last))  # noqa: B023
    ask(url, sql.commit_units)
    ask(url, sql.vacuum)

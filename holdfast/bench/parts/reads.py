"""Reads: a product with its stock, the stock of a SKU, an order by its buyer."""

from collections.abc import Sequence

from holdfast.bench.figures import Figure, Run
from holdfast.bench.parts import loads
from holdfast.bench.parts.loads import SECRET, send
from holdfast.bench.rig import SKUS, Load, Rig, Stand
from holdfast.bench.stage import ask, sql
from holdfast.ids import token_for

ORDERS_READ = 10_000
STEP = 7_919  # a prime: neighbours in the file are not neighbours on the shelf


def measure(rig: Rig) -> list[Figure]:
    figures = []
    for processes in rig.plan.processes:
        with rig.fresh_shop(processes) as stand:
            loads.place(stand, rig.plan.connections[0], rig.plan.warm_s)
            figures += stand.in_turns(
                [
                    loads.orders(stand, "reads.orders", "orders, in turns with reads"),
                    product(stand, "reads.product", "product reads"),
                    _read(stand, "reads.stock", "stock reads", _stock()),
                    order(stand, "reads.order", "order reads"),
                ]
            )
    return figures


def product(stand: Stand, key: str, what: str) -> Load:
    """Every product of the shop, one after the other."""
    paths = [f"/api/v1/products/bench-{place * STEP % SKUS + 1}" for place in range(SKUS)]
    return _read(stand, key, what, [("GET", path, "-") for path in paths])


def order(stand: Stand, key: str, what: str) -> Load:
    """The newest orders, as their buyers read them."""
    found = ask(stand.database_url, lambda c: sql.order_ids(c, rows_max=ORDERS_READ))
    lines = [("GET", f"/api/v1/orders/{i}", "-", "X-Holdfast-Token", token_for(SECRET, i)) for i in found]
    return _read(stand, key, what, lines)


def _stock() -> list[tuple[str, ...]]:
    return [("GET", f"/api/v1/stock?sku=B{place * STEP % SKUS + 1:06d}", "-") for place in range(SKUS)]


def _read(stand: Stand, key: str, what: str, lines: Sequence[Sequence[str]]) -> Load:
    def run(connections: int, seconds: int) -> Run:
        return send(stand, lines, connections=connections, seconds=seconds, count=None)

    return Load(key, what, stand.processes, stand.rig.plan.connections, run)

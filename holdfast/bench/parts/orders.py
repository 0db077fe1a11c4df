"""Orders in one call, in turns with the references that write the same rows one order at a time."""

from holdfast.bench.figures import Figure, Run
from holdfast.bench.parts import loads
from holdfast.bench.rig import SKUS, Load, Rig, Stand
from holdfast.bench.stage import ask, sql

COUPON = "EVERYBODY"


def measure(rig: Rig) -> list[Figure]:
    figures = []
    for processes in rig.plan.processes:
        with rig.fresh_shop(processes) as stand:
            ask(stand.database_url, sql.add_coupon)
            wanted = [
                loads.orders(stand, "orders.spread", "orders, 10,000 SKUs"),
                loads.orders(stand, "orders.hot", "orders, one hot SKU", hot=1, percent=100),
                loads.orders(stand, "orders.ten", "orders, 80 % on ten SKUs", hot=10, percent=80),
                loads.orders(stand, "orders.coupon", "orders, all with one coupon", coupon=COUPON),
                loads.orders(stand, "orders.twenty_lines", "orders of 20 lines", lines=20),
            ]
            if processes == rig.plan.processes[0]:
                wanted[1:1] = [
                    _reference(stand, "orders.c", "(c) an order one by one, 10,000 SKUs", SKUS),
                    _reference(stand, "orders.d", "(d) an order one by one, one hot SKU", 1),
                ]
            figures += stand.in_turns(wanted)
    return figures


def _reference(stand: Stand, key: str, what: str, skus: int) -> Load:
    def run(clients: int, seconds: int) -> Run:
        return stand.one_by_one(
            "order.sql", {"skus": skus}, clients=clients, seconds=seconds, count=sql.orders_since
        )

    return Load(key, what, 0, stand.rig.plan.clients, run)

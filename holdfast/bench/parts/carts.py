"""Changes of carts: a line is added, and the answer is the whole cart with live prices and stock."""

import math

from holdfast.bench.figures import Figure
from holdfast.bench.parts import loads
from holdfast.bench.parts.loads import SECRET, Prepared
from holdfast.bench.rig import SKUS, Load, Rig, Stand
from holdfast.bench.stage import ask, sql
from holdfast.ids import token_for

LINES = 4  # that a cart gets, one request each


class Carts:
    """Empty carts, numbered."""

    def __init__(self, stand: Stand) -> None:
        self._stand, self._last = stand, 0

    def to_fill(self, count: int) -> list[tuple[str, ...]]:
        """So many requests: first a line for every cart, then the second for every cart, and so on."""
        first, self._last = self._last + 1, self._last + math.ceil(count / LINES)
        ask(self._stand.database_url, lambda c: sql.add_carts(c, first=first, last=self._last))
        numbers = range(first, self._last + 1)
        return [_add(number, line) for line in range(LINES) for number in numbers]


def measure(rig: Rig) -> list[Figure]:
    figures = []
    for processes in rig.plan.processes:
        with rig.fresh_shop(processes) as stand:
            changed = Prepared(stand, Carts(stand).to_fill, sql.lines_since)
            figures += stand.in_turns(
                [
                    loads.orders(stand, "carts.orders", "orders, in turns with carts"),
                    Load("carts.changed", "cart changes", processes, rig.plan.connections, changed),
                ]
            )
    return figures


def _add(number: int, line: int) -> tuple[str, ...]:
    cart_id = f"crt_{number:026d}"
    sku = f"B{(number * LINES + line) % SKUS + 1:06d}"
    body = f'{{"lines":[{{"sku":"{sku}","quantity":1}}]}}'
    return ("POST", f"/api/v1/carts/{cart_id}/lines", body, "X-Holdfast-Token", token_for(SECRET, cart_id))

"""What is put on the shelves before the replay begins. Pure."""

from collections import Counter
from typing import Literal

from holdfast.replay.journal import Journal, is_tracked

Stocking = Literal["plenty", "scarce"]


def demand(journal: Journal) -> Counter[str]:
    """Units that the orders want of each code that lies on a shelf."""
    wanted: Counter[str] = Counter()
    for order in journal.orders:
        for line in order.lines:
            wanted[line.code] += line.quantity
    return Counter({code: units for code, units in wanted.items() if is_tracked(code)})


def to_stock(journal: Journal, stocking: Stocking) -> dict[str, int]:
    """Units to receive per code, none of them zero.

    `plenty` is what the orders want and the stock-keepers take; `scarce` is half of what the orders
    want, rounded down, so that buyers (and stock-keepers) are refused in earnest.
    """
    stock = demand(journal)
    if stocking == "scarce":
        return {code: units // 2 for code, units in stock.items() if units > 1}
    for adjustment in journal.adjustments:
        stock[adjustment.code] -= adjustment.quantity
    return dict(stock)

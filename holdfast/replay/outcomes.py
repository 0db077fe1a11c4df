"""What became of each thing that happened, in the shop's own figures. Pure."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from holdfast.replay.journal import Adjustment, Order
from holdfast.replay.wire import OrderedLine, ShortLine


class Placed(msgspec.Struct, frozen=True):
    """An order that the shop took, in its own figures; `repeated`: an earlier try had placed it."""

    order: Order
    order_id: str
    total_minor: int
    lines: tuple[OrderedLine, ...]
    asked_to_pay: bool
    repeated: bool

    @property
    def units_by_code(self) -> Counter[str]:
        units: Counter[str] = Counter()
        for line in self.lines:
            units[line.sku] += line.quantity
        return units


class Refused(msgspec.Struct, frozen=True):
    """An order that the shop did not take, in its own words."""

    invoice: str
    code: str
    detail: str
    lines: tuple[ShortLine, ...]


class Adjusted(msgspec.Struct, frozen=True):
    """An adjustment, how many units it took (≥ 0), and the problem's code if the shop refused it."""

    adjustment: Adjustment
    taken: int
    problem: str | None


class Shipped(msgspec.Struct, frozen=True):
    """What came of shipping: the problems' codes by order, of those that stayed, and how long it took."""

    stayed: Mapping[str, str]
    seconds: float


class Brought(msgspec.Struct, frozen=True):
    """A return that was played, its units, and the code of the problem that ended it too early."""

    invoice: str
    order_id: str
    units_by_code: Mapping[str, int]
    problem: str | None = None

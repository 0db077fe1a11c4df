"""What a shop's order file says, once sorted: products, orders, adjustments, and what was turned away.

Pure values. Reading them from a file is `read.py`; what the shop makes of them is `report.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from itertools import chain

import msgspec

CURRENCY = "GBP"

FEES = frozenset(["POST", "DOT", "D", "M", "BANK CHARGES", "AMAZONFEE", "CRUK", "C2", "S", "B", "PADS", "m"])
"""Codes that are no goods (postage, discounts, manual entries, commissions): they have no stock."""

GIFT_VOUCHER_PREFIX = "gift_"


class Reason(StrEnum):
    """Why a row became neither an order line nor an adjustment."""

    BAD_DEBT = "bad_debt"  # an invoice that starts with A: bookkeeping, not a sale
    NO_PRICE = "no_price"  # goods that came or went for nothing: found, sent as a sample, put right
    NEGATIVE_PRICE = "negative_price"
    PART_OF_A_PENNY = "part_of_a_penny"  # 0.001, a stock-keeper's stand-in for "free"
    NO_QUANTITY = "no_quantity"
    FEE_WITHOUT_STOCK = "fee_without_stock"  # an adjustment of something that is never on a shelf
    UNREADABLE = "unreadable"  # a column is missing, or is no number or no moment


class Product(msgspec.Struct, frozen=True):
    """A stock code with its last name and its most frequent price."""

    code: str
    name: str
    price_minor: int
    tracked: bool


class OrderLine(msgspec.Struct, frozen=True, gc=False):
    code: str
    quantity: int
    price_minor: int


class Order(msgspec.Struct, frozen=True):
    """One invoice that is to be placed and paid; `month` is the shop's own, as `2010-12`."""

    invoice: str
    placed_at: datetime
    month: str
    customer: str
    country: str
    lines: tuple[OrderLine, ...]

    @property
    def total_minor(self) -> int:
        return sum(line.quantity * line.price_minor for line in self.lines)


class Adjustment(msgspec.Struct, frozen=True):
    """Units that a stock-keeper took off the shelf: `quantity` is negative, `remark` as written."""

    invoice: str
    row: int
    at: datetime
    code: str
    quantity: int
    remark: str


class Returned(msgspec.Struct, frozen=True, gc=False):
    """A line of an invoice that starts with C: units (above zero) of a code that a customer gave back."""

    invoice: str
    row: int
    at: datetime
    customer: str
    code: str
    quantity: int


class RejectedRow(msgspec.Struct, frozen=True):
    """A row as it stands in the file, by its line number (the header is line 1)."""

    row: int
    fields: tuple[str, ...]


class Rejection(msgspec.Struct, frozen=True):
    reason: Reason
    rows: int
    examples: tuple[RejectedRow, ...]


class Cancellations(msgspec.Struct, frozen=True):
    """Invoices that start with C, as they stand in the file; `value_minor` is at their own prices."""

    invoices: int
    rows: int
    units: int
    value_minor: int


class Journal(msgspec.Struct, frozen=True):
    """Everything a file says. `digest` is the first 8 hex digits of the file's SHA-256."""

    digest: str
    rows: int
    products: tuple[Product, ...]
    orders: tuple[Order, ...]
    adjustments: tuple[Adjustment, ...]
    cancellations: Cancellations
    returned: tuple[Returned, ...]
    rejected: tuple[Rejection, ...]


def is_tracked(code: str) -> bool:
    """Whether a code is goods that lie on a shelf. Codes are case-sensitive: `m` is a fee beside `M`."""
    return code not in FEES and not code.startswith(GIFT_VOUCHER_PREFIX)


def modal_price(times_charged: Mapping[int, int]) -> int:
    """The price charged most often, in pennies; of two charged equally often the lower; 0 of none."""
    return min(times_charged, key=lambda price: (-times_charged[price], price), default=0)


def timeline(journal: Journal) -> list[Order | Adjustment]:
    """Orders and adjustments as the shop lived them, those of one minute by their invoice numbers."""
    return sorted(chain(journal.orders, journal.adjustments), key=_moment)


def _moment(happening: Order | Adjustment) -> tuple[datetime, str]:
    at = happening.placed_at if isinstance(happening, Order) else happening.at
    return at, happening.invoice

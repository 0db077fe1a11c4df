"""The shop's HTTP API as an outsider sees it: the bodies sent, and the parts of answers that are read.

Answers are decoded leniently, because a client reads what it needs.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256

import msgspec
import pycountry

from holdfast.money import Money
from holdfast.replay.journal import CURRENCY, Adjustment, Order, Product

LOCATION = "main"
NO_REMARK = "no remark"


class OrderedLine(msgspec.Struct, frozen=True, gc=False):
    position: int
    sku: str
    quantity: int


class PlacedOrder(msgspec.Struct, frozen=True):
    id: str
    state: str
    total: Money
    lines: tuple[OrderedLine, ...]


class NextAction(msgspec.Struct, frozen=True):
    url: str | None = None


class PaymentState(msgspec.Struct, frozen=True):
    captured: Money
    refunded: Money
    next_action: NextAction | None = None


class OrderAnswer(msgspec.Struct, frozen=True):
    """The answer to placing an order and to reading one."""

    order: PlacedOrder
    payment: PaymentState

    @property
    def is_paid(self) -> bool:
        return self.payment.captured.amount >= self.order.total.amount

    @property
    def pay_at(self) -> str | None:
        """The hosted page that takes the money, once the provider has named one."""
        return self.payment.next_action.url if self.payment.next_action else None


class ListedOrder(msgspec.Struct, frozen=True):
    id: str


class OrderPage(msgspec.Struct, frozen=True):
    data: tuple[ListedOrder, ...]
    next_cursor: str | None = None


class ShortLine(msgspec.Struct, frozen=True):
    """A line that could not be had: what was wanted of a SKU, and what there was at that moment."""

    sku: str = ""
    requested: int = 0
    available: int = 0


class ProblemAnswer(msgspec.Struct, frozen=True):
    """RFC 9457, with the members that the shop adds."""

    code: str = "unknown"
    detail: str = ""
    lines: tuple[ShortLine, ...] = ()


class MoveProblem(msgspec.Struct, frozen=True):
    """Why an order did not move; `state` is where it is."""

    code: str
    state: str = ""


class MoveResult(msgspec.Struct, frozen=True):
    """What became of one of many orders that were to move."""

    order_id: str
    problem: MoveProblem | None = None


class MovesAnswer(msgspec.Struct, frozen=True):
    results: tuple[MoveResult, ...]


class AdjustedLine(msgspec.Struct, frozen=True):
    sku: str
    taken: int


class AdjustAnswer(msgspec.Struct, frozen=True):
    lines: tuple[AdjustedLine, ...]


class StartedReturn(msgspec.Struct, frozen=True):
    """A return, known by the words that came with it."""

    id: str
    comment: str


class RefundRequest(msgspec.Struct, frozen=True):
    """What staff wanted given back, in minor units."""

    amount_minor: int
    state: str


class RefundRequests(msgspec.Struct, frozen=True):
    """All that was wanted of an order."""

    requests: tuple[RefundRequest, ...]


class MatterDetail(msgspec.Struct, frozen=True):
    """The order that a matter is about, if it is about one."""

    order_id: str = ""


class Matter(msgspec.Struct, frozen=True):
    """What a person has to look at."""

    id: str
    kind: str
    detail: MatterDetail


class ListedMatter(msgspec.Struct, frozen=True):
    matter: Matter


class MatterPage(msgspec.Struct, frozen=True):
    data: tuple[ListedMatter, ...]


class ReturnsAnswer(msgspec.Struct, frozen=True):
    """The returns of an order."""

    returns: tuple[StartedReturn, ...]


def return_body(invoice: str, units: Mapping[int, int]) -> bytes:
    """`POST /orders/{id}/returns`: units by the position of their line, and the invoice that says so."""
    lines = [{"position": line, "quantity": count, "reason": "other"} for line, count in units.items()]
    return msgspec.json.encode({"lines": lines, "comment": invoice})


def arrived_body(units: Mapping[int, int]) -> bytes:
    """`POST /admin/returns/{id}/receive`: everything came, in order."""
    lines = [{"position": line, "restocked": count, "location": LOCATION} for line, count in units.items()]
    return msgspec.json.encode({"lines": lines})


def order_body(order: Order) -> bytes:
    """`POST /orders` as staff: the invoice's own moment, prices, customer and country.

    The total is summed here and sent along, so that the shop's arithmetic is checked by a stranger's.
    """
    return msgspec.json.encode(
        {
            "lines": [
                {
                    "sku": line.code,
                    "quantity": line.quantity,
                    "unit_price": Money(line.price_minor, CURRENCY),
                }
                for line in order.lines
            ],
            "shipping_address": {"name": order.customer, "country": country_code(order.country)},
            "shipping_option": "collect",
            "payment_method": "stripe",
            "expected_total": Money(order.total_minor, CURRENCY),
            "placed_at": _rfc3339(order.placed_at),
            "reference": order.invoice,
        }
    )


def ship_body(order_ids: Iterable[str]) -> bytes:
    """`POST /admin/orders/moves`: a parcel of everything, for each."""
    return msgspec.json.encode({"order_ids": list(order_ids), "event": "shipped"})


def import_body(products: Iterable[Product]) -> bytes:
    return msgspec.json.encode(
        {
            "products": [
                {
                    "slug": slug(product.code),
                    "name": product.name,
                    "description": "",
                    "category": None,
                    "variants": [
                        {
                            "sku": product.code,
                            "name": product.name,
                            "price": Money(product.price_minor, CURRENCY),
                            "tracked": product.tracked,
                        }
                    ],
                }
                for product in products
            ]
        }
    )


def receive_body(stock: Iterable[tuple[str, int]]) -> bytes:
    lines = [{"sku": code, "location": LOCATION, "quantity": units} for code, units in stock]
    return msgspec.json.encode({"lines": lines, "reason": "opening stock"})


def adjust_body(adjustment: Adjustment) -> bytes:
    """Clamped: what is not on the shelf cannot be taken from it, and the answer says how much was."""
    line = {"sku": adjustment.code, "location": LOCATION, "quantity": adjustment.quantity}
    reason = adjustment.remark or NO_REMARK
    return msgspec.json.encode({"lines": [line], "reason": reason, "clamp": True})


def slug(code: str) -> str:
    """An address for a code, the same in every file, and no two codes share one.

    `85123A` becomes `item-85123a`; a code with anything but capitals and digits gets a fingerprint
    behind it: `85123a` becomes `item-85123a-2ef2c5bb`.
    """
    words = "-".join(re.findall("[a-z0-9]+", code.lower()))
    if re.fullmatch("[A-Z0-9]+", code):
        return f"item-{words}"
    return "-".join(filter(None, ["item", words, sha256(code.encode()).hexdigest()[:8]]))


@cache
def country_code(country: str) -> str:
    """ISO 3166-1 alpha-2 of a name or code that the standard knows, else the text as given ("EIRE")."""
    try:
        return str(pycountry.countries.lookup(country).alpha_2)
    except LookupError:
        return country


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

"""A small shop in plain Python: what stock, states and sums have to be after each thing that happens."""

from dataclasses import dataclass, field

PRICE = 1_000
COUPON_BP = 5_000
COUPON_USES = 1
COMMISSION_BP = 1_234
UNPAID = ("pending_payment", "payment_failed")


@dataclass
class Order:
    """An order as the shop should know it; ``sent`` are the SKUs that have left.

    ``back`` are units whose return was taken in, ``repaid`` those of them whose money went back with it.
    """

    id: str
    lines: dict[str, int]
    with_coupon: bool = False
    state: str = "pending_payment"
    captured: int = 0
    refunded: int = 0
    sent: set[str] = field(default_factory=set)
    back: dict[str, int] = field(default_factory=dict)
    repaid: dict[str, int] = field(default_factory=dict)

    @property
    def price(self) -> int:
        """What a unit costs this buyer."""
        return PRICE * (10_000 - COUPON_BP) // 10_000 if self.with_coupon else PRICE

    @property
    def total(self) -> int:
        return sum(self.lines.values()) * self.price

    @property
    def left(self) -> int:
        """What can still be given back, in minor units."""
        return self.captured - self.refunded

    def out(self, sku: str) -> int:
        """Units that are with the buyer."""
        return self.lines[sku] - self.back.get(sku, 0) if sku in self.sent else 0

    def earned(self, sku: str) -> int:
        """What whoever sells this is owed of it, in minor units."""
        units = self.lines.get(sku, 0)
        if self.state not in ("paid", "shipped") or not units:
            return 0
        gone = self.repaid.get(sku, 0)
        commission = (units * self.price * COMMISSION_BP * 2 + 10_000) // 20_000
        kept = commission - (2 * commission * gone + units) // (2 * units)
        return (units - gone) * self.price - kept


@dataclass
class Reference:
    """Shelves and orders; whoever asks for what is not there changes nothing."""

    on_hand: dict[str, int]
    orders: list[Order] = field(default_factory=list)
    paid_out: int = 0

    def held(self, sku: str) -> int:
        return self._promised(sku, UNPAID)

    def committed(self, sku: str) -> int:
        return self._promised(sku, ("paid",))

    def available(self, sku: str) -> int:
        return self.on_hand[sku] - self.held(sku) - self.committed(sku)

    def lacks(self, lines: dict[str, int]) -> bool:
        return any(units > self.available(sku) for sku, units in lines.items())

    def uses(self) -> int:
        """How often the coupon counts as used: whoever cancels gives it back."""
        return sum(order.with_coupon for order in self.orders if order.state != "cancelled")

    def shelves(self) -> dict[str, tuple[int, int, int]]:
        """(on hand, held, committed) by SKU."""
        return {sku: (units, self.held(sku), self.committed(sku)) for sku, units in self.on_hand.items()}

    def books(self) -> dict[str, tuple[str, int, int]]:
        """(state, captured, refunded) by order."""
        return {order.id: (order.state, order.captured, order.refunded) for order in self.orders}

    def pay(self, order: Order) -> None:
        order.state, order.captured = "paid", order.total

    def cancel(self, order: Order) -> None:
        """Units lie there again by themselves; what was paid goes back."""
        order.state, order.refunded = "cancelled", order.captured

    def send(self, order: Order, sku: str) -> None:
        """Whoever sells it sends it; with the last part the order is shipped."""
        order.sent.add(sku)
        self.on_hand[sku] -= order.lines[sku]
        order.state = "shipped" if order.sent == order.lines.keys() else order.state

    def open_of(self, sku: str) -> int:
        """What the vendor of this is owed and was not paid out, in minor units."""
        return sum(order.earned(sku) for order in self.orders) - self.paid_out

    def come_back(self, order: Order, sku: str, *, fit: int, broken: int) -> None:
        order.back[sku] = order.back.get(sku, 0) + fit + broken
        self.on_hand[sku] += fit

    def let_time_pass(self) -> None:
        """Whoever has not paid loses what was held for them."""
        for order in self.orders:
            if order.state in UNPAID:
                order.state = "expired"

    def _promised(self, sku: str, states: tuple[str, ...]) -> int:
        here = [order for order in self.orders if order.state in states and sku not in order.sent]
        return sum(order.lines.get(sku, 0) for order in here)

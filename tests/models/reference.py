"""A small shop in plain Python: what stock, states and sums have to be after each thing that happens."""

from dataclasses import dataclass, field

PRICE = 1_000
UNPAID = ("pending_payment", "payment_failed")


@dataclass
class Order:
    """An order as the shop should know it; ``back`` are units whose return was taken in."""

    id: str
    lines: dict[str, int]
    state: str = "pending_payment"
    captured: int = 0
    refunded: int = 0
    back: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.lines.values()) * PRICE

    @property
    def left(self) -> int:
        """What can still be given back, in minor units."""
        return self.captured - self.refunded

    def out(self, sku: str) -> int:
        """Units that are with the buyer."""
        return self.lines[sku] - self.back.get(sku, 0) if self.state == "shipped" else 0


@dataclass
class Reference:
    """Shelves and orders; whoever asks for what is not there changes nothing."""

    on_hand: dict[str, int]
    orders: list[Order] = field(default_factory=list)

    def held(self, sku: str) -> int:
        return self._promised(sku, UNPAID)

    def committed(self, sku: str) -> int:
        return self._promised(sku, ("paid",))

    def available(self, sku: str) -> int:
        return self.on_hand[sku] - self.held(sku) - self.committed(sku)

    def lacks(self, lines: dict[str, int]) -> bool:
        return any(units > self.available(sku) for sku, units in lines.items())

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

    def ship(self, order: Order) -> None:
        order.state = "shipped"
        for sku, units in order.lines.items():
            self.on_hand[sku] -= units

    def come_back(self, order: Order, sku: str, *, fit: int, broken: int) -> None:
        order.back[sku] = order.back.get(sku, 0) + fit + broken
        self.on_hand[sku] += fit

    def let_time_pass(self) -> None:
        """Whoever has not paid loses what was held for them."""
        for order in self.orders:
            if order.state in UNPAID:
                order.state = "expired"

    def _promised(self, sku: str, states: tuple[str, ...]) -> int:
        return sum(order.lines.get(sku, 0) for order in self.orders if order.state in states)

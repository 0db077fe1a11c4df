"""Whatever becomes of a vendor's lines, in whatever order: the ledger says what they are worth now."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from holdfast.money import points_of
from holdfast.vendor.vendor import Entry, VendorLine, missing

STEPS_MAX = 12


def half_up(amount: Fraction) -> int:
    """To the nearest minor unit."""
    return int((amount * 2 + 1) // 2)


class Sold:
    """A line in plain Python, unit by unit: what it costs, and what the shop keeps of it."""

    def __init__(
        self, quantity: int, price: int, off: int, tax: int, rate_bp: int, *, inclusive: bool
    ) -> None:
        self.quantity, self.price, self.off, self.tax, self.inclusive = quantity, price, off, tax, inclusive
        self.paid = quantity * price - off + (0 if inclusive else tax)
        self.commission = half_up(Fraction(self.paid * rate_bp, 10_000))
        self.gone, self.earns = 0, False
        assert self.commission == points_of(self.paid, rate_bp)

    def owed(self) -> int:
        """What is left of it once the units that are gone have taken their shares along."""
        if not self.earns:
            return 0
        part = Fraction(self.gone, self.quantity)
        net = half_up((self.quantity * self.price - self.off) * part)
        back = net + (0 if self.inclusive else half_up(self.tax * part))
        return (self.paid - back) - (self.commission - half_up(self.commission * part))

    def seen(self, position: int, ledger: Sequence[Entry]) -> VendorLine:
        """As the database would tell it, with what was entered so far."""
        told = Counter[str]()
        for entry in ledger:
            told[entry.kind] += entry.amount_minor if entry.position == position else 0
        return VendorLine(
            "ord_1", position, "vnd_1", "GBP", self.earns, self.quantity, self.gone,
            self.quantity * self.price, self.off, self.tax, self.inclusive, self.commission,
            told["sale"] + told["refund"], -told["commission"] - told["commission_back"],
        )  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> Sold:
    quantity, price = draw(st.integers(1, 40)), draw(st.integers(0, 9_999) | st.integers(0, 9_999_999_999))
    off = quantity * price * draw(st.integers(0, 100)) // 100
    tax = (quantity * price - off) * draw(st.integers(0, 50)) // 100
    return Sold(quantity, price, off, tax, draw(st.integers(0, 10_000)), inclusive=draw(st.booleans()))


@given(st.lists(lines(), min_size=1, max_size=4), st.data())
def test_after_any_steps_the_ledger_is_what_the_lines_are_worth_and_the_same_step_twice_adds_nothing(
    order: list[Sold], data: st.DataObject
) -> None:
    ledger: list[Entry] = []
    steps = data.draw(st.lists(st.sampled_from(["paid", "gone", "same", "ended"]), max_size=STEPS_MAX))
    for step in [*steps, "all gone"]:
        for position, line in enumerate(order, 1):
            match step:
                case "paid" | "ended":
                    line.earns = step == "paid"
                case "gone" | "all gone":
                    left = line.quantity - line.gone
                    line.gone += left if step == "all gone" else data.draw(st.integers(0, left))
            before = len(ledger)
            ledger += missing(line.seen(position, ledger))
            mine = [entry for entry in ledger if entry.position == position]
            assert sum(entry.amount_minor for entry in mine) == line.owed()
            assert step != "same" or len(ledger) == before
            assert list(missing(line.seen(position, ledger))) == []
            assert all(
                (entry.amount_minor > 0) == (entry.kind in ("sale", "commission_back")) for entry in mine
            )
    assert sum(entry.amount_minor for entry in ledger) == 0

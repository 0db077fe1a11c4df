"""Books against a shelf on which things happen that nobody writes down: every count brings them together."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.catalog.edit import import_products
from holdfast.catalog.product import NewProduct, NewVariant
from holdfast.db.transaction import Database, transaction
from holdfast.errors.shelf import CountRefused
from holdfast.money import Money
from holdfast.stock.movements import StockLine, move_stock
from holdfast.stock.upkeep.stock_take import Counted, take_stock
from tests.conftest import FULL

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
STEPS, SEEDS = 60, 40 if FULL else 6


class Shelf:
    """What really lies there, beside what the books say; counts wait to be entered, the oldest first."""

    def __init__(self, db: Database) -> None:
        self.db, self.at, self.units = db, START, 0
        self.unseen = 0
        """Units that went or came without anybody writing it down, since the beginning."""
        self.waiting: list[tuple[datetime, int, int]] = []

    async def booked(self) -> int:
        found: int | None = await self.db.pool.fetchval("SELECT on_hand FROM stock WHERE sku = 'MUG'")
        return found or 0

    async def move(self, units: int) -> None:
        """Written down when it happens."""
        self.units += units
        kind = "received" if units > 0 else "adjusted"
        lines = [StockLine("MUG", "main", units)]
        await transaction(
            self.db,
            lambda tx: move_stock(tx, lines=lines, kind=kind, reason="x", actor="test", at=self.at),
        )

    def happen(self, units: int) -> None:
        """Not written down."""
        self.units += units
        self.unseen += units

    async def enter(self) -> None:
        moment, counted, unseen = self.waiting.pop(0)
        lines = [Counted("MUG", "main", counted, moment)]
        entering = transaction(
            self.db, lambda tx: take_stock(tx, lines=lines, reason="x", actor="test", at=self.at)
        )
        seen = self.units - (self.unseen - unseen)
        if seen < 0:  # more has left since than was counted: something turned up that nobody wrote down
            with pytest.raises(CountRefused):
                await entering
        else:
            await entering
            assert await self.booked() == seen


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_whatever_happens_between_counting_and_entering_a_count_finds_just_what_nobody_wrote_down(
    db: Database, seed: int
) -> None:
    mug = NewProduct("mug", "Mug", (NewVariant("MUG", "Mug", Money(500, "GBP")),))
    await transaction(db, lambda tx: import_products(tx, products=[mug], at=START))
    shelf, dice = Shelf(db), random.Random(seed)
    await shelf.move(20)
    for _ in range(STEPS):
        shelf.at += timedelta(minutes=dice.randint(1, 30))
        units = dice.randint(1, 4)
        match dice.choice(("come", "leave", "vanish", "turn up", "count", "enter")):
            case "come":
                await shelf.move(units)
            case "leave" if units <= min(shelf.units, await shelf.booked()):
                await shelf.move(-units)
            case "vanish" if units <= shelf.units:
                shelf.happen(-units)
            case "turn up":
                shelf.happen(units)
            case "count":
                shelf.waiting.append((shelf.at, shelf.units, shelf.unseen))
            case "enter" if shelf.waiting:
                await shelf.enter()
            case _:
                pass
    shelf.at += timedelta(minutes=1)
    shelf.waiting.append((shelf.at, shelf.units, shelf.unseen))
    while shelf.waiting:
        await shelf.enter()
    assert await shelf.booked() == shelf.units

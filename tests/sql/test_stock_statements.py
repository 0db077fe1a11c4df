"""What staff do to stock takes as many statements for one line as for many."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest

from holdfast.catalog.edit import import_products
from holdfast.catalog.product import NewProduct, NewVariant
from holdfast.db.queries import Transaction
from holdfast.db.transaction import Database, transaction
from holdfast.money import Money
from holdfast.stock.locations import Location, add_location
from holdfast.stock.movements import Returned, StockLine, move_stock, restock
from holdfast.stock.upkeep import bulk
from holdfast.stock.upkeep.stock_take import Counted, take_stock
from holdfast.stock.upkeep.terms import set_backorders, set_thresholds
from holdfast.stock.upkeep.transfers import arrive, send

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SKUS = [f"SKU-{number:02}" for number in range(40)]

Deed = Callable[[Transaction, Sequence[str]], Awaitable[object]]


async def transfer(tx: Transaction, skus: Sequence[str]) -> None:
    units = dict.fromkeys(skus, 2)
    sent = await send(
        tx, from_location="main", to_location="shop", units=units, reason="x", actor="test", at=AT
    )
    await arrive(
        tx, transfer_id=sent.transfer.id, leg="received", units=units, reason="x", actor="test", at=AT
    )


def file_of(skus: Sequence[str]) -> bytes:
    lines = "".join(f"{sku},7,{n},{n}\n" for n, sku in enumerate(skus, 1))
    return f"sku,on_hand,backorder_limit,low_stock_at\n{lines}".encode()


DEEDS: dict[str, Deed] = {
    "receive": lambda tx, skus: move_stock(
        tx, lines=[StockLine(sku, "main", 1) for sku in skus], kind="received", reason="x", actor="x", at=AT
    ),
    "count": lambda tx, skus: take_stock(
        tx, lines=[Counted(sku, "main", 4) for sku in skus], reason="x", actor="x", at=AT
    ),
    "transfer": transfer,
    "restock": lambda tx, skus: restock(
        tx,
        returned=[Returned(sku, "main", 1, fit=False) for sku in skus],
        subject="ret_1",
        reason="x",
        actor="x",
        at=AT,
    ),
    "backorders": lambda tx, skus: set_backorders(
        tx, limits={(sku, "main"): 3 for sku in skus}, actor="x", at=AT
    ),
    "thresholds": lambda tx, skus: set_thresholds(tx, low_at=dict.fromkeys(skus, 3)),
    "file": lambda tx, skus: bulk.update(tx, body=file_of(skus), reason="x", actor="x", at=AT),
}


@pytest.mark.parametrize("name", DEEDS)
async def test_many_lines_take_no_more_statements_than_one(db: Database, name: str) -> None:
    variants = tuple(NewVariant(sku, sku, Money(500, "GBP")) for sku in SKUS)
    product = NewProduct("set", "Set", variants)
    await transaction(db, lambda tx: import_products(tx, products=[product], at=AT))
    await transaction(
        db, lambda tx: add_location(tx, location=Location("shop", "Shop", priority=0, open=True))
    )
    lines = [StockLine(sku, "main", 5) for sku in SKUS]
    await transaction(
        db, lambda tx: move_stock(tx, lines=lines, kind="received", reason="x", actor="x", at=AT)
    )

    async def statements(skus: Sequence[str]) -> int:
        seen = []

        async def deed(tx: Transaction) -> None:
            with tx.query_logger(lambda record: seen.append(record.query)):
                await DEEDS[name](tx, skus)

        await transaction(db, deed)
        return len(seen)

    one = await statements(SKUS[:1])
    assert await statements(SKUS[1:]) == one
    assert one <= 20

"""Every statement finds its rows in tables that grow by an index, or by a bounded walk along one."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import msgspec
import pytest

from holdfast.db.queries import Statement
from tests.conftest import Server
from tests.sql.test_queries import every_statement

pytestmark = pytest.mark.anyio

GROWS = {
    "account_letters", "api_keys", "attention", "audit", "audit_seals", "cart_lines", "carts",
    "checkouts", "coupon_buyers", "coupon_uses", "dispute_events", "disputes", "erasures",
    "hold_buyers", "hold_lines", "holds", "idempotency_keys", "invoices",
    "ledger", "letters", "login_failures", "login_places", "movements", "order_cancellations",
    "order_events", "order_lines", "orders", "payment_attempts", "payments", "products",
    "provider_event_bodies_rest", "provider_events", "purchases", "refund_lines", "refund_requests",
    "refunds", "refunds_by_hand", "return_events", "return_lines", "return_photos", "returns", "reviews",
    "saved_addresses", "sessions", "settlement_lines", "shipment_events", "shipment_lines", "shipments",
    "stock", "stock_alerts", "stock_count_lines", "stock_counts", "stock_levels", "stock_transfer_legs",
    "stock_transfer_lines", "stock_transfers", "transfers", "users", "variants",
    "vendor_ledger", "vendor_payout_entries", "vendor_payouts", "wishes",
}  # fmt: skip

WALKS_ALL = {
    "order.owed:skus": "walks the few lines that are owed; on empty tables the plan begins at the other end",
}


@pytest.fixture(scope="module")
async def planner(postgres: Server, template: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A session that may not walk through tables, and plans as for values that it does not know."""
    name = f"prepared_{template}"
    postgres.ensure_database(name, template=template)
    off = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    settings = {**dict.fromkeys(off, "off"), "plan_cache_mode": "force_generic_plan"}
    connection = await asyncpg.connect(postgres.url(name), server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def partial(planner: "asyncpg.Connection[asyncpg.Record]") -> set[str]:
    """Indexes over a few rows only, which may be walked through."""
    rows = await planner.fetch("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")
    return {row[0] for row in rows}


@pytest.fixture(scope="module")
async def first_columns(planner: "asyncpg.Connection[asyncpg.Record]") -> dict[str, str]:
    """What each index is sorted by first; a condition on what comes later walks through all of it."""
    rows = await planner.fetch(
        """SELECT i.indexrelid::regclass::text AS name, a.attname FROM pg_index i
           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"""
    )
    return {row["name"]: row["attname"] for row in rows}


def nodes(plan: dict[str, Any], *, bounded: bool = False) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each node, and whether a LIMIT stands above it."""
    bounded = bounded or plan["Node Type"] == "Limit"
    yield plan, bounded
    for below in plan.get("Plans", ()):
        yield from nodes(below, bounded=bounded)


def of_the_shop() -> list[Any]:
    """All but the bench's, which count and fill whole databases of its own."""
    return [given for given in every_statement() if not given.id.startswith("bench.")]


@pytest.mark.parametrize("statement", of_the_shop())
async def test_no_statement_walks_through_a_table_that_grows(
    request: pytest.FixtureRequest,
    planner: "asyncpg.Connection[asyncpg.Record]",
    partial: set[str],
    first_columns: dict[str, str],
    statement: Statement[Any],
) -> None:
    text = statement.text.rstrip().rstrip(";")
    await planner.execute(f"PREPARE planned AS {text}")
    try:
        given = f"({', '.join(['NULL'] * len(statement.names))})" if statement.names else ""
        found = await planner.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE planned{given}")
    finally:
        await planner.execute("DEALLOCATE planned")
    walks = []
    for node, bounded in nodes(msgspec.json.decode(found)[0]["Plan"]):
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWS:
            walks.append(node["Relation Name"])
        by_index = node["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Index Scan")
        grows = node.get("Relation Name", "") in GROWS or node["Node Type"] == "Bitmap Index Scan"
        if (
            by_index
            and grows
            and first_columns.get(node["Index Name"], "") not in node.get("Index Cond", "-")
            and node["Index Name"] not in partial
            and not bounded
        ):
            walks.append(node["Index Name"])
    if request.node.callspec.id in WALKS_ALL:
        assert walks, "it does not any more: take it out of WALKS_ALL"
    else:
        assert walks == [], "give it an index, a LIMIT along one, or a reason in WALKS_ALL"

"""What the database itself refuses, by trying: every named constraint, append-only history, the shortfall."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from holdfast.db import constraints
from holdfast.db.constraints import as_problem
from holdfast.db.queries import Connection
from holdfast.db.transaction import Database, connect
from holdfast.errors.request import FieldInvalid
from holdfast.errors.running import PromiseKept
from holdfast.fulfilment import shipment
from holdfast.order.order import MOVES
from holdfast.refund import dispute, rma
from tests.conftest import Server
from tests.sql.world import HISTORY, REFUSED, WORLD

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def world(postgres: Server, template: str) -> AsyncIterator[Database]:
    """A database with one row in every table; every test rolls back what it did."""
    name = f"world_{uuid4().hex}"
    postgres.ensure_database(name, template=template)
    database = await connect(postgres.url(name), pool_size=2)
    await database.pool.execute(WORLD)
    yield database
    await database.close()


@pytest.fixture
async def here(world: Database) -> AsyncIterator[Connection]:
    async with world.pool.acquire() as connection:
        rolled_back = connection.transaction()
        await rolled_back.start()
        yield connection
        await rolled_back.rollback()


async def copy(connection: Connection, table: str, changes: dict[str, Any]) -> None:
    """Insert the table's row once more, with changes."""
    columns = await connection.fetchval(
        """SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
           WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''""",
        table,
    )
    await connection.execute(
        f"""INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE
            SELECT {columns} FROM (
                SELECT (jsonb_populate_record(x.r, $1)).* FROM (SELECT r FROM {table} r LIMIT 1) x) c""",  # noqa: S608 - our own names
        changes,
    )


@pytest.mark.parametrize(
    ("table", "constraint", "changes"), REFUSED, ids=[f"{t}:{c}:{i}" for i, (t, c, _) in enumerate(REFUSED)]
)
async def test_the_database_refuses_what_would_break_it(
    here: Connection, table: str, constraint: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await copy(here, table, changes)
    assert (refused.value.table_name, refused.value.constraint_name) == (table, constraint)
    problem = as_problem(refused.value)
    assert isinstance(problem, PromiseKept)
    assert problem.constraint == constraint


async def test_no_constraint_was_left_out_above(here: Connection) -> None:
    """Names that PostgreSQL made up (keys and plain references) are about shape, not about promises."""
    found = await here.fetch(
        """SELECT conrelid::regclass::text AS place, conname AS name FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u', 'p', 'f', 'x')
           UNION
           SELECT indrelid::regclass::text, indexrelid::regclass::text FROM pg_index
           WHERE indisunique AND indrelid::regclass::text NOT LIKE 'pg\\_%'"""
    )
    named = {
        (row["place"], row["name"])
        for row in found
        if not re.search(r"_(pkey|fkey)$", row["name"]) and not row["place"].startswith(("pg", "schema_"))
    }
    # The keys of the tables of moves say the same and are asked first; these are there to be referred to.
    named -= {("order_moves", "move_is_whole"), ("shipment_moves", "shipment_move_is_whole")}
    named -= {("dispute_moves", "dispute_move_is_whole"), ("return_moves", "return_move_is_whole")}
    assert named == {(table, constraint) for table, constraint, _ in REFUSED}


def test_every_sentence_of_the_map_is_about_a_constraint_that_exists() -> None:
    names = {name for _, name, _ in REFUSED}
    names |= {"history_is_append_only", "preorder_ships_on_its_day", "transfer_is_decided_once"}
    names.add("refund_is_decided_once")
    assert set(constraints.REASONS) <= names


async def test_text_that_postgresql_cannot_keep_is_the_callers_field(here: Connection) -> None:
    with pytest.raises(asyncpg.DataError) as refused:
        await here.execute("UPDATE orders SET email = $1", "a\x00@b.c")
    assert isinstance(as_problem(refused.value), FieldInvalid)


@pytest.mark.parametrize("table", HISTORY)
@pytest.mark.parametrize("verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
async def test_history_cannot_be_edited_not_even_by_its_owner(
    here: Connection, table: str, verb: str
) -> None:
    column = await here.fetchval(
        """SELECT quote_ident(attname) FROM pg_attribute
           WHERE attrelid = $1::regclass AND attname IN ('actor', 'at', 'sealed_at')""",
        table,
    )
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await here.execute(verb.format(table, column))
    assert as_problem(refused.value).extensions()["constraint"] == "history_is_append_only"


@pytest.mark.parametrize("parent", ["orders", "payments", "stock", "variants"])
async def test_history_does_not_go_with_what_it_is_about(here: Connection, parent: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await here.execute(f"TRUNCATE {parent} CASCADE")


async def test_a_transfer_is_decided_once_and_otherwise_stays(here: Connection) -> None:
    decided = "UPDATE transfers SET state = 'refused', decided_by = 'usr_1', decided_at = now()"
    for refused in (
        "DELETE FROM transfers",
        "TRUNCATE transfers",
        "UPDATE transfers SET received_minor = 1",
        f"{decided}, at = now()",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with here.transaction():
                await here.execute(refused)
    await here.execute(decided)
    with pytest.raises(asyncpg.RestrictViolationError) as again:
        await here.execute(decided)
    assert as_problem(again.value).extensions()["constraint"] == "transfer_is_decided_once"


@pytest.mark.parametrize("table", ["refund_requests", "refunds_by_hand"])
async def test_what_goes_back_is_decided_once_and_otherwise_stays(here: Connection, table: str) -> None:
    decided = f"UPDATE {table} SET state = 'refused', decided_by = 'usr_1', decided_at = now()"  # noqa: S608 - our own names
    for refused in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE", f"{decided}, at = now()"):  # noqa: S608 - our own names
        with pytest.raises(asyncpg.RestrictViolationError):
            async with here.transaction():
                await here.execute(refused)
    await here.execute(decided)
    with pytest.raises(asyncpg.RestrictViolationError) as again:
        await here.execute(decided)
    assert as_problem(again.value).extensions()["constraint"] == "refund_is_decided_once"


async def test_every_table_of_history_is_guarded_against_every_verb(here: Connection) -> None:
    rows = await here.fetch(
        """SELECT tgrelid::regclass::text AS place, tgtype FROM pg_trigger
           WHERE tgfoid = 'history_is_append_only'::regproc AND tgenabled = 'O'"""
    )
    before, delete, update, truncate = 2, 8, 16, 32
    assert {row["place"]: row["tgtype"] for row in rows} == dict.fromkeys(
        HISTORY, before | delete | update | truncate
    )


async def test_nobody_but_the_owner_was_given_anything(here: Connection) -> None:
    granted = await here.fetch(
        """SELECT table_name, grantee FROM information_schema.role_table_grants
           WHERE table_schema = 'public' AND grantee <> current_user"""
    )
    assert granted == []


@pytest.mark.parametrize(("table", "moves"), [("dispute_moves", dispute.MOVES), ("return_moves", rma.MOVES)])
async def test_the_tables_of_smaller_machines_are_those_in_python(
    here: Connection, table: str, moves: dict[tuple[str, str], str]
) -> None:
    rows = await here.fetch(f"SELECT from_state, event, to_state FROM {table}")  # noqa: S608 - our own names
    assert {(r["from_state"], r["event"]): r["to_state"] for r in rows} == moves
    assert len(rows) == len(moves)


async def test_the_table_of_moves_is_the_one_in_python(here: Connection) -> None:
    rows = await here.fetch("SELECT from_state, event, to_state FROM order_moves")
    assert {(r["from_state"], r["event"]): r["to_state"] for r in rows} == MOVES
    assert len(rows) == len(MOVES)
    rows = await here.fetch("SELECT from_state, event, to_state FROM shipment_moves")
    assert {(r["from_state"], r["event"]): r["to_state"] for r in rows} == shipment.MOVES
    assert len(rows) == len(shipment.MOVES)


async def stock(connection: Connection) -> tuple[int, int, int, int]:
    row = await connection.fetchrow("SELECT on_hand, held, committed, shortfall FROM stock WHERE sku = 'MUG'")
    assert row is not None
    return row["on_hand"], row["held"], row["committed"], row["shortfall"]


async def test_a_count_that_finds_less_keeps_every_promise(here: Connection) -> None:
    await here.execute("UPDATE stock SET on_hand = 1, shortfall = shortfall + 4")
    assert await stock(here) == (1, 2, 1, 2)


async def test_a_shortfall_that_nobody_needs_is_none(here: Connection) -> None:
    await here.execute("UPDATE stock SET shortfall = 100")
    assert await stock(here) == (5, 2, 1, 0)
    await here.execute(
        "INSERT INTO variants VALUES ('JUG', 'prd_1', 'Jug', 1, 'GBP', true);"
        "INSERT INTO stock (sku, location_id, shortfall) VALUES ('JUG', 'main', 9)"
    )
    assert await here.fetchval("SELECT shortfall FROM stock WHERE sku = 'JUG'") == 0


@pytest.mark.parametrize(
    ("write", "left"),
    [
        ("held = held - 1", 1),
        ("committed = committed - 1", 1),
        ("on_hand = on_hand + 1", 1),
        ("on_hand = on_hand + 9", 0),
        ("backorder_limit = 1", 1),
        ("held = held", 2),
    ],
)
async def test_every_write_shrinks_the_shortfall_to_its_cause(
    here: Connection, write: str, left: int
) -> None:
    await here.execute("UPDATE stock SET on_hand = 1, shortfall = 2")
    await here.execute(f"UPDATE stock SET {write}")  # noqa: S608 - our own names
    assert (await stock(here))[3] == left


async def test_a_preorder_is_not_shipped_before_its_day(here: Connection) -> None:
    await here.execute("UPDATE variants SET available_from = '2026-12-01T00:00:00Z'")
    leave = """INSERT INTO movements (sku, location_id, kind, quantity, actor, at)
               VALUES ('MUG', 'main', $1, -1, 'test', $2::text::timestamptz)"""
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        async with here.transaction():
            await here.execute(leave, "shipped", "2026-11-30T23:59:59Z")
    assert as_problem(refused.value).extensions()["constraint"] == "preorder_ships_on_its_day"
    await here.execute(leave, "adjusted", "2026-11-30T23:59:59Z")
    await here.execute(leave, "shipped", "2026-12-01T00:00:00Z")


async def test_a_shortfall_lets_no_new_hold_in(here: Connection) -> None:
    await here.execute("UPDATE stock SET on_hand = 1, shortfall = 2")
    await here.execute("UPDATE stock SET held = held - 1")
    with pytest.raises(asyncpg.CheckViolationError, match="never_oversold"):
        await here.execute("UPDATE stock SET held = held + 1")

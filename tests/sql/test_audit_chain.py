"""Deeds are sealed in one chain, whatever the order of commits; whoever changes an old one is found."""

import asyncio
from datetime import UTC, datetime
from hashlib import sha256

import asyncpg
import pytest

from holdfast import audit
from holdfast.audit import Seal
from holdfast.cli.books.prove import audit_database
from holdfast.db.queries import Connection
from holdfast.db.transaction import Database, transaction

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 20, 12, 0, 0, 123_456, tzinfo=UTC)


async def did(connection: Connection, subject: str) -> None:
    detail = {"lines": 2, "file": "ä.csv", "inner": {"b": [1, None], "a": True}}
    await audit.record(connection, actor="usr_1", action="looked", subject=subject, at=AT, detail=detail)


async def do(database: Database, *subjects: str) -> None:
    for subject in subjects:
        await transaction(database, lambda tx, subject=subject: did(tx, subject))  # type: ignore[misc]


async def seal(database: Database, rows_max: int = 500) -> Seal | None:
    return await transaction(database, lambda tx: audit.seal(tx, at=AT, rows_max=rows_max))


async def walk(database: Database, kept: Seal | None = None) -> audit.Chain:
    async with database.pool.acquire() as connection:
        return await audit.walk(connection, kept=kept)


async def sealed(database: Database) -> list[str]:
    rows = await database.pool.fetch(
        "SELECT subject FROM audit_seals JOIN audit ON id = audit_id ORDER BY position"
    )
    return [row["subject"] for row in rows]


async def tamper(database: Database, *statements: str) -> None:
    """As somebody who may do anything: without triggers, which also check references."""
    async with database.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = 'replica'")
        for statement in statements:
            await connection.execute(statement)


async def mend(database: Database) -> None:
    """Everything as if nothing had ever been done, for the truths behind the test."""
    await tamper(database, "DELETE FROM audit", "DELETE FROM audit_seals", "DELETE FROM audit_unsealed")


async def test_a_deed_waits_until_it_is_sealed_and_the_chain_goes_on_from_its_head(db: Database) -> None:
    await do(db, "a", "b")
    assert await walk(db) == audit.Chain(Seal(0, bytes(32)), unsealed=2, broken=None)
    first = await seal(db)
    assert first is not None
    await do(db, "c")
    second = await seal(db)
    assert second is not None
    assert (first.position, second.position, await seal(db)) == (2, 3, None)
    assert await walk(db) == audit.Chain(second, unsealed=0, broken=None)


async def test_the_form_that_is_sealed_is_one_that_any_other_program_can_make(db: Database) -> None:
    await do(db, "a")
    head = await seal(db)
    form = (
        '[1,"2026-11-20T12:00:00.123456Z","usr_1","looked","a",'
        '{"file":"ä.csv","inner":{"a":true,"b":[1,null]},"lines":2}]'
    )
    assert head == Seal(1, sha256(bytes(32) + form.encode()).digest())


async def test_it_does_not_matter_in_how_many_rounds_deeds_are_sealed(db: Database) -> None:
    await do(db, "a", "b", "c")
    at_once = await seal(db)
    await tamper(db, "DELETE FROM audit_seals", "INSERT INTO audit_unsealed SELECT id FROM audit")
    rounds = [await seal(db, rows_max=1) for _ in range(4)]
    assert rounds[2:] == [at_once, None]


async def test_a_deed_that_took_its_id_early_and_commits_late_is_sealed_behind_the_others(
    db: Database,
) -> None:
    async with db.pool.acquire() as slow:
        late = slow.transaction()
        await late.start()
        await did(slow, "late")
        await do(db, "early")
        ids = await db.pool.fetchval("SELECT min(id) FROM audit")
        await seal(db)
        assert await sealed(db) == ["early"]
        await late.commit()
    assert await db.pool.fetchval("SELECT min(id) FROM audit") < ids
    await do(db, "later still")
    await seal(db)
    assert await sealed(db) == ["early", "late", "later still"]
    assert (await walk(db)).broken is None


async def test_a_deed_that_was_rolled_back_leaves_no_gap_in_the_chain(db: Database) -> None:
    async with db.pool.acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        await did(connection, "never")
        await undone.rollback()
    await do(db, "a")
    head = await seal(db)
    assert head is not None
    assert (head.position, (await walk(db)).broken) == (1, None)


async def test_of_two_workers_at_once_one_seals_and_the_chain_is_one(db: Database) -> None:
    await do(db, *"abcdef")
    async with db.pool.acquire() as connection:
        first = connection.transaction()
        await first.start()
        head = await audit.seal(connection, at=AT, rows_max=4)
        assert await seal(db) is None
        await first.commit()
    assert head is not None
    assert head.position == 4
    await asyncio.gather(*(seal(db) for _ in range(5)))
    assert (await walk(db)).head.position == 6
    assert await sealed(db) == list("abcdef")


async def test_a_second_chain_is_refused_even_without_the_lock(db: Database) -> None:
    await do(db, "a", "b")
    await seal(db)
    for position in (1, 3):
        with pytest.raises(asyncpg.UniqueViolationError):
            await db.pool.execute(
                "INSERT INTO audit_seals SELECT $1, audit_id, hash, now() FROM audit_seals LIMIT 1", position
            )
    assert (await walk(db)).head.position == 2


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        (
            "UPDATE audit SET actor = 'usr_2' WHERE subject = 'b'",
            "deed 2 (seal 2) was changed, or its seal was",
        ),
        (
            "UPDATE audit SET at = at + interval '1 microsecond' WHERE subject = 'b'",
            "deed 2 (seal 2) was changed",
        ),
        (
            "UPDATE audit SET detail = detail || '{\"lines\": 3}' WHERE subject = 'b'",
            "deed 2 (seal 2) was changed",
        ),
        ("UPDATE audit_seals SET hash = sha256('x') WHERE position = 2", "deed 2 (seal 2) was changed"),
        ("DELETE FROM audit WHERE subject = 'b'", "deed 2 (seal 2) was removed"),
        ("DELETE FROM audit_seals WHERE position = 2", "seal 2 was removed"),
        (
            """DELETE FROM audit WHERE subject = 'b'; DELETE FROM audit_seals WHERE position = 2;
               UPDATE audit_seals SET position = position - 1 WHERE position > 2""",
            "deed 3 (seal 2) was changed",
        ),
    ],
)
async def test_the_first_deed_that_was_changed_or_removed_is_named(
    db: Database, deed: str, found: str
) -> None:
    await do(db, "a", "b", "c")
    await seal(db)
    await tamper(db, deed)
    broken = (await walk(db)).broken
    assert broken is not None
    assert broken.startswith(found)
    shown = await audit_database(db)
    assert (shown[-1].name, shown[-1].rows) == ("the_audit_is_a_chain", [{"broken": broken}])
    await mend(db)


@pytest.mark.parametrize("table", ["audit", "audit_seals"])
async def test_nothing_is_changed_before_somebody_takes_the_guard_away(db: Database, table: str) -> None:
    await do(db, "a")
    await seal(db)
    for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):  # noqa: S608 - our own names
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.pool.execute(statement)
    assert (await walk(db)).broken is None


async def test_a_deed_that_was_removed_before_it_was_sealed_is_missed(db: Database) -> None:
    await do(db, "a", "b")
    await tamper(db, "DELETE FROM audit WHERE subject = 'a'")
    broken = await audit_database(db)
    assert [(truth.name, [row["waits"] for row in truth.rows]) for truth in broken] == [
        ("deeds_are_sealed_or_wait_for_it", [1])
    ]
    await mend(db)


async def test_a_chain_without_its_end_is_found_by_a_seal_that_was_kept(db: Database) -> None:
    await do(db, "a", "b")
    kept = await seal(db)
    await do(db, "c")
    await seal(db)
    assert (await walk(db, kept)).broken is None
    await tamper(
        db,
        "DELETE FROM audit WHERE subject = 'b'",
        "DELETE FROM audit_seals WHERE position >= 2",
        "INSERT INTO audit_unsealed SELECT id FROM audit WHERE subject = 'c'",
    )
    await seal(db)
    assert (await walk(db)).broken is None  # whoever wrote it anew was careful
    assert (await walk(db, kept)).broken == "seal 2 is not the one that was kept: history was written anew"
    await mend(db)

"""Sealing anew what older keys have sealed: in batches, as often as one likes, from wherever it stopped."""

import base64

import pytest

from holdfast.cli.books.rotate import SEALED, rotate
from holdfast.db.queries import ALL, Do, Many
from holdfast.db.transaction import Database
from holdfast.limits import SWEEP_ROWS_MAX
from holdfast.sealed import SealedColumn, SealedRow, count_stale, seal_anew
from holdfast.vault import UnsealFailed, Vault, key_id

pytestmark = pytest.mark.anyio

OLD, NEW, GONE = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))

# As the owner of such a column writes them into its twin.
COLUMN = SealedColumn(
    "things.secret",
    Many(
        "stale",
        """SELECT id, secret AS sealed FROM things
           WHERE id > :after AND substring(secret FROM 2 FOR 4) <> :newest ORDER BY id LIMIT :rows_max""",
        SealedRow,
    ),
    Do(
        "replace",
        """UPDATE things t SET secret = n.sealed
           FROM unnest(:ids::text[], :old::bytea[], :sealed::bytea[]) AS n (id, old, sealed)
           WHERE t.id = n.id AND t.secret = n.old""",
        int,
    ),
)


async def things(db: Database, key: str, count: int, *, first: int = 0) -> None:
    vault = Vault([key])
    await db.pool.execute("CREATE TABLE IF NOT EXISTS things (id text PRIMARY KEY, secret bytea)")
    await db.pool.executemany(
        "INSERT INTO things VALUES ($1, $2)",
        [(f"{number:06}", vault.seal(f"secret {number}")) for number in range(first, first + count)],
    )


async def opened(db: Database, vault: Vault) -> dict[str, str]:
    rows = await db.pool.fetch("SELECT id, secret FROM things WHERE secret IS NOT NULL ORDER BY id")
    return {row["id"]: vault.unseal(row["secret"]) for row in rows}


async def test_everything_is_sealed_anew_and_a_second_time_changes_nothing(db: Database) -> None:
    count = 2 * SWEEP_ROWS_MAX + 3
    await things(db, OLD, count)
    await db.pool.execute("INSERT INTO things VALUES ('none', NULL)")
    before = await opened(db, Vault([OLD]))
    assert await rotate(db, (COLUMN,), Vault([NEW, OLD])) == {"things.secret": count}
    assert await opened(db, Vault([NEW])) == before
    kept = await db.pool.fetch("SELECT * FROM things ORDER BY id")
    assert await rotate(db, (COLUMN,), Vault([NEW, OLD])) == {"things.secret": 0}
    assert await db.pool.fetch("SELECT * FROM things ORDER BY id") == kept
    deeds = await db.pool.fetch("SELECT subject, detail FROM audit WHERE action = 'rotate_secrets'")
    assert [tuple(row) for row in deeds] == [("things.secret", {"values": count, "key": key_id(NEW).hex()})]


async def test_a_run_that_stopped_at_a_lost_key_goes_on_once_it_is_back(db: Database) -> None:
    await things(db, OLD, SWEEP_ROWS_MAX)
    await things(db, GONE, 2, first=SWEEP_ROWS_MAX)
    with pytest.raises(UnsealFailed, match=f"things.secret: the key {key_id(GONE).hex()}"):
        await seal_anew(db, COLUMN, Vault([NEW, OLD]))
    async with db.pool.acquire() as connection:
        assert await count_stale(connection, COLUMN, Vault([NEW, OLD])) == {key_id(GONE).hex(): 2}
    assert await seal_anew(db, COLUMN, Vault([NEW, OLD, GONE])) == 2
    assert len(await opened(db, Vault([NEW]))) == SWEEP_ROWS_MAX + 2


async def test_a_value_that_somebody_changes_meanwhile_is_not_overwritten(db: Database) -> None:
    await things(db, OLD, 1)
    (row,) = await db.pool.fetch("SELECT id, secret FROM things")
    await db.pool.execute("UPDATE things SET secret = $1", Vault([OLD]).seal("changed"))
    async with db.pool.acquire() as connection:
        late = [Vault([NEW]).seal("secret 0")]
        assert await COLUMN.replace(connection, ids=[row["id"]], old=[row["secret"]], sealed=late) == 0
    assert await seal_anew(db, COLUMN, Vault([NEW, OLD])) == 1
    assert await opened(db, Vault([NEW])) == {"000000": "changed"}


async def test_doctors_count_tells_which_keys_are_still_needed(db: Database) -> None:
    await things(db, OLD, 3)
    await things(db, NEW, 2, first=3)
    await things(db, GONE, 1, first=5)
    async with db.pool.acquire() as connection:
        found = await count_stale(connection, COLUMN, Vault([NEW]))
    assert found == {key_id(OLD).hex(): 3, key_id(GONE).hex(): 1}


def test_every_column_that_is_sealed_is_listed_once_and_stands_in_a_twin() -> None:
    names = [column.name for column in SEALED]
    assert len(names) == len(set(names))
    in_twins = {id(statement) for twin in ALL for statement in twin.statements.values()}
    for column in SEALED:
        assert {id(column.stale), id(column.replace)} <= in_twins, column.name

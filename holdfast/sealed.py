"""Columns whose values are sealed (``vault.py``), and sealing them anew under the newest key.

Who owns such a column has two statements in its twin, one that finds what an older key sealed and one
that replaces it, and makes a ``SealedColumn`` of them; ``cli/books/rotate.py`` lists all.
"""

from collections import Counter

import msgspec

from holdfast.db.queries import Connection, Do, Many
from holdfast.db.transaction import Database, read, transaction
from holdfast.limits import SWEEP_ROWS_MAX
from holdfast.vault import UnsealFailed, Vault, key_id_of


class SealedRow(msgspec.Struct, frozen=True):
    """One value and the row that it stands in."""

    id: str
    sealed: bytes


class SealedColumn(msgspec.Struct, frozen=True):
    """A column of sealed values.

    ``stale``: rows behind the id ``:after``, in the order of ids, at most ``:rows_max``, that are not sealed
    with the key ``:newest`` (``substring(column FROM 2 FOR 4) <> :newest``).
    ``replace``: for the parallel arrays ``:ids``, ``:old`` and ``:sealed``, put the new value where the old
    one still stands, so that a change that came between is not lost.
    """

    name: str
    stale: Many[SealedRow]
    replace: Do


async def seal_anew(database: Database, column: SealedColumn, vault: Vault) -> int:
    """Seal with the newest key whatever is not; answers how many values were.

    Every batch is a transaction of its own: stopped in the middle, the next run does the rest.
    Raises UnsealFailed for a value whose key is not there any more.
    """
    done, after = 0, ""
    while batch := await _next_batch(database, column, vault, after):
        after, replaced = batch
        done += replaced
    return done


async def count_stale(connection: Connection, column: SealedColumn, vault: Vault) -> dict[str, int]:
    """How many values each older key has sealed, by the key's id."""
    found: Counter[str] = Counter()
    after = ""
    while rows := await column.stale(connection, newest=vault.newest, after=after, rows_max=SWEEP_ROWS_MAX):
        found.update(key_id_of(row.sealed).hex() for row in rows)
        after = rows[-1].id
    return dict(found)


async def _next_batch(
    database: Database, column: SealedColumn, vault: Vault, after: str
) -> tuple[str, int] | None:
    """The last id of a batch and how many of it were replaced; None behind the last batch."""
    rows = await read(
        database,
        lambda c: column.stale(c, newest=vault.newest, after=after, rows_max=SWEEP_ROWS_MAX),
    )
    if not rows:
        return None
    try:
        sealed = [vault.seal(vault.unseal(row.sealed)) for row in rows]
    except UnsealFailed as error:
        raise UnsealFailed(f"{column.name}: {error}") from error
    ids, old = [row.id for row in rows], [row.sealed for row in rows]
    replaced = await transaction(database, lambda tx: column.replace(tx, ids=ids, old=old, sealed=sealed))
    return rows[-1].id, replaced

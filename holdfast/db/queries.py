"""Twin files: the SQL beside a module, called by name, typed at the border.

A module declares what it expects of its twin::

    class sql(Queries):
        shelves: Many[Shelf]

and ``holds.sql`` beside ``holds.py`` holds a ``-- name: shelves`` statement with ``:named``
parameters. Importing fails when the two sets of names differ; tests/sql prepares every
statement on the migrated schema and compares its columns with the struct.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

T = TypeVar("T")
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Transaction: TypeAlias = Connection
"""A connection inside a transaction: the first argument of every use case."""

_TOKEN = re.compile(
    r"""(?P<skip>'(?:[^']|'')*' | "[^"]*" | --[^\n]* | /\*.*?\*/ | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ | ::)
      | :(?P<name>[a-z_][a-z0-9_]*)""",
    re.VERBOSE | re.DOTALL,
)
_HEADING = re.compile(r"^-- name: (\w+)$", re.MULTILINE)

ALL: list[type["Queries"]] = []
"""Every twin that was imported, for the tests."""


def numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """Turn ``:named`` parameters into ``$1, $2 …``; the names in that order."""
    names: list[str] = []

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _TOKEN.sub(replace, text), tuple(names)


def statements(text: str) -> Iterator[tuple[str, str]]:
    """The (name, SQL) pairs of a twin file."""
    parts = _HEADING.split(text)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        yield name, body.strip()


class Statement(Generic[T]):
    """One named statement; its kinds differ only in what they answer."""

    def __init__(self, name: str, text: str, row: Any) -> None:
        self.name, self.row = name, row
        self.text, self.names = numbered(text)

    def arguments(self, given: dict[str, Any]) -> list[Any]:
        assert given.keys() == set(self.names), f"{self.name} takes {self.names}, not {tuple(given)}"
        return [given[name] for name in self.names]

    def read(self, record: asyncpg.Record) -> T:
        if isinstance(self.row, type) and issubclass(self.row, msgspec.Struct):
            return self.row(*record)  # type: ignore[return-value]  # the struct is T; tests compare its fields
        return record[0]  # type: ignore[no-any-return]


class Many(Statement[T]):
    """Answers a list of rows."""

    async def __call__(self, tx: Connection, **given: Any) -> list[T]:
        return [self.read(r) for r in await tx.fetch(self.text, *self.arguments(given))]


class Maybe(Statement[T]):
    """Answers one row or None."""

    async def __call__(self, tx: Connection, **given: Any) -> T | None:
        record = await tx.fetchrow(self.text, *self.arguments(given))
        return None if record is None else self.read(record)


class One(Statement[T]):
    """Answers exactly one row; none is a bug."""

    async def __call__(self, tx: Connection, **given: Any) -> T:
        record = await tx.fetchrow(self.text, *self.arguments(given))
        assert record is not None, f"{self.name} must answer a row"
        return self.read(record)


class Do(Statement[int]):
    """Answers how many rows were written."""

    async def __call__(self, tx: Connection, **given: Any) -> int:
        tag = await tx.execute(self.text, *self.arguments(given))
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0


class Queries:
    """What a module expects of the ``.sql`` file beside it; see the module's docstring."""

    statements: ClassVar[dict[str, Statement[Any]]]

    def __init_subclass__(cls) -> None:
        path = Path(inspect.getfile(cls)).with_suffix(".sql")
        hints = get_type_hints(cls)
        hints.pop("statements")
        pairs = list(statements(path.read_text("utf-8")))
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ImportError(f"{path.name} has a name twice: {[name for name, _ in pairs]}")
        if found.keys() != hints.keys():
            raise ImportError(f"{path.name} and its module differ: {sorted(found.keys() ^ hints.keys())}")
        cls.statements = {}
        for name, hint in hints.items():
            kind, row = get_origin(hint) or hint, (get_args(hint) or (int,))[0]
            cls.statements[name] = kind(name, found[name], row)
            setattr(cls, name, cls.statements[name])
        ALL.append(cls)

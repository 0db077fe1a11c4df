"""The twin-file loader: what a module declares and what its .sql file holds must be the same."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

from holdfast.db import queries
from holdfast.db.queries import Do, Many, Maybe, One, numbered
from holdfast.db.transaction import Database

pytestmark = pytest.mark.anyio

HEAD = """\
import msgspec
from holdfast.db.queries import Do, Many, Maybe, One, Queries

class Pair(msgspec.Struct, frozen=True):
    left: int
    right: str

class sql(Queries):
"""
Load = Callable[[str, str], ModuleType]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Import a module that declares these queries, with this twin beside it."""
    known = list(queries.ALL)
    names = []

    def load(declared: str, twin: str) -> ModuleType:
        name = f"twin_{uuid4().hex}"
        names.append(name)
        file = tmp_path / f"{name}.py"
        file.write_text(HEAD + "".join(f"    {line.strip()}\n" for line in declared.splitlines()))
        file.with_suffix(".sql").write_text(twin)
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield load
    queries.ALL[:] = known
    for name in names:
        sys.modules.pop(name, None)


def test_a_statement_that_nobody_declared_stops_the_import(load: Load) -> None:
    with pytest.raises(ImportError, match=r"differ: \['two'\]"):
        load("one: Do", "-- name: one\nSELECT 1\n-- name: two\nSELECT 2\n")


def test_a_declaration_without_a_statement_stops_the_import(load: Load) -> None:
    with pytest.raises(ImportError, match=r"differ: \['two'\]"):
        load("one: Do\ntwo: Do", "-- name: one\nSELECT 1\n")


def test_a_name_that_stands_twice_stops_the_import(load: Load) -> None:
    with pytest.raises(ImportError, match="twice"):
        load("one: Do", "-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n")


def test_a_module_without_its_twin_cannot_be_imported(load: Load, tmp_path: Path) -> None:
    module = load("one: Do", "-- name: one\nSELECT 1\n")
    lonely = tmp_path / "lonely.py"
    lonely.write_text(Path(str(module.__file__)).read_text())
    spec = importlib.util.spec_from_file_location("lonely", lonely)
    assert spec is not None
    assert spec.loader is not None
    sys.modules["lonely"] = importlib.util.module_from_spec(spec)
    try:
        with pytest.raises(FileNotFoundError):
            spec.loader.exec_module(sys.modules["lonely"])
    finally:
        del sys.modules["lonely"]


async def test_each_kind_answers_in_its_way(load: Load, db: Database) -> None:
    sql = load(
        "pairs: Many[Pair]\nnames: Many[str]\nfirst: Maybe[Pair]\ncount: One[int]\nforget: Do",
        """
-- name: pairs
SELECT n::int AS left, :word || n AS right FROM generate_series(1, :last::int) n ORDER BY n
-- name: names
SELECT 'a' UNION ALL SELECT 'b'
-- name: first
SELECT 1 AS left, 'x' AS right WHERE :wanted
-- name: count
SELECT 7
-- name: forget
DELETE FROM order_moves WHERE event = ANY(:events::text[])
""",
    ).sql
    assert [type(s) for s in sql.statements.values()] == [Many, Many, Maybe, One, Do]
    async with db.pool.acquire() as connection:
        pairs = await sql.pairs(connection, last=2, word="n")
        assert [(p.left, p.right) for p in pairs] == [(1, "n1"), (2, "n2")]
        assert await sql.names(connection) == ["a", "b"]
        assert (await sql.first(connection, wanted=True)).right == "x"
        assert await sql.first(connection, wanted=False) is None
        assert await sql.count(connection) == 7
        assert await sql.forget(connection, events=["in_transit"]) == 1


async def test_a_parameter_that_is_missing_or_unknown_is_a_bug(load: Load, db: Database) -> None:
    sql = load("double: One[int]", "-- name: double\nSELECT :n::int * 2\n").sql
    async with db.pool.acquire() as connection:
        assert await sql.double(connection, n=4) == 8
        with pytest.raises(AssertionError):
            await sql.double(connection)
        with pytest.raises(AssertionError):
            await sql.double(connection, n=4, m=5)


async def test_one_row_that_is_not_there_is_a_bug(load: Load, db: Database) -> None:
    sql = load("nothing: One[int]", "-- name: nothing\nSELECT 1 WHERE false\n").sql
    async with db.pool.acquire() as connection:
        with pytest.raises(AssertionError, match="nothing must answer a row"):
            await sql.nothing(connection)


def test_a_name_used_twice_is_one_parameter() -> None:
    assert numbered("WHERE a = :at OR b = :at::date OR c = :id") == (
        "WHERE a = $1 OR b = $1::date OR c = $2",
        ("at", "id"),
    )


def test_a_heading_may_not_hide_in_a_comment_of_its_own_line(load: Load) -> None:
    """Only a line that is a heading and nothing else begins a statement."""
    sql = load("one: Do", "-- name: one\nSELECT 1 -- name: two\n").sql
    assert sql.one.text == "SELECT 1 -- name: two"

"""Whose rows a statement finds and changes: theirs of whom it is told, whatever else there is in the shop."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from string import Template
from typing import Any
from uuid import uuid4

import pytest

from holdfast.db.queries import Connection, Do, Statement
from holdfast.db.transaction import connect
from tests.conftest import Server
from tests.sql.customers import IDS, NOW, QUIET, SHOP, THINGS, of, value_of
from tests.sql.test_queries import every_statement

pytestmark = pytest.mark.anyio

ANY: dict[str, Any] = {
    "bool": True, "bytea": "x", "date": date(2026, 11, 20), "int2": 1, "int4": 1, "int8": 1,
    "interval": timedelta(1), "jsonb": {}, "text": "x", "timestamptz": NOW, "varchar": "x",
}  # fmt: skip

# Parameters with such a name are somebody's, or stand here.
OF_SOMEBODY = re.compile(r"(^|_)ids?$|_hash$|email|customer|owner|buyer|user|principal")
OF_NOBODY = {
    "after_id", "audit_ids", "before_id", "first_id", "last_id", "location_id", "location_ids",
    "password_hash", "product_id", "product_ids",
    "uses_per_buyer_max",
}  # fmt: skip

# An INSERT that reads no table (but what it has just written) shows and changes nothing that is there.
_ONLY_ADDS = re.compile(r"(?!.*\b(UPDATE|DELETE)\b)(?!.*\bFROM (?!unnest|born)).*\bINSERT\b", re.DOTALL)
_LOOK = "SELECT t::text AS row FROM {} t WHERE t::text LIKE '%bob%'"


def named(given: Any) -> str:
    """All that a statement is told of people and their things."""
    (statement,) = given.values
    values = [value_of(given.id, name, None) for name in statement.names]
    return " ".join(value for value in values if isinstance(value, str)).replace("${who}", "$who")


def of_customers() -> list[Any]:
    found = [given for given in every_statement() if not given.id.startswith("bench.")]
    told = [given for given in found if "$me" in named(given) or "$who" in named(given)]
    return [x for x in told if not _ONLY_ADDS.match(re.sub(r"--[^\n]*", "", x.values[0].text))]


def of_people() -> list[Any]:
    """Those of them that are told who asks and for what, and bring forth nothing new."""
    told = [given for given in of_customers() if "$who" in named(given)]
    both = [given for given in told if "usr_$me" in named(given) or "vnd_$me" in named(given)]
    return [given for given in both if "INSERT" not in given.values[0].text]


class Shop:
    """A database with these customers; whatever a statement does there is undone."""

    def __init__(self, connection: Connection, look: str) -> None:
        self._connection, self._look = connection, look

    async def ask(self, query: str, statement: Statement[Any], *, who: str) -> tuple[Any, bool]:
        """What a statement answers to Ada about the things of ``who``, and whether rows of Bob's changed."""
        kinds = (await self._connection.prepare(statement.text)).get_parameters()
        arguments = [_argument(query, *told, who) for told in zip(statement.names, kinds, strict=True)]
        undone = self._connection.transaction()
        await undone.start()
        try:
            before = await self._connection.fetchval(self._look)
            if isinstance(statement, Do):
                answer: Any = await self._connection.execute(statement.text, *arguments)
            else:
                answer = [tuple(row) for row in await self._connection.fetch(statement.text, *arguments)]
            return answer, await self._connection.fetchval(self._look) != before
        finally:
            await undone.rollback()


def _argument(query: str, name: str, kind: Any, who: str) -> Any:
    of_type = kind.name.removesuffix("[]")
    value = value_of(query, name, ANY[of_type])
    if isinstance(value, str):
        value = Template(value).safe_substitute(me="ada", who=who)
        value = value.encode() if of_type == "bytea" else value
    return [value] if kind.kind == "array" else value


async def opened(postgres: Server, template: str, customers: dict[str, int]) -> AsyncIterator[Shop]:
    name = f"customers_{uuid4().hex}"
    postgres.ensure_database(name, template=template)
    database = await connect(postgres.url(name), pool_size=1)
    try:
        await database.pool.execute(SHOP + "".join(of(who, number) for who, number in customers.items()))
        tables = await database.pool.fetch(
            "SELECT relname AS name FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        looks = " UNION ALL ".join(_LOOK.format(table["name"]) for table in tables)
        async with database.pool.acquire() as connection:
            yield Shop(connection, f"SELECT md5(string_agg(row, '|' ORDER BY row)) FROM ({looks}) x")  # noqa: S608 - our own
    finally:
        await database.close()


@pytest.fixture(scope="module")
async def alone(postgres: Server, template: str) -> AsyncIterator[Shop]:
    async for shop in opened(postgres, template, {"ada": 3}):
        yield shop


@pytest.fixture(scope="module")
async def both(postgres: Server, template: str) -> AsyncIterator[Shop]:
    async for shop in opened(postgres, template, {"ada": 3, "bob": 7}):
        yield shop


def test_it_is_known_what_every_parameter_names() -> None:
    for given in every_statement():
        (statement,) = given.values
        twin = given.id.partition(":")[0]
        for name in statement.names:
            if given.id.startswith("bench.") or not OF_SOMEBODY.search(name):
                continue
            known = (
                {given.id, twin} & IDS.keys() if name in ("id", "ids") else name in THINGS.keys() | OF_NOBODY
            )
            assert known, f"{given.id}: say what :{name} names, in tests/sql/customers.py"


@pytest.mark.parametrize("statement", of_customers())
async def test_its_answer_does_not_depend_on_what_others_have_and_it_leaves_that_alone(
    request: pytest.FixtureRequest, alone: Shop, both: Shop, statement: Statement[Any]
) -> None:
    query = request.node.callspec.id
    answer, _ = await alone.ask(query, statement, who="ada")
    nothing = answer in ([], [(None,)], [(False,)], [(0,)]) or str(answer).endswith(" 0")
    assert nothing == (query in QUIET), "give it something to find, in tests/sql/customers.py"
    assert await both.ask(query, statement, who="ada") == (answer, False)


@pytest.mark.parametrize("statement", of_people())
async def test_to_who_asks_for_a_foreign_thing_it_is_as_if_there_were_none(
    request: pytest.FixtureRequest, both: Shop, statement: Statement[Any]
) -> None:
    query = request.node.callspec.id
    answer, changed = await both.ask(query, statement, who="bob")
    assert not changed
    assert await both.ask(query, statement, who="nobody") == (answer, False)

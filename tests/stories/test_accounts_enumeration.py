"""Nobody learns who has an account: the same answer, the same statements, the same rows, the same work."""

import re
import time
from contextlib import AsyncExitStack

import httpx
import pytest
from asyncpg.connection import LoggedQuery

from holdfast.db.transaction import Database
from tests.api.answers import rows
from tests.house import Json
from tests.stories.people import ADA, EVE, Town

pytestmark = pytest.mark.anyio

NOBODY = "nobody@example.com"
OF_ACCOUNTS = re.compile(r"\b(users|sessions|account_letters|login_\w+|audit|pgqueuer)\b")


async def listen(database: Database) -> list[str]:
    """Every statement about accounts that the shop sends from now on."""
    heard: list[str] = []

    def hear(said: LoggedQuery) -> None:
        if OF_ACCOUNTS.search(said.query):
            heard.append(said.query)

    async with AsyncExitStack() as stack:
        for _ in range(database.pool.get_max_size()):
            connection = await stack.enter_async_context(database.pool.acquire())
            connection.add_query_logger(hear)
    return heard


def told(answer: httpx.Response) -> tuple[object, ...]:
    """All that an answer says, but for its moment."""
    return answer.status_code, answer.text, sorted(x for x in answer.headers.items() if x[0] != "date")


async def test_whether_there_is_an_account_shows_neither_in_an_answer_nor_in_the_work_for_it(
    town: Town,
) -> None:
    await town.register(ADA)
    await town.shop.database.pool.execute(
        "INSERT INTO users (id, email, role, created_at) VALUES ('usr_x', $1, 'staff', now())", EVE
    )
    await town.post("/account/login", {"email": "first@example.com", "password": "x"})  # counts the place
    heard = await listen(town.shop.database)
    asked: list[tuple[str, Json]] = [
        ("/account/register", {}),
        ("/account/password/forgot", {}),
        ("/account/login", {"password": "not the password"}),
    ]
    for path, more in asked:
        seen, spent_s = [], []
        for address in (ADA, EVE, NOBODY, ADA, EVE, NOBODY):
            before, began = await rows(town.shop), time.process_time()
            heard.clear()
            answer = await town.post(path, {"email": address, **more})
            spent_s.append(time.process_time() - began)
            statements, after = tuple(heard), await rows(town.shop)
            grown = {table: count - before[table] for table, count in after.items() if count != before[table]}
            seen.append((told(answer), statements, grown))
        assert seen[0] == seen[1] == seen[2], path
        assert seen[3] == seen[4] == seen[5], path
        assert seen[0][1], "nothing was heard"
        if path == "/account/login":  # in time of the processor, which does not depend on who else is busy
            least_s = [min(pair) for pair in zip(spent_s[:3], spent_s[3:], strict=True)]
            assert min(least_s) > 0.05, "a password is compared for everybody"
            assert max(least_s) < 2 * min(least_s), least_s

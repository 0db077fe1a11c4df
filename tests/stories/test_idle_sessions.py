"""A log-in that nobody uses ends by itself; that it is used is noted without anybody waiting for it."""

import asyncio
from datetime import timedelta

import pytest

from holdfast import clock
from holdfast.limits import SESSION_TOUCH_MINUTES
from tests.api.answers import refused
from tests.races.gates import closed
from tests.stories.people import ADA, EVE, Town

pytestmark = pytest.mark.anyio


def pass_minutes(minutes: int) -> None:
    clock.stop(clock.now() + timedelta(minutes=minutes))


async def test_a_log_in_that_nobody_uses_ends_and_the_staffs_sooner(town: Town) -> None:
    await town.shop.rules(session_idle_minutes=120, staff_session_idle_minutes=30)
    await town.register(ADA)
    await town.register(EVE)
    await town.shop.database.pool.execute("UPDATE users SET role = 'staff' WHERE email = $1", EVE)
    await town.shop.database.pool.execute("DELETE FROM sessions")
    ada, eve = await town.bearer(ADA), await town.bearer(EVE)
    for _ in range(3):
        pass_minutes(29)
        for headers in (ada, eve):
            shown = await town.shop.call("GET", "/account/sessions", **headers)
            assert [row["session"]["used_at"] for row in shown.json()["data"]] != []
    pass_minutes(31)
    refused(await town.shop.call("GET", "/account", **eve), 401, "unauthenticated")
    assert (await town.shop.call("GET", "/account", **ada)).status_code == 200
    pass_minutes(119)
    assert (await town.shop.call("GET", "/account", **ada)).status_code == 200
    pass_minutes(121)
    refused(await town.shop.call("GET", "/account", **ada), 401, "unauthenticated")
    again = await town.bearer(ADA)
    shown = await town.shop.call("GET", "/account/sessions", **again)
    assert len(shown.json()["data"]) == 1


async def test_who_uses_a_log_in_waits_for_nobody_who_notes_or_ends_it(town: Town) -> None:
    await town.register(ADA)
    await town.shop.database.pool.execute("DELETE FROM sessions")
    ada = await town.bearer(ADA)
    start = clock.now()
    pass_minutes(SESSION_TOUCH_MINUTES + 1)
    async with closed(town.shop.database, "SELECT FROM sessions FOR UPDATE") as gate:
        asked = [town.shop.call("GET", "/account", **ada) for _ in range(4)]
        assert [answer.status_code for answer in await asyncio.gather(*asked)] == [200] * 4
        (row,) = await town.shop.fetch("SELECT used_at FROM sessions")
        assert row["used_at"] <= start
        await gate.open()
    asked = [town.shop.call("GET", "/account", **ada) for _ in range(4)]
    assert [answer.status_code for answer in await asyncio.gather(*asked)] == [200] * 4
    (row,) = await town.shop.fetch("SELECT used_at FROM sessions")
    assert row["used_at"] == clock.now()
    pass_minutes(SESSION_TOUCH_MINUTES + 1)
    async with closed(town.shop.database, "UPDATE sessions SET revoked_at = now()") as gate:
        assert (await town.shop.call("GET", "/account", **ada)).status_code == 200
        await gate.open()
    refused(await town.shop.call("GET", "/account", **ada), 401, "unauthenticated")

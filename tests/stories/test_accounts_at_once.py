"""Resetting a password meets logging in, changing it, and itself; each stopped exactly where it hurts."""

import asyncio

import pytest

from tests.api.answers import refused
from tests.house import Json
from tests.races.gates import closed
from tests.stories.people import ADA, PASSWORD, Town

pytestmark = pytest.mark.anyio

USER_ROW = "SELECT FROM users WHERE email = $1 FOR NO KEY UPDATE"
NEW = "a password of its own, number {}"


async def test_once_a_password_was_reset_no_log_in_by_the_old_one_lives_whoever_came_first(
    town: Town,
) -> None:
    await town.register(ADA)
    current, shop = PASSWORD, town.shop
    meetings = [("log in", "reset"), ("reset", "log in"), ("change", "reset"), ("reset", "change")]
    for number, meeting in enumerate(meetings):
        mine, wanted = await town.bearer(ADA, current), NEW.format(number)
        token = await town.letter_about("/account/password/forgot", ADA)
        deeds: dict[str, tuple[str, Json, dict[str, str]]] = {
            "reset": ("/account/password/reset", {"token": token, "password": wanted}, {}),
            "log in": ("/account/login", {"email": ADA, "password": current, "bearer": True}, {}),
            "change": (
                "/account/password",
                {"current_password": current, "new_password": "a word that loses"},
                mine,
            ),
        }
        async with closed(shop.database, USER_ROW, ADA) as gate:
            tasks = {}
            for waiting, deed in enumerate(meeting, 1):
                path, body, headers = deeds[deed]
                tasks[deed] = asyncio.create_task(shop.call("POST", path, body, **headers))
                await gate.stopped(waiting)
            await gate.open()
            answers = {deed: await task for deed, task in tasks.items()}
        assert answers["reset"].status_code == 200, answers["reset"].text
        first = answers[meeting[0]]
        assert first.status_code < 300, first.text
        if meeting[0] == "reset":
            refused(answers[meeting[1]], 401, "login_refused")
        elif meeting[0] == "log in":
            mine = {"Authorization": f"Bearer {first.json()['token']}"}
        refused(await shop.call("GET", "/account", **mine), 401, "unauthenticated")
        assert await shop.fetch("SELECT FROM sessions WHERE revoked_at IS NULL") == []
        old = await town.post("/account/login", {"email": ADA, "password": current})
        refused(old, 401, "login_refused")
        current = wanted
    await town.bearer(ADA, current)


async def test_of_two_uses_of_one_link_the_second_finds_it_used(town: Town) -> None:
    await town.register(ADA)
    token = await town.letter_about("/account/password/forgot", ADA)
    tasks = []
    async with closed(town.shop.database, USER_ROW, ADA) as gate:
        for number in range(2):
            body = {"token": token, "password": NEW.format(number)}
            tasks.append(asyncio.create_task(town.shop.call("POST", "/account/password/reset", body)))
            await gate.stopped(number + 1)
        await gate.open()
        one, two = await tasks[0], await tasks[1]
    assert one.status_code == 200, one.text
    refused(two, 422, "link_invalid")
    refused(
        await town.post("/account/login", {"email": ADA, "password": NEW.format(1)}), 401, "login_refused"
    )
    await town.bearer(ADA, NEW.format(0))
    assert len(await town.audited("password.reset")) == 1

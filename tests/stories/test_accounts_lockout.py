"""Delays after failed log-ins: they grow, they end, and nobody can use them against somebody else."""

import asyncio
from datetime import timedelta

import pytest

from holdfast import clock
from holdfast.accounts.login.lockout import ACCOUNT, PLACE, delay_s, place_of
from holdfast.errors.people import LoginDelayed, LoginRefused
from holdfast.limits import LOGIN_DELAYS_S, PLACE_DELAYS_S
from tests.api.answers import refused, rows
from tests.stories.people import ADA, EVE, OTHER_PASSWORD, PASSWORD, Town

pytestmark = pytest.mark.anyio

FREE, MOST_S = LOGIN_DELAYS_S.count(0) - 1, 15 * 60


def test_delays_grow_and_have_an_end() -> None:
    for scope, delays in ((ACCOUNT, LOGIN_DELAYS_S), (PLACE, PLACE_DELAYS_S)):
        found = [delay_s(scope, failures) for failures in range(100)]
        assert found == sorted(found)
        assert max(found) == delays[-1] == MOST_S


def test_a_place_is_an_address_or_a_customers_network() -> None:
    assert place_of("203.0.113.9") == place_of("::ffff:203.0.113.9") == "203.0.113.9"
    assert place_of("2001:db8:1:2:3:4:5:6") == place_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert place_of(None) == place_of("a socket") == "unknown"


async def fail(town: Town, place: str, address: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(LoginRefused):
            await town.log_in_at(place, address, "not the password")


@pytest.mark.parametrize("address", [ADA, "nobody@example.com"])
async def test_failures_are_delayed_whether_there_is_an_account_or_not(town: Town, address: str) -> None:
    await town.register(ADA)
    await town.shop.database.pool.execute("DELETE FROM login_places")
    clock.stop(clock.now())
    await fail(town, "203.0.113.1", address, FREE + 1)
    before = await rows(town.shop)
    answer = await town.post("/account/login", {"email": address, "password": "not the password"})
    found = refused(answer, 429, "login_delayed")
    assert (found["seconds"], answer.headers["Retry-After"]) == (LOGIN_DELAYS_S[FREE + 1], "5")
    assert await rows(town.shop) == before
    clock.stop(clock.now() + timedelta(seconds=LOGIN_DELAYS_S[FREE + 1]))
    await fail(town, "203.0.113.2", address, 1)
    with pytest.raises(LoginDelayed) as delayed:
        await town.log_in_at("203.0.113.3", address, PASSWORD)
    assert delayed.value.seconds == LOGIN_DELAYS_S[FREE + 2]


async def test_what_is_refused_meanwhile_prolongs_nothing_and_a_right_password_ends_it(town: Town) -> None:
    await town.register(ADA)
    clock.stop(clock.now())
    await fail(town, "203.0.113.1", ADA, FREE + 1)
    for _ in range(20):
        with pytest.raises(LoginDelayed):
            await town.log_in_at("203.0.113.2", ADA)
    clock.stop(clock.now() + timedelta(seconds=LOGIN_DELAYS_S[FREE + 1]))
    await town.log_in_at("203.0.113.2", ADA)
    await fail(town, "203.0.113.1", ADA, FREE)
    (written,) = await town.audited("login.delayed")
    assert written["detail"] == {"scope": "account", "failures": FREE + 1}


async def test_a_person_where_they_were_before_waits_for_nobody_elses_failures(town: Town) -> None:
    await town.register(ADA)
    await town.log_in_at("198.51.100.7", ADA)
    clock.stop(clock.now())
    await fail(town, "203.0.113.1", ADA, FREE + 1)
    with pytest.raises(LoginDelayed):
        await town.log_in_at("203.0.113.2", ADA)
    await town.log_in_at("198.51.100.7", ADA)


async def test_a_new_password_by_a_link_ends_the_delay(town: Town) -> None:
    await town.register(ADA)
    clock.stop(clock.now())
    await fail(town, "203.0.113.1", ADA, FREE + 1)
    token = await town.letter_about("/account/password/forgot", ADA)
    await town.post("/account/password/reset", {"token": token, "password": OTHER_PASSWORD})
    await town.log_in_at("203.0.113.2", ADA, OTHER_PASSWORD)


async def test_a_thousand_at_once_get_no_further_than_one_after_the_other(town: Town) -> None:
    await town.register(ADA)
    clock.stop(clock.now())
    tries = [town.log_in_at(f"203.0.113.{number}", ADA, "not the password") for number in range(40)]
    found = [type(said) for said in await asyncio.gather(*tries, return_exceptions=True)]
    assert (found.count(LoginRefused), found.count(LoginDelayed)) == (FREE + 1, 39 - FREE)


async def test_a_place_that_tries_many_accounts_is_delayed_and_its_own_log_ins_do_not_help_it(
    town: Town,
) -> None:
    await town.register(EVE)
    clock.stop(clock.now())
    free = PLACE_DELAYS_S.count(0) - 1
    for number in range(free + 1):
        await fail(town, "203.0.113.1", f"user{number}@example.com", 1)
        if number % 5 == 0:
            await town.log_in_at("203.0.113.1", EVE)
    with pytest.raises(LoginDelayed):
        await town.log_in_at("203.0.113.1", EVE)
    await town.log_in_at("203.0.113.2", EVE)


async def test_staff_see_who_has_to_wait_and_let_them_try(town: Town) -> None:
    user_id = (await town.register(ADA))["user_id"]
    clock.stop(clock.now())
    await fail(town, "203.0.113.1", ADA, FREE + 1)
    await fail(town, "203.0.113.1", "nobody@example.com", FREE + 1)
    first, second = (await town.shop.as_staff("GET", "/admin/lockouts"))["data"]
    assert (first["scope"], first["email"], first["user_id"], first["failures"]) == (
        "account", ADA, user_id, FREE + 1,
    )  # fmt: skip
    assert (second["email"], second["user_id"], second["place"]) == (None, None, None)
    await town.shop.as_staff("DELETE", f"/admin/lockouts/{first['id']}")
    await town.log_in_at("203.0.113.2", ADA)
    with pytest.raises(LoginDelayed):
        await town.log_in_at("203.0.113.2", "nobody@example.com")
    assert [row["subject"] for row in await town.audited("lockout.lifted")] == [user_id]
    again = await town.shop.call("DELETE", f"/admin/lockouts/{first['id']}", **town.shop.staff)
    refused(again, 404, "not_found")


async def test_old_failures_do_not_count(town: Town) -> None:
    await town.register(ADA)
    clock.stop(clock.now())
    await fail(town, "203.0.113.1", ADA, FREE)
    clock.stop(clock.now() + timedelta(hours=2))
    await fail(town, "203.0.113.1", ADA, FREE)
    assert (await town.shop.as_staff("GET", "/admin/lockouts"))["data"] == []

"""The second factor: set up, asked for, used once, lost."""

import asyncio
import base64
from datetime import datetime, timedelta

import pyotp
import pytest

from holdfast import clock
from holdfast.accounts.login.totp import matching_step
from holdfast.errors.people import CodeNeeded, LoginRefused
from holdfast.errors.problem import Problem
from holdfast.vault import Vault
from tests.api.answers import refused, rows
from tests.stories.people import ADA, OTHER_PASSWORD, PASSWORD, Town, armed, code

pytestmark = pytest.mark.anyio


def test_a_code_is_good_for_its_step_and_its_neighbours() -> None:
    key, at = pyotp.random_base32(), datetime.fromisoformat("2026-11-20T12:00:10Z")
    step = int(at.timestamp()) // 30
    for apart in (-1, 0, 1):
        assert matching_step(key, code(key, at + timedelta(seconds=30 * apart)), at) == step + apart
    for apart in (-2, 2):
        assert matching_step(key, code(key, at + timedelta(seconds=30 * apart)), at) is None
    for wrong in ("", "x", "123", "é" * 6, "1" * 40):
        assert matching_step(key, wrong, at) is None


async def test_a_code_is_asked_for_once_the_factor_is_on(town: Town) -> None:
    clock.stop(clock.now())
    async with town.browser() as browser:
        key, _ = await armed(town, browser)
        body = {"email": ADA, "password": PASSWORD}
        refused(await town.post("/account/login", body), 401, "code_needed")
        refused(await town.post("/account/login", body | {"code": "000000x"}), 401, "login_refused")
        wrong = body | {"password": "not the password", "code": code(key)}
        refused(await town.post("/account/login", wrong), 401, "login_refused")
        assert (await town.post("/account/login", body | {"code": code(key)})).status_code == 201
        assert (await browser.call("GET", "/account")).json()["account"]["second_factor"] is True
    await town.shop.drain()
    assert town.box.last(ADA)["Subject"] == "The second factor of your account at Holdfast was changed"
    assert len(await town.audited("totp.on")) == 1


async def test_of_two_uses_of_one_code_at_once_one_counts(town: Town) -> None:
    clock.stop(clock.now())
    async with town.browser() as browser:
        key, recovery = await armed(town, browser)
    for used in (code(key), recovery[0]):
        tries = [town.log_in_at("127.0.0.1", ADA, PASSWORD, used) for _ in range(4)]
        found = await asyncio.gather(*tries, return_exceptions=True)
        assert [type(said) for said in found if isinstance(said, Problem)] == [LoginRefused] * 3
        with pytest.raises(LoginRefused):
            await town.log_in_at("127.0.0.1", ADA, PASSWORD, used)


async def test_a_code_of_an_earlier_step_does_not_count_after_a_later_one(town: Town) -> None:
    clock.stop(clock.now())
    async with town.browser() as browser:
        key, _ = await armed(town, browser)
    earlier = code(key)
    await town.log_in_at("127.0.0.1", ADA, PASSWORD, code(key, clock.now() + timedelta(seconds=30)))
    with pytest.raises(LoginRefused):
        await town.log_in_at("127.0.0.1", ADA, PASSWORD, earlier)


async def test_a_recovery_code_stands_for_a_code_however_it_is_typed(town: Town) -> None:
    clock.stop(clock.now())
    async with town.browser() as browser:
        _, recovery = await armed(town, browser)
    assert len(set(recovery)) == 10
    await town.log_in_at("127.0.0.1", ADA, PASSWORD, recovery[3].lower().replace("-", " "))
    kept = await town.shop.fetch("SELECT code_hash, used_at FROM recovery_codes")
    assert sum(row["used_at"] is not None for row in kept) == 1
    assert all(one.replace("-", "").encode() not in row["code_hash"] for row in kept for one in recovery)


async def test_a_key_that_cannot_be_opened_any_more_leaves_the_recovery_codes(town: Town) -> None:
    clock.stop(clock.now())
    async with town.browser() as browser:
        key, recovery = await armed(town, browser)
    town.shop.process.vault = Vault([base64.b64encode(b"k" * 32).decode()])
    with pytest.raises(LoginRefused):
        await town.log_in_at("127.0.0.1", ADA, PASSWORD, code(key))
    await town.log_in_at("127.0.0.1", ADA, PASSWORD, recovery[0])


async def test_a_key_lies_sealed_and_is_in_force_once_it_was_confirmed(town: Town) -> None:
    await town.register(ADA)
    async with town.browser() as browser:
        await browser.log_in(ADA)
        refused(
            await browser.call("POST", "/account/totp", {"password": "not the password"}),
            401,
            "login_refused",
        )
        key = (await browser.call("POST", "/account/totp", {"password": PASSWORD})).json()["key"]
        (row,) = await town.shop.fetch("SELECT sealed_key, confirmed_at FROM totp")
        assert key.encode() not in row["sealed_key"]
        assert row["confirmed_at"] is None
        await town.bearer(ADA)  # nothing is asked for yet
        other = (await browser.call("POST", "/account/totp", {"password": PASSWORD})).json()["key"]
        before = await rows(town.shop)
        refused(await browser.call("POST", "/account/totp/confirm", {"code": code(key)}), 422, "code_invalid")
        assert await rows(town.shop) == before
        assert (await browser.call("POST", "/account/totp/confirm", {"code": code(other)})).status_code == 200
        refused(await browser.call("POST", "/account/totp", {"password": PASSWORD}), 409, "second_factor_on")


async def test_turning_it_off_takes_the_password_and_a_code(town: Town) -> None:
    clock.stop(clock.now())
    async with town.browser() as browser:
        key, recovery = await armed(town, browser)
        path = "/account/totp/disable"
        wrong = {"password": PASSWORD, "code": "000000x"}
        refused(await browser.call("POST", path, wrong), 422, "code_invalid")
        wrong = {"password": "not the password", "code": code(key)}
        refused(await browser.call("POST", path, wrong), 401, "login_refused")
        with pytest.raises(CodeNeeded):
            await town.log_in_at("127.0.0.1", ADA)
        right = {"password": PASSWORD, "code": recovery[0]}
        assert (await browser.call("POST", path, right)).status_code == 200
    await town.log_in_at("127.0.0.1", ADA)
    assert await town.shop.count("recovery_codes") == 0
    assert len(await town.audited("totp.off")) == 1


async def test_a_new_password_by_a_link_does_not_go_around_the_factor(town: Town) -> None:
    clock.stop(clock.now())
    async with town.browser() as browser:
        key, _ = await armed(town, browser)
    token = await town.letter_about("/account/password/forgot", ADA)
    await town.post("/account/password/reset", {"token": token, "password": OTHER_PASSWORD})
    with pytest.raises(CodeNeeded):
        await town.log_in_at("127.0.0.1", ADA, OTHER_PASSWORD)
    await town.log_in_at("127.0.0.1", ADA, OTHER_PASSWORD, code(key))

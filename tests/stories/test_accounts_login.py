"""Registering, logging in and out: what one gets, and what nobody learns."""

import statistics
import time
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from holdfast import clock
from holdfast.limits import PASSWORD_CHARS_MAX
from tests.api.answers import refused, rows
from tests.stories.people import ADA, EVE, OTHER_PASSWORD, PASSWORD, Town, plain

pytestmark = pytest.mark.anyio


async def test_who_reads_the_letter_chooses_the_password_and_is_logged_in(town: Town) -> None:
    async with town.browser() as browser:
        token = await town.letter_about("/account/register", ADA)
        body = {"token": token, "password": PASSWORD}
        entered = (await browser.call("POST", "/account/register/confirm", body)).json()
        assert (entered["email"], entered["role"], entered["token"]) == (ADA, "customer", None)
        mine = (await browser.call("GET", "/account")).json()
        assert mine["account"] == {
            "id": entered["user_id"],
            "email": ADA,
            "email_verified": True,
            "role": "customer",
            "has_password": True,
            "second_factor": False,
        }
        assert mine["csrf_token"] == entered["csrf_token"]
        before = await rows(town.shop)
        again = await town.post("/account/register/confirm", {"token": token, "password": OTHER_PASSWORD})
        refused(again, 422, "link_invalid")
        assert await rows(town.shop) == before
    assert [row["action"] for row in await town.shop.fetch("SELECT action FROM audit ORDER BY id")][-2:] == [
        "register",
        "login",
    ]


async def test_registering_says_the_same_whether_there_is_an_account_or_not(town: Town) -> None:
    await town.register(ADA)
    answers = [await town.post("/account/register", {"email": who}) for who in (ADA, EVE, ADA.upper())]
    answers += [
        await town.post("/account/password/forgot", {"email": who}) for who in (ADA, "no@body.example")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    await town.shop.drain()
    assert "already" in town.box.last(ADA.upper())["Subject"]
    assert town.box.last(EVE)["Subject"] == "Choose your password for Holdfast"
    assert town.box.to("no@body.example") == []
    assert await town.shop.count("users") == 2  # Ada, and the staff's


async def test_a_log_in_is_refused_in_the_same_words_and_the_same_time_for_everybody(town: Town) -> None:
    await town.register(ADA)
    await town.shop.database.pool.execute(
        "INSERT INTO users (id, email, role, created_at) VALUES ('usr_x', $1, 'staff', now())", EVE
    )
    spent: dict[str, list[float]] = {ADA: [], EVE: [], "nobody@example.com": []}
    said = set()
    for _ in range(4):
        for who, times in spent.items():
            began = time.perf_counter()
            answer = await town.post("/account/login", {"email": who, "password": "not the password"})
            times.append(time.perf_counter() - began)
            refused(answer, 401, "login_refused")
            said.add(answer.text)
    assert len(said) == 1
    middle = [statistics.median(times) for times in spent.values()]
    assert max(middle) < 2 * min(middle), spent


async def test_a_log_in_gives_a_new_session_and_takes_none_that_was_brought(town: Town) -> None:
    await town.register(ADA)
    await town.register(EVE)
    async with town.browser() as browser:
        browser.client.cookies.set(
            "holdfast_session", "hs_chosen-by-somebody-else", domain="127.0.0.1", path="/"
        )
        assert (await browser.log_in(EVE)).status_code == 201
        planted = browser.cookie
        assert planted != "hs_chosen-by-somebody-else"
        answer = await browser.log_in(ADA)
        assert answer.status_code == 201
        cookie = answer.headers["set-cookie"]
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert browser.cookie != planted
        assert (await browser.call("GET", "/account")).json()["account"]["email"] == ADA
    over = await town.shop.client.get("/api/v1/account", headers={"Cookie": f"holdfast_session={planted}"})
    refused(over, 401, "unauthenticated")
    kept = await town.shop.fetch("SELECT token_hash FROM sessions")
    assert planted is not None
    assert all(planted.encode() not in row["token_hash"] for row in kept)


async def test_a_change_by_the_cookie_needs_the_header_of_the_same_session(town: Town) -> None:
    await town.register(ADA)
    await town.register(EVE)
    async with town.browser() as browser, town.browser() as another:
        await browser.log_in(ADA)
        await another.log_in(EVE)
        before = await rows(town.shop)
        for header in ("", "x", "é", another.csrf or ""):
            for method, path in (
                ("DELETE", "/account/sessions"),
                ("POST", "/carts"),
                ("POST", "/account/logout"),
            ):
                answer = await browser.client.request(
                    method, path, headers=[(b"X-CSRF-Token", header.encode())]
                )
                refused(answer, 403, "csrf_token_invalid")
        assert await rows(town.shop) == before
        assert (await browser.call("POST", "/carts")).status_code == 201
        assert (await browser.client.get("/account")).status_code == 200
    assert (await town.post("/carts", None)).status_code == 201  # who has no cookie needs no header
    bearer = await town.bearer(ADA)
    assert (await town.post("/carts", None, **bearer)).status_code == 201


async def test_a_cookie_that_is_over_makes_a_guest_of_its_browser(town: Town) -> None:
    await town.register(ADA)
    async with town.browser() as browser:
        await browser.log_in(ADA)
        token = browser.cookie
        assert (await browser.call("POST", "/account/logout")).status_code == 200
        assert browser.cookie is None
        browser.client.cookies.set("holdfast_session", token or "")
        refused(await browser.call("GET", "/account"), 401, "unauthenticated")
        assert (await browser.client.post("/carts")).status_code == 201
    answer = await town.shop.call("GET", "/account", Authorization=f"Bearer {token}")
    refused(answer, 401, "unauthenticated")


async def test_with_tls_the_cookie_is_one_that_only_this_host_can_have_set(town: Town) -> None:
    await town.register(ADA)
    process = town.shop.process
    process.settings = type(process.settings)(public_url="https://shop.example")
    answer = await town.post("/account/login", {"email": ADA, "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-holdfast_session=hs_")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_a_password_has_a_length_and_is_not_one_that_everybody_tries_first(town: Town) -> None:
    token = await town.letter_about("/account/register", ADA)
    before = await rows(town.shop)
    for password in ("short", "x" * (PASSWORD_CHARS_MAX + 1), "", "nul\0nul\0nul\0"):
        answer = await town.post("/account/register/confirm", {"token": token, "password": password})
        refused(answer, 422, "field_invalid", "password")
    for password in ("password123", "qwertyuiop", "aaaaaaaaaaaaaaa", "ada@example.com", "abcabcabcabc"):
        answer = await town.post("/account/register/confirm", {"token": token, "password": password})
        found = refused(answer, 422, "password_too_weak", "password")
        assert password not in answer.text
        assert found["suggestions"]
    assert await rows(town.shop) == before


async def test_a_hash_of_older_parameters_is_made_anew_at_the_next_log_in(town: Town) -> None:
    await town.register(ADA)
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await town.shop.database.pool.execute("UPDATE users SET password_hash = $1 WHERE email = $2", old, ADA)
    await town.bearer(ADA)
    (row,) = await town.shop.fetch("SELECT password_hash FROM users WHERE email = $1", ADA)
    assert row["password_hash"].startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    await town.bearer(ADA)
    assert [row["password_hash"]] == [
        again["password_hash"]
        for again in await town.shop.fetch("SELECT password_hash FROM users WHERE email = $1", ADA)
    ]


async def test_a_link_has_an_end(town: Town) -> None:
    at = clock.now()
    clock.stop(at)
    token = await town.letter_about("/account/register", ADA)
    assert "24 hours" in plain(town.box.last(ADA))
    clock.stop(at.replace(year=at.year + 1))
    before = await rows(town.shop)
    answer = await town.post("/account/register/confirm", {"token": token, "password": PASSWORD})
    refused(answer, 422, "link_invalid")
    assert await rows(town.shop) == before


async def test_a_session_has_an_end_and_the_staffs_an_earlier_one(town: Town) -> None:
    at = clock.now()
    await town.register(ADA)
    customer = await town.bearer(ADA)
    await town.shop.database.pool.execute("UPDATE users SET role = 'staff' WHERE email = $1", ADA)
    staff = await town.bearer(ADA)
    found = await town.shop.fetch("SELECT expires_at - created_at AS lasts FROM sessions ORDER BY id")
    ends = [row["lasts"] for row in found]
    assert ends == [timedelta(days=30), timedelta(days=30), timedelta(hours=12)]
    clock.stop(at.replace(year=at.year + 1))
    for headers in (customer, staff):
        refused(await town.shop.call("GET", "/account", **headers), 401, "unauthenticated")


async def test_a_key_of_a_machine_changes_no_account(town: Town) -> None:
    for method, path in (("GET", "/account"), ("GET", "/account/sessions"), ("DELETE", "/account/sessions")):
        refused(await town.shop.call(method, path, **town.shop.staff), 401, "unauthenticated")


async def test_a_staff_member_works_at_the_desk_by_a_log_in(town: Town) -> None:
    await town.register(ADA)
    async with town.browser() as browser:
        await browser.log_in(ADA)
        refused(await browser.call("GET", "/admin/orders"), 403, "forbidden")
        promoted = "UPDATE users SET role = 'staff', permissions = '{orders}' WHERE email = $1"
        await town.shop.database.pool.execute(promoted, ADA)
        assert (await browser.call("GET", "/admin/orders")).status_code == 200

"""Passwords and addresses that change: a link works once, other log-ins end, the old address is told."""

import asyncio
from datetime import timedelta

import pytest

from holdfast import clock
from holdfast.limits import LETTERS_PER_HOUR_MAX
from tests.api.answers import refused, rows
from tests.stories.people import ADA, EVE, OTHER_PASSWORD, PASSWORD, Town, plain

pytestmark = pytest.mark.anyio


async def test_a_forgotten_password_is_set_by_a_link_and_every_log_in_ends(town: Town) -> None:
    await town.register(ADA)
    before = await town.bearer(ADA)
    token = await town.letter_about("/account/password/forgot", ADA)
    assert "30 minutes" in plain(town.box.last(ADA))
    answer = await town.post("/account/password/reset", {"token": token, "password": OTHER_PASSWORD})
    assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None)
    refused(await town.shop.call("GET", "/account", **before), 401, "unauthenticated")
    refused(await town.post("/account/login", {"email": ADA, "password": PASSWORD}), 401, "login_refused")
    await town.bearer(ADA, OTHER_PASSWORD)
    await town.shop.drain()
    assert town.box.last(ADA)["Subject"] == "Your password at Holdfast was changed"
    (written,) = await town.audited("password.reset")
    assert written["detail"] == {"sessions_ended": 2}
    assert len(await town.audited("password.reset_asked")) == 1


async def test_of_two_resets_with_one_link_at_once_one_counts(town: Town) -> None:
    await town.register(ADA)
    token = await town.letter_about("/account/password/forgot", ADA)
    wanted = [f"a password of its own, number {number}" for number in range(4)]
    answers = await asyncio.gather(
        *(town.shop.call("POST", "/account/password/reset", {"token": token, "password": p}) for p in wanted)
    )
    won = [place for place, answer in enumerate(answers) if answer.status_code == 200]
    assert len(won) == 1
    for place, answer in enumerate(answers):
        if place not in won:
            refused(answer, 422, "link_invalid")
            body = {"email": ADA, "password": wanted[place]}
            refused(await town.post("/account/login", body), 401, "login_refused")
    await town.bearer(ADA, wanted[won[0]])
    assert len(await town.audited("password.reset")) == 1


async def test_a_link_that_is_used_ends_the_others_and_none_works_after_half_an_hour(town: Town) -> None:
    await town.register(ADA)
    clock.stop(clock.now())
    first = await town.letter_about("/account/password/forgot", ADA)
    second = await town.letter_about("/account/password/forgot", ADA)
    assert first != second
    await town.post("/account/password/reset", {"token": second, "password": OTHER_PASSWORD})
    answer = await town.post("/account/password/reset", {"token": first, "password": PASSWORD})
    refused(answer, 422, "link_invalid")
    late = await town.letter_about("/account/password/forgot", ADA)
    clock.stop(clock.now() + timedelta(minutes=30))
    answer = await town.post("/account/password/reset", {"token": late, "password": PASSWORD})
    refused(answer, 422, "link_invalid")
    await town.bearer(ADA, OTHER_PASSWORD)


async def test_a_link_is_of_one_kind(town: Town) -> None:
    await town.register(ADA)
    token = await town.letter_about("/account/password/forgot", ADA)
    answer = await town.post("/account/register/confirm", {"token": token, "password": OTHER_PASSWORD})
    refused(answer, 422, "link_invalid")
    for wrong in ("x", token[:-1], token.swapcase()):
        answer = await town.post("/account/password/reset", {"token": wrong, "password": OTHER_PASSWORD})
        refused(answer, 422, "link_invalid")
    await town.bearer(ADA)


async def test_a_letter_box_is_not_flooded(town: Town) -> None:
    for _ in range(LETTERS_PER_HOUR_MAX + 3):
        assert (await town.post("/account/register", {"email": ADA})).status_code == 202
    await town.shop.drain()
    assert len(town.box.to(ADA)) == LETTERS_PER_HOUR_MAX


async def test_no_secret_of_a_link_lies_in_a_job_or_a_row(town: Town) -> None:
    await town.post("/account/register", {"email": ADA})
    jobs = await town.shop.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = 'account_letter'")
    (letter,) = await town.shop.fetch("SELECT id, token_hash FROM account_letters")
    assert [job["payload"] for job in jobs] == [b'{"id":"%b"}' % letter["id"].encode()]
    assert letter["token_hash"] is None
    await town.shop.drain()
    (letter,) = await town.shop.fetch(
        "SELECT a.*, l.* FROM account_letters a JOIN letters l ON l.subject = a.id"
    )
    assert town.box.token(ADA) not in str(dict(letter))


async def test_a_password_is_changed_by_the_old_one(town: Town) -> None:
    await town.register(ADA)
    elsewhere = await town.bearer(ADA)
    async with town.browser() as browser:
        await browser.log_in(ADA)
        before = await rows(town.shop)
        body = {"current_password": "not the password", "new_password": OTHER_PASSWORD}
        refused(await browser.call("POST", "/account/password", body), 401, "login_refused")
        body = {"current_password": PASSWORD, "new_password": "password1234"}
        found = refused(await browser.call("POST", "/account/password", body), 422, "password_too_weak")
        assert found["field"] == "new_password"
        assert await rows(town.shop) == before | {"login_failures": before["login_failures"]}
        body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
        answer = await browser.call("POST", "/account/password", body)
        assert answer.json() == {"sessions_ended": 2}
        assert (await browser.call("GET", "/account")).status_code == 200
    refused(await town.shop.call("GET", "/account", **elsewhere), 401, "unauthenticated")
    refused(await town.post("/account/login", {"email": ADA, "password": PASSWORD}), 401, "login_refused")
    await town.bearer(ADA, OTHER_PASSWORD)


async def test_sessions_are_listed_and_ended_by_their_owner_only(town: Town) -> None:
    await town.register(ADA)
    await town.register(EVE)
    eves = await town.bearer(EVE)
    async with town.browser() as browser:
        await browser.log_in(ADA)
        listed = (await browser.call("GET", "/account/sessions")).json()["data"]
        assert [(row["current"], row["session"]["client"][:9]) for row in listed] == [
            (True, "A browser"),
            (False, "python-ht"),
        ]
        assert listed[0]["session"]["place"] == "127.0.0.1"
        mine, other = (row["session"]["id"] for row in listed)
        answer = await town.shop.call("DELETE", f"/account/sessions/{mine}", **eves)
        refused(answer, 404, "not_found")
        assert (await browser.call("DELETE", f"/account/sessions/{other}")).json() == {"sessions_ended": 1}
        refused(await browser.call("DELETE", f"/account/sessions/{other}"), 404, "not_found")
        assert (await browser.call("DELETE", "/account/sessions")).json() == {"sessions_ended": 1}
        refused(await browser.call("GET", "/account"), 401, "unauthenticated")
    assert (await town.shop.call("GET", "/account", **eves)).status_code == 200


async def test_a_new_address_is_confirmed_from_there_and_told_to_the_old_one(town: Town) -> None:
    await town.register(ADA)
    await town.register(EVE)
    eves, new = await town.bearer(EVE), "countess@example.com"
    async with town.browser() as browser:
        await browser.log_in(ADA)
        body = {"email": new, "password": "not the password"}
        refused(await browser.call("POST", "/account/email", body), 401, "login_refused")
        taken = await browser.call("POST", "/account/email", {"email": EVE, "password": PASSWORD})
        free = await browser.call("POST", "/account/email", {"email": new, "password": PASSWORD})
        assert (taken.status_code, taken.text) == (free.status_code, free.text) == (202, free.text)
        eves_letters = len(town.box.to(EVE))
        await town.shop.drain()
        assert len(town.box.to(EVE)) == eves_letters
        token = town.box.token(new)
        answer = await town.shop.call("POST", "/account/email/confirm", {"token": token}, **eves)
        refused(answer, 422, "link_invalid")
        assert (await browser.call("GET", "/account")).json()["account"]["email"] == ADA
        moved = await browser.call("POST", "/account/email/confirm", {"token": token})
        assert (moved.json()["email"], moved.json()["email_verified"]) == (new, True)
        again = await browser.call("POST", "/account/email/confirm", {"token": token})
        refused(again, 422, "link_invalid")
    await town.shop.drain()
    assert town.box.last(ADA)["Subject"] == "Your e-mail address at Holdfast was changed"
    refused(await town.post("/account/login", {"email": ADA, "password": PASSWORD}), 401, "login_refused")
    await town.bearer(new)


async def test_a_link_to_a_former_address_resets_nothing(town: Town) -> None:
    await town.register(ADA)
    reset = await town.letter_about("/account/password/forgot", ADA)
    mine, new = await town.bearer(ADA), "countess@example.com"
    await town.shop.call("POST", "/account/email", {"email": new, "password": PASSWORD}, **mine)
    await town.shop.drain()
    await town.shop.call("POST", "/account/email/confirm", {"token": town.box.token(new)}, **mine)
    answer = await town.post("/account/password/reset", {"token": reset, "password": OTHER_PASSWORD})
    refused(answer, 422, "link_invalid")
    await town.bearer(new)


async def test_an_address_that_was_taken_meanwhile_is_not_taken_again(town: Town) -> None:
    await town.register(ADA)
    mine = await town.bearer(ADA)
    await town.shop.call("POST", "/account/email", {"email": EVE, "password": PASSWORD}, **mine)
    await town.shop.drain()
    token = town.box.token(EVE)
    await town.register(EVE)
    answer = await town.shop.call("POST", "/account/email/confirm", {"token": token}, **mine)
    assert refused(answer, 409, "promise_kept")["constraint"] == "one_user_per_email"
    assert (await town.shop.call("GET", "/account", **mine)).json()["account"]["email"] == ADA

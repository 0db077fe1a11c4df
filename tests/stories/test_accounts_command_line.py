"""``holdfast user``: what whoever runs the shop can do about people."""

import asyncio

import pytest
from typer.testing import CliRunner, Result

from holdfast.accounts.roles import Role
from holdfast.cli.commands import app
from tests.api.answers import refused
from tests.stories.people import ADA, PASSWORD, Town, armed

pytestmark = pytest.mark.anyio


def run(town: Town, *arguments: str, typed: str | None = None) -> "asyncio.Future[Result]":
    """The command as a person types it, on the shop's database; it has a loop of its own."""
    command = ["user", *arguments, "--database-url", town.shop.database.url]
    loop = asyncio.get_running_loop()
    return loop.run_in_executor(None, lambda: CliRunner().invoke(app, command, input=typed))


async def test_a_person_is_made_with_a_password_that_was_typed_twice(town: Town) -> None:
    create = ("create", "--email", ADA, "--role", "admin", "--password")
    weak = await run(town, *create, typed="password123\npassword123\n")
    assert (weak.exit_code, "too easy to guess" in weak.output) == (1, True)
    refused(
        await town.post("/account/login", {"email": ADA, "password": "password123"}), 401, "login_refused"
    )
    made = await run(town, *create, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    who = await town.bearer(ADA)
    assert (await town.shop.call("GET", "/admin/orders", **who)).status_code == 200
    assert (await town.shop.call("GET", "/account", **who)).json()["account"]["email_verified"] is True
    assert len(await town.audited("give_password")) == 1


async def test_a_role_is_granted_to_somebody_who_is_there(town: Town) -> None:
    await town.register(ADA)
    who = await town.bearer(ADA)
    refused(await town.shop.call("GET", "/admin/orders", **who), 403, "forbidden")
    assert (await run(town, "grant", ADA.upper(), "staff")).exit_code == 0
    assert (await town.shop.call("GET", "/admin/orders", **who)).status_code == 200
    for wrong in (("nobody@example.com", "staff"), (ADA, "guest"), (ADA, "king")):
        assert (await run(town, "grant", *wrong)).exit_code in (1, 2)
    (written,) = await town.audited("grant_role")
    assert written["detail"] == {"role": Role.STAFF}


async def test_a_second_factor_that_was_lost_is_dropped(town: Town) -> None:
    async with town.browser() as browser:
        await armed(town, browser)
    refused(await town.post("/account/login", {"email": ADA, "password": PASSWORD}), 401, "code_needed")
    assert (await run(town, "drop-totp", ADA)).exit_code == 0
    await town.bearer(ADA)
    assert (await run(town, "drop-totp", ADA)).exit_code == 1
    assert [row["actor"] for row in await town.audited("totp.off")] == ["command line"]

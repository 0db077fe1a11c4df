"""Letters: at least once, not twice after a success, and in words and forms that a mail program reads."""

import asyncio

import pytest

from holdfast import clock, work
from holdfast.db.transaction import transaction
from holdfast.errors.running import SettingsInvalid
from holdfast.jobs import Job, enqueue
from holdfast.notify.channels.smtp import read_url
from holdfast.settings import Settings, read_settings
from tests.stories.people import ADA, EVE, Town, links, plain

pytestmark = pytest.mark.anyio


async def state(town: Town) -> tuple[str, int]:
    (row,) = await town.shop.fetch("SELECT state, tries FROM letters")
    return row["state"], row["tries"]


async def again(town: Town) -> None:
    """The job of the only letter once more, as after a process that died before it could say so."""
    (row,) = await town.shop.fetch("SELECT subject FROM letters")
    await transaction(town.shop.database, lambda tx: enqueue(tx, Job.ACCOUNT_LETTER, [row["subject"]]))
    await town.shop.drain()


async def test_a_letter_is_text_and_html_and_its_link_leads_into_the_shop(town: Town) -> None:
    await town.shop.rules(name="Mugs & <More>\nInc.")
    await town.post("/account/register", {"email": ADA})
    await town.shop.drain()
    letter = town.box.last(ADA)
    assert (letter["From"], letter["To"]) == ("The Shop <shop@example.com>", ADA)
    assert letter["Subject"] == "Choose your password for Mugs & <More> Inc."
    (link,) = links(letter)
    assert link.startswith(f"{town.shop.url}/account/register?token=")
    html = letter.get_body(("html",))
    assert html is not None
    written = html.get_content()
    assert f'href="{link}"' in written
    assert "Mugs &amp; &lt;More&gt;" in written
    assert "<More>" not in written
    assert plain(letter).splitlines()[:2] == ["Hello,", ""]


async def test_a_server_that_puts_a_letter_off_gets_it_again_with_a_fresh_link(town: Town) -> None:
    town.box.later = 1
    await town.post("/account/register", {"email": ADA})
    await town.shop.drain()
    assert (await state(town))[1] == 1
    await town.shop.try_again()
    assert await state(town) == ("sent", 2)
    assert len(town.box.to(ADA)) == 1
    put_off, sent = town.box.seen
    assert put_off != sent
    for token, status in ((put_off, 422), (sent, 201)):
        body = {"token": token, "password": "a quiet harbour in november"}
        assert (await town.post("/account/register/confirm", body)).status_code == status


async def test_a_letter_that_was_sent_is_not_sent_again(town: Town) -> None:
    await town.post("/account/register", {"email": ADA})
    await town.shop.drain()
    token = town.box.token(ADA)
    await again(town)
    assert len(town.box.to(ADA)) == 1
    body = {"token": token, "password": "a quiet harbour in november"}
    assert (await town.post("/account/register/confirm", body)).status_code == 201


async def test_of_several_processes_at_the_same_letter_one_sends_it(town: Town) -> None:
    await town.post("/account/register", {"email": ADA})
    (row,) = await town.shop.fetch("SELECT id FROM account_letters")
    done = await asyncio.gather(
        *(work.account_letter(town.shop.process, row["id"]) for _ in range(5)), return_exceptions=True
    )
    assert all(said is None or isinstance(said, work.AskLater) for said in done)
    assert len(town.box.to(ADA)) == 1
    assert (await state(town))[0] == "sent"


async def test_an_address_that_the_server_does_not_know_is_given_up(town: Town) -> None:
    town.box.unknown.add(ADA)
    for address in (ADA, "a,b@example.com", "<>@x"):
        await town.post("/account/register", {"email": address})
    await town.shop.drain()
    assert {row["state"] for row in await town.shop.fetch("SELECT state FROM letters")} == {"refused"}
    assert town.box.letters == []
    assert await town.shop.count("pgqueuer") == 0


async def test_nothing_is_written_where_there_is_nothing_to_say(town: Town) -> None:
    await town.post("/account/password/forgot", {"email": EVE})
    await town.shop.drain()
    assert await state(town) == ("not_needed", 1)
    assert town.box.letters == []


async def test_what_is_old_is_forgotten(town: Town) -> None:
    await town.register(ADA)
    await town.post("/account/login", {"email": EVE, "password": "not the password"})
    await work.forget(town.shop.process)
    tables = ("sessions", "account_letters", "letters", "login_failures", "login_places")
    for table in tables:
        assert await town.shop.count(table), table
    clock.stop(clock.now().replace(year=clock.now().year + 1))
    await work.forget(town.shop.process)
    assert [table for table in tables if await town.shop.count(table)] == []
    assert await town.shop.count("users") == 2


def test_the_mail_server_is_an_address_with_or_without_a_user() -> None:
    plain_server = read_url("smtp://mail.example.com")
    assert (plain_server.port, plain_server.tls, plain_server.start_tls) == (25, False, None)
    with_user = read_url("smtp://us%40er:p%2Fw@mail.example.com")
    assert (with_user.port, with_user.user, with_user.password) == (587, "us@er", "p/w")
    assert with_user.start_tls is True
    tls = read_url("smtps://user:pw@mail.example.com")
    assert (tls.port, tls.tls, tls.start_tls) == (465, True, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOLDFAST_SMTP_URL", "mail.example.com"),
        ("HOLDFAST_SMTP_URL", "http://mail.example.com"),
        ("HOLDFAST_SMTP_URL", "smtp://user:secret@mail.example.com:x"),
        ("HOLDFAST_SMTP_URL", "smtp://"),
        ("HOLDFAST_MAIL_FROM", "The Shop"),
        ("HOLDFAST_MAIL_FROM", "a@b.example\nBcc: c@d.example"),
    ],
)
def test_a_wrong_setting_of_letters_is_named_without_its_secret(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read_settings({name: value})
    assert list(refused.value.settings) == [name]
    assert "secret" not in str(refused.value)
    assert Settings().smtp_url == ""

"""An answer that is neither yes nor no, or no answer: whatever was asked, it is unknown how it stands."""

import asyncio

import pytest

from holdfast.payment.provider import Said, Unknown
from tests.clients import http_client
from tests.providers.conformance.talk import Talk, build
from tests.providers.told_server import HANG, HANG_UP, TRICKLE, told

pytestmark = pytest.mark.anyio

ANSWERS = [
    (500, b"{}"),
    (503, b"<html>"),
    (429, b""),
    (409, b"{}"),
    (302, b"{}"),
    (200, b""),
    (200, b"<html>"),
    (200, b"\xff\xfe"),
    (200, b"{}"),
    (200, b"[]"),
    (200, b"null"),
    (200, b'{"status":"success"}'),
    (200, b"[" * 100_000),
    (200, b"9" * 6_000),
    (400, b"<html>a proxy's own page</html>"),
    (404, b""),
    (200, HANG_UP),
    (200, HANG),
    (200, TRICKLE),
]


@pytest.mark.parametrize(("status", "body"), ANSWERS, ids=lambda value: ascii(value)[:24])
async def test_what_is_no_clear_yes_or_no_is_unknown(talk: Talk, status: int, body: bytes) -> None:
    async with told() as script, http_client() as client:
        script.answer(status, body)
        deaf = build(talk.subject, talk.subject.section(script.url, talk.keys), client)
        created, looked_up, found = await asyncio.gather(
            deaf.create(talk.ask()), deaf.look_up("x_nobodys"), deaf.find(talk.ask().attempt_id)
        )
        assert isinstance(created, Unknown)
        assert isinstance(looked_up, Unknown)
        assert not isinstance(found, Said)


async def test_nobody_listening_is_unknown(talk: Talk) -> None:
    section = talk.subject.section("http://127.0.0.1:1", talk.keys)
    nobody = build(talk.subject, section, talk.client)
    assert isinstance(await nobody.create(talk.ask()), Unknown)
    assert isinstance(await nobody.close("x_nobodys"), Unknown)

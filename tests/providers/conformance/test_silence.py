"""No clear answer: nobody takes it for a yes or a no, and asking again makes one object, not two."""

import httpx
import pytest

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Proof, Said, Unknown
from holdfast.payment.start_payment import create_once
from tests.providers.conformance.talk import LONGER_MS, Talk, build
from tests.providers.told_server import HANG, HANG_UP, TRICKLE, told

pytestmark = pytest.mark.anyio

SLOW = ("timeout_before_effect", "timeout_after_effect", "delay")
FAULTS = [*SLOW, "error_500", "error_503", "error_429", "conflict_409", "garbage"]
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


@pytest.mark.parametrize("fault", FAULTS)
async def test_after_no_clear_answer_asking_again_makes_one_object(talk: Talk, fault: str) -> None:
    ask = talk.ask()
    talk.fault(fault, on="create", **({"ms": LONGER_MS} if fault in SLOW else {}))
    assert isinstance(await talk.provider.create(ask), Unknown)
    said: object = Unknown("not asked again yet")
    while isinstance(said, Unknown):  # the first call may still be running over there
        said = await create_once(talk.provider, ask, asked_before=True, again=1)
    assert isinstance(said, Said)
    paid = await talk.pays(said)
    assert (paid.state, paid.amount_minor) == (AttemptState.CAPTURED, ask.amount_minor)
    found = await talk.provider.find(ask.attempt_id)
    if found is not None:  # nothing to search with: the key of create is what holds
        assert isinstance(found, Said)
        assert found.provider_ref == said.provider_ref


@pytest.mark.parametrize("fault", FAULTS)
async def test_reading_without_a_clear_answer_says_nothing(talk: Talk, fault: str) -> None:
    said = await talk.paid()
    if fault == "conflict_409":
        pytest.skip("reading never conflicts")
    if not talk.can_look_up:
        pytest.skip("nobody can be asked how it stands")
    slow = {"ms": LONGER_MS} if fault in SLOW else {}
    talk.fault(fault, on="read", payment=said.provider_ref, **slow)
    assert isinstance(await talk.provider.look_up(said.provider_ref), Unknown)
    assert (await talk.seen(said.provider_ref)).state is AttemptState.CAPTURED


@pytest.mark.parametrize(("status", "body"), ANSWERS, ids=lambda value: ascii(value)[:24])
async def test_what_is_no_clear_yes_or_no_is_unknown(talk: Talk, status: int, body: bytes) -> None:
    async with told() as script, httpx.AsyncClient(trust_env=False) as client:
        script.answer(status, body)
        deaf = build(talk.subject, talk.subject.section(script.url, talk.keys), client)
        assert isinstance(await deaf.create(talk.ask()), Unknown)
        assert isinstance(await deaf.look_up("x_nobodys"), Unknown)
        assert not isinstance(await deaf.find(talk.ask().attempt_id), Said)


async def test_nobody_listening_is_unknown(talk: Talk) -> None:
    section = talk.subject.section("http://127.0.0.1:1", talk.keys)
    nobody = build(talk.subject, section, talk.client)
    assert isinstance(await nobody.create(talk.ask()), Unknown)
    assert isinstance(await nobody.close("x_nobodys"), Unknown)


async def test_one_that_cannot_be_asked_says_nothing_and_asks_nobody(talk: Talk) -> None:
    if talk.can_look_up:
        pytest.skip("it can")
    said = await talk.paid()
    async with told() as script, httpx.AsyncClient(trust_env=False) as client:
        deaf = build(talk.subject, talk.subject.section(script.url, talk.keys), client)
        for answer in (
            await deaf.look_up(said.provider_ref),
            await deaf.finish(talk.attempted(said)),
            await deaf.close(said.provider_ref),
        ):
            assert isinstance(answer, Unknown)
        assert script.asked == []
    assert {event.proof for event in await talk.events()} == {Proof.UNCHECKED}

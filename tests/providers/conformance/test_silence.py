"""No clear answer: nobody takes it for a yes or a no, and asking again makes one object, not two."""

import pytest

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Proof, Said, Unknown
from holdfast.payment.start_payment import create_once
from tests.clients import http_client
from tests.providers.conformance.talk import LONGER_MS, Talk, build
from tests.providers.told_server import told

pytestmark = pytest.mark.anyio

SLOW = ("timeout_before_effect", "timeout_after_effect", "delay")
FAULTS = [*SLOW, "error_500", "error_503", "error_429", "conflict_409", "garbage"]


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


async def test_one_that_cannot_be_asked_says_nothing_and_asks_nobody(talk: Talk) -> None:
    if talk.can_look_up:
        pytest.skip("it can")
    said = await talk.paid()
    async with told() as script, http_client() as client:
        deaf = build(talk.subject, talk.subject.section(script.url, talk.keys), client)
        for answer in (
            await deaf.look_up(said.provider_ref),
            await deaf.finish(talk.attempted(said)),
            await deaf.close(said.provider_ref),
        ):
            assert isinstance(answer, Unknown)
        assert script.asked == []
    assert {event.proof for event in await talk.events()} == {Proof.UNCHECKED}

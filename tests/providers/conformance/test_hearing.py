"""Webhooks: late, twice, out of order, lost, forged; what is believed is what happened."""

import asyncio
from datetime import UTC, datetime

import pytest

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Proof, Said
from tests.clients import http_client
from tests.providers.conformance.talk import TIMEOUT_S, Delivery, Talk
from tests.providers.sandbox_server import wait_for

pytestmark = pytest.mark.anyio

CAPTURED = AttemptState.CAPTURED


async def judge(talk: Talk, came: Delivery) -> int:
    """What the shop's route answers, in a process of its own: it may have to ask somebody."""
    async with http_client() as client:
        try:
            await talk.another(client).read_event(came.headers, came.body, datetime.now(UTC))
        except SignatureInvalid:
            return 401
    return 200


async def test_an_event_is_the_same_when_it_is_read_again_from_its_stored_body(talk: Talk) -> None:
    said = await talk.paid()
    await talk.hears_state(said, CAPTURED)
    for came in talk.heard():
        event = await talk.provider.read_event(came.headers, came.body, datetime.now(UTC))
        assert talk.provider.translate(came.body) == event
        assert 0 < len(event.key) <= 255
        assert event.key.isprintable()


@pytest.mark.parametrize("fault", ["webhook_duplicate", "webhook_replay"])
async def test_what_is_sent_twice_has_one_key(talk: Talk, fault: str) -> None:
    said = await talk.created()
    talk.fault(
        fault, payment=said.provider_ref, count=20, **({"ms": 300} if fault == "webhook_replay" else {})
    )
    talk.press(said.provider_ref, "pay")
    told = await talk.hears_state(said, CAPTURED)
    wait_for(lambda: len(talk.heard()) > len({came.body for came in talk.heard()}))
    keys = [event.key for event in await talk.events()]
    assert len(keys) > len(set(keys))
    assert told.amount_minor == said.amount_minor
    talk.clear()


async def test_the_same_news_under_another_id_is_told_apart_only_where_ids_are_signed(talk: Talk) -> None:
    said = await talk.created()
    talk.fault("webhook_new_event_id", payment=said.provider_ref, count=20)
    talk.press(said.provider_ref, "pay")
    await talk.hears_state(said, CAPTURED)
    wait_for(lambda: len(talk.heard()) >= 2)
    events = await talk.events()
    kinds = [(event.kind, event.facts) for event in events]
    keys = {event.key for event in events}
    if talk.subject.event_ids:
        assert len(keys) == len(kinds)
    else:
        assert len(keys) <= len({str(kind) for kind in kinds})
    talk.clear()


@pytest.mark.parametrize("fault", ["webhook_delay", "webhook_reorder"])
async def test_what_comes_late_or_out_of_order_says_the_same(talk: Talk, fault: str) -> None:
    said = await talk.created()
    talk.fault(fault, payment=said.provider_ref, **({"ms": 300} if fault == "webhook_delay" else {}))
    talk.press(said.provider_ref, "pay")
    assert (await talk.hears_state(said, CAPTURED)).amount_minor == said.amount_minor
    talk.clear()


async def test_what_comes_before_the_answer_is_known_by_our_reference(talk: Talk) -> None:
    ask = talk.ask()
    talk.settings(auto=True)
    talk.fault("timeout_after_effect", on="create", ms=TIMEOUT_S * 600)
    said = await talk.created(ask)
    assert talk.heard(), "it was to come before the answer"
    told = await talk.hears_state(said, CAPTURED)
    assert (told.reference, told.amount_minor) == (ask.attempt_id, ask.amount_minor)


async def test_what_is_never_sent_is_seen_by_asking(talk: Talk) -> None:
    if not talk.can_look_up:
        pytest.skip("nobody can be asked: only the statement tells")
    said = await talk.created()
    talk.fault("webhook_drop", payment=said.provider_ref, count=20)
    talk.press(said.provider_ref, "pay")
    assert (await talk.seen(said.provider_ref)).state is CAPTURED
    assert not [event for event in await talk.events() if _says_captured(event.facts, said)]
    talk.clear()


async def test_what_was_not_received_is_sent_again(talk: Talk) -> None:
    refused: list[Delivery] = []

    def away(came: Delivery) -> int:
        refused.append(came)
        return 503 if len(refused) <= 2 else 200

    said = await talk.created()
    talk.ear.answer = away
    talk.press(said.provider_ref, "pay")
    wait_for(lambda: len(refused) > 2)
    await talk.hears_state(said, CAPTURED)


@pytest.mark.parametrize("fault", ["webhook_tamper", "webhook_wrong_secret", "webhook_stale"])
async def test_a_forged_event_is_not_believed_and_the_true_one_is(talk: Talk, fault: str) -> None:
    if fault == "webhook_stale" and not talk.subject.signs_time:
        pytest.skip("its signatures are good for ever: the key of the event is what stops a replay")
    said = await talk.created()
    talk.ear.answer = lambda came: asyncio.run(judge(talk, came))
    talk.fault(fault, payment=said.provider_ref)
    talk.press(said.provider_ref, "pay")
    told = await talk.hears_state(said, CAPTURED)
    assert told.amount_minor == said.amount_minor
    believed = fault == "webhook_tamper" and talk.subject.signs == "nothing"
    if believed:
        assert {event.proof for event in await talk.events()} == {Proof.ASK}
    else:
        wait_for(lambda: 401 in {came.answered for came in talk.heard()})


async def test_what_is_not_an_event_of_its_is_malformed_and_no_error_of_ours(talk: Talk) -> None:
    for body in (
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"data":{"object":null}}',
        b'{"event":1}',
    ):
        with pytest.raises(RequestMalformed):
            talk.provider.translate(body)
        with pytest.raises((SignatureInvalid, RequestMalformed)):
            await talk.provider.read_event({}, body, datetime.now(UTC))


def _says_captured(facts: object, said: Said) -> bool:
    return isinstance(facts, Said) and facts.reference == said.reference and facts.state is CAPTURED

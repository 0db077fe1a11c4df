"""Collecting: asked for once, paid, declined, challenged, cancelled, expired, in every provider's units."""

import pytest

from holdfast.payment.payment import ENDED, OPEN, AttemptState
from holdfast.payment.provider import Refused, Said, Unknown
from holdfast.payment.start_payment import create_once
from tests.clients import http_client
from tests.providers.conformance.talk import Talk, build

pytestmark = pytest.mark.anyio

ACTIONS = {
    "client_secret": {"client_secret"},
    "redirect": {"url"},
    "form": {"url", "fields"},
    "bank_details": {"amount", "reference"},
}


def sums(said: Said) -> tuple[AttemptState, int, str]:
    return said.state, said.amount_minor, said.currency


async def test_what_was_asked_for_waits_for_its_buyer(talk: Talk) -> None:
    ask = talk.ask()
    said = await talk.created(ask)
    assert said.state in (AttemptState.PENDING, AttemptState.REQUIRES_ACTION)
    assert (said.amount_minor, said.currency) == (ask.amount_minor, ask.currency)
    assert (said.reference, said.live, said.declined) == (ask.attempt_id, False, None)
    assert said.provider_ref
    assert said.next_action is not None
    assert ACTIONS[said.next_action["type"]] <= set(said.next_action)
    now = await talk.seen(said.provider_ref)
    assert (now.state, now.amount_minor, now.reference) == (said.state, said.amount_minor, said.reference)


async def test_the_same_ask_twice_makes_one_object(talk: Talk) -> None:
    ask = talk.ask()
    first = await talk.created(ask)
    assert (await talk.created(ask)).provider_ref == first.provider_ref
    again = await create_once(talk.provider, ask, asked_before=True, again=1)
    assert isinstance(again, Said)
    assert again.provider_ref == first.provider_ref
    assert (await talk.created()).provider_ref != first.provider_ref


async def test_a_buyer_pays_and_the_event_says_what_asking_says(talk: Talk) -> None:
    ask = talk.ask()
    said = await talk.paid(ask)
    assert sums(said) == (AttemptState.CAPTURED, ask.amount_minor, ask.currency)
    assert said.next_action is None
    told = await talk.hears_state(said, AttemptState.CAPTURED)
    assert sums(told) == sums(said)
    assert told.reference == ask.attempt_id
    assert told.live is False


async def test_a_declined_try_is_no_payment_and_may_be_tried_again_where_the_object_lives_on(
    talk: Talk,
) -> None:
    said = await talk.created()
    talk.press(said.provider_ref, "decline")
    declined = await talk.seen(said.provider_ref)
    assert declined.declined
    if not talk.subject.retries_inside:
        assert declined.state is AttemptState.FAILED
        return
    assert declined.state in OPEN
    assert (declined.next_action is not None) is talk.subject.tells_action_again
    talk.press(said.provider_ref, "pay")
    paid = await talk.seen(said.provider_ref)
    assert (paid.state, paid.declined) == (AttemptState.CAPTURED, None)


async def test_a_declined_try_is_told_by_event_where_there_is_one(talk: Talk) -> None:
    said = await talk.created()
    talk.fault("decline", payment=said.provider_ref)
    talk.press(said.provider_ref, "pay")
    assert (await talk.seen(said.provider_ref)).declined
    for event in await talk.events():
        facts = await talk.facts(event)
        if isinstance(facts, Said) and facts.reference == said.reference:
            assert facts.state not in (AttemptState.CAPTURED, AttemptState.AUTHORIZED)


async def test_a_buyer_who_has_to_prove_something_pays_only_after_that(talk: Talk) -> None:
    if not talk.subject.challenges:
        pytest.skip("its page asks for no proof")
    for proof, state in (("three_d_secure_ok", AttemptState.CAPTURED), ("three_d_secure_fail", None)):
        said = await talk.created()
        talk.press(said.provider_ref, "three_d_secure")
        assert (await talk.seen(said.provider_ref)).state in (
            AttemptState.REQUIRES_ACTION,
            AttemptState.PENDING,
        )
        talk.press(said.provider_ref, proof)
        after = await talk.seen(said.provider_ref)
        assert after.state is state if state else after.declined


async def test_a_buyer_who_cancels_has_not_paid(talk: Talk) -> None:
    said = await talk.created()
    talk.press(said.provider_ref, "cancel")
    now = await talk.seen(said.provider_ref)
    assert now.state in (AttemptState.PENDING, AttemptState.REQUIRES_ACTION, *ENDED)


async def test_what_ends_by_itself_is_expired(talk: Talk) -> None:
    if not talk.subject.expires:
        pytest.skip("nothing ends by itself over there")
    said = await talk.created()
    talk.press(said.provider_ref, "expire")
    assert (await talk.seen(said.provider_ref)).state is AttemptState.EXPIRED
    talk.press(said.provider_ref, "pay", status=409)


async def test_a_slow_payment_is_pending_until_it_is_there(talk: Talk) -> None:
    said = await talk.created()
    talk.fault("processing", payment=said.provider_ref, ms=300)
    talk.press(said.provider_ref, "pay")
    assert (await talk.seen(said.provider_ref)).state is AttemptState.PENDING
    told = await talk.hears_state(said, AttemptState.CAPTURED)
    assert told.amount_minor == said.amount_minor


async def test_money_may_come_after_a_failure(talk: Talk) -> None:
    said = await talk.created()
    talk.fault("late_success", payment=said.provider_ref, ms=300)
    talk.press(said.provider_ref, "decline")
    assert (await talk.seen(said.provider_ref)).declined
    await talk.hears_state(said, AttemptState.CAPTURED)
    assert (await talk.seen(said.provider_ref)).state is AttemptState.CAPTURED


async def test_money_may_come_after_a_buyer_gave_up(talk: Talk) -> None:
    said = await talk.created()
    talk.press(said.provider_ref, "cancel")
    now = await talk.seen(said.provider_ref)
    talk.press(said.provider_ref, "pay" if now.state in OPEN else "late_success")
    told = await talk.hears_state(said, AttemptState.CAPTURED)
    assert told.amount_minor == said.amount_minor
    assert (await talk.seen(said.provider_ref)).state is AttemptState.CAPTURED


async def test_what_was_taken_is_said_also_where_it_is_not_what_was_asked(talk: Talk) -> None:
    said = await talk.created()
    less = said.amount_minor - 500
    talk.fault("wrong_amount", payment=said.provider_ref, amount=less)
    taken = await talk.pays(said)
    assert (taken.state, taken.amount_minor) == (AttemptState.CAPTURED, less)
    assert (await talk.hears_state(said, AttemptState.CAPTURED)).amount_minor == less


async def test_units_agree_with_the_other_side(talk: Talk) -> None:
    for currency, minor in talk.subject.units:
        said = await talk.paid(talk.ask(currency=currency, amount_minor=minor))
        assert sums(said) == (AttemptState.CAPTURED, minor, currency)


async def test_what_it_does_not_know_is_no_payment(talk: Talk) -> None:
    said = await talk.created()
    stranger = said.provider_ref[:-4] + "zzzz"
    assert not isinstance(await talk.provider.look_up(stranger), Said)
    assert not isinstance(await talk.provider.find(talk.ask().attempt_id), Said)


async def test_a_wrong_key_is_refused_and_nothing_else(talk: Talk) -> None:
    keys = {name: f"{key}_of_somebody_else" for name, key in talk.keys.items()}
    section = talk.subject.section(talk.sandbox.at(talk.subject.name), keys)
    async with http_client() as client:
        stranger = build(talk.subject, section, client)
        assert isinstance(await stranger.create(talk.ask()), Refused | Unknown)

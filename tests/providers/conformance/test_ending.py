"""Authorise, capture, void, and close: what is set aside is taken or let go, and never both."""

import pytest

from holdfast.payment.capture import capture_once
from holdfast.payment.payment import ENDED, OPEN, AttemptState
from holdfast.payment.provider import Deed, Refused, Said, Unknown
from tests.providers.conformance.talk import LONGER_MS, Talk

pytestmark = pytest.mark.anyio


def needs(talk: Talk, deed: Deed) -> None:
    if deed not in talk.provider.can.deeds:
        pytest.skip(f"it does not {deed}")


async def authorised(talk: Talk) -> Said:
    said = await talk.paid(talk.ask(authorise_only=True))
    assert (said.state, said.amount_minor) == (AttemptState.AUTHORIZED, talk.subject.amount_minor)
    return said


async def test_one_that_cannot_authorise_does_not_say_that_it_captured(talk: Talk) -> None:
    if Deed.AUTHORISE in talk.provider.can.deeds:
        pytest.skip("it can")
    said = await talk.created()
    answer = await talk.provider.capture(talk.attempted(said))
    assert not isinstance(answer, Said) or answer.state is not AttemptState.CAPTURED


async def test_what_is_set_aside_is_taken_once(talk: Talk) -> None:
    needs(talk, Deed.AUTHORISE)
    said = await authorised(talk)
    told = await talk.hears_state(said, AttemptState.AUTHORIZED)
    assert told.amount_minor == said.amount_minor
    taken = await talk.provider.capture(talk.attempted(said))
    assert isinstance(taken, Said)
    assert (taken.state, taken.amount_minor) == (AttemptState.CAPTURED, said.amount_minor)
    again = await talk.provider.capture(talk.attempted(said))
    assert isinstance(again, Refused) or (isinstance(again, Said) and again.amount_minor == said.amount_minor)
    assert (await talk.hears_state(said, AttemptState.CAPTURED)).amount_minor == said.amount_minor


async def test_a_part_may_be_taken_where_it_can(talk: Talk) -> None:
    needs(talk, Deed.PARTIAL_CAPTURE)
    said = await authorised(talk)
    taken = await talk.provider.capture(talk.attempted(said, 1_000))
    assert isinstance(taken, Said)
    assert (taken.state, taken.amount_minor) == (AttemptState.CAPTURED, 1_000)


async def test_more_than_is_set_aside_is_not_taken(talk: Talk) -> None:
    needs(talk, Deed.AUTHORISE)
    said = await authorised(talk)
    answer = await talk.provider.capture(talk.attempted(said, said.amount_minor + 1))
    assert isinstance(answer, Refused)
    assert (await talk.seen(said.provider_ref)).state is AttemptState.AUTHORIZED


async def test_what_is_set_aside_is_let_go_and_can_then_not_be_taken(talk: Talk) -> None:
    needs(talk, Deed.AUTHORISE)
    said = await authorised(talk)
    gone = await talk.provider.close(said.provider_ref)
    assert isinstance(gone, Said)
    if Deed.VOID not in talk.provider.can.deeds:
        assert gone.state is AttemptState.AUTHORIZED  # it lapses by itself
        return
    assert gone.state in ENDED
    assert (await talk.seen(said.provider_ref)).state in ENDED
    answer = await talk.provider.capture(talk.attempted(said))
    assert not isinstance(answer, Said) or answer.state in ENDED
    await talk.hears(said, lambda facts: isinstance(facts, Said) and facts.state in ENDED)


@pytest.mark.parametrize("fault", ["timeout_after_effect", "delay", "error_500", "error_429", "conflict_409"])
async def test_after_a_capture_without_a_clear_answer_it_is_taken_once(talk: Talk, fault: str) -> None:
    needs(talk, Deed.AUTHORISE)
    said = await authorised(talk)
    ms = {"ms": LONGER_MS} if fault in ("timeout_after_effect", "delay") else {}
    talk.fault(fault, on="capture", payment=said.provider_ref, **ms)
    assert isinstance(await talk.provider.capture(talk.attempted(said)), Unknown)
    answer: object = Unknown("not asked again yet")
    while isinstance(answer, Unknown):  # the first call may still be running over there
        answer = await capture_once(talk.provider, talk.attempted(said), again=1)
    now = await talk.seen(said.provider_ref)
    assert (now.state, now.amount_minor) == (AttemptState.CAPTURED, said.amount_minor)


async def test_a_closed_payment_cannot_be_paid_where_it_can_be_closed(talk: Talk) -> None:
    needs(talk, Deed.LOOK_UP)
    said = await talk.created()
    closed = await talk.provider.close(said.provider_ref)
    assert isinstance(closed, Said)
    again = await talk.provider.close(said.provider_ref)
    assert isinstance(again, Said)
    assert again.state is closed.state
    if closed.state in OPEN:
        return  # it has no such call: late money is the shop's matter
    assert closed.next_action is None
    talk.press(said.provider_ref, "pay", status=409)
    assert (await talk.seen(said.provider_ref)).state is closed.state


async def test_closing_what_was_paid_says_that_it_was_paid(talk: Talk) -> None:
    needs(talk, Deed.LOOK_UP)
    said = await talk.paid()
    closed = await talk.provider.close(said.provider_ref)
    assert isinstance(closed, Said)
    assert (closed.state, closed.amount_minor) == (AttemptState.CAPTURED, said.amount_minor)

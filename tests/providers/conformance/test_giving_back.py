"""Refunds and disputes: given back once, in parts, pending, failing late; and told of by event."""

import pytest
from msgspec.structs import replace

from holdfast.payment.provider import Deed, DisputeSaid, RefundSaid, Refused, Unknown
from holdfast.refund.ask_refund import refund_once
from tests.providers.conformance.talk import LONGER_MS, Talk

pytestmark = pytest.mark.anyio


def needs(talk: Talk, deed: Deed) -> None:
    if deed not in talk.provider.can.deeds:
        pytest.skip(f"it does not {deed}")


async def test_one_that_cannot_refund_leaves_it_to_a_person(talk: Talk) -> None:
    if Deed.REFUND in talk.provider.can.deeds:
        pytest.skip("it can")
    said = await talk.paid()
    answer = await talk.provider.refund(talk.to_refund(said))
    assert isinstance(answer, Refused)
    assert answer.by_hand


async def test_the_whole_is_given_back_once(talk: Talk) -> None:
    needs(talk, Deed.REFUND)
    said = await talk.paid()
    refund = talk.to_refund(said)
    given = await talk.provider.refund(refund)
    assert isinstance(given, RefundSaid)
    assert given.state in ("pending", "succeeded")
    assert (given.amount_minor, given.currency, given.live) == (said.amount_minor, said.currency, False)
    assert given.payment_ref in (said.provider_ref, said.charge_ref)
    again = await refund_once(talk.provider, refund, asked_before=True, again=1)
    assert isinstance(again, RefundSaid)
    assert again.provider_ref == given.provider_ref
    found = await talk.provider.find_refund(refund)
    assert isinstance(found, RefundSaid)
    assert found.provider_ref == given.provider_ref
    assert not isinstance(await talk.provider.refund(talk.to_refund(said, 100)), RefundSaid)


async def test_parts_are_given_back_up_to_the_whole(talk: Talk) -> None:
    needs(talk, Deed.PARTIAL_REFUND)
    said = await talk.paid()
    refunds = [talk.to_refund(said, 600), talk.to_refund(said, said.amount_minor - 600)]
    given = [await talk.provider.refund(refund) for refund in refunds]
    assert [one.amount_minor for one in given if isinstance(one, RefundSaid)] == [
        600,
        said.amount_minor - 600,
    ]
    for refund, one in zip(refunds, given, strict=True):
        found = await talk.provider.find_refund(refund)
        assert isinstance(found, RefundSaid)
        assert isinstance(one, RefundSaid)
        assert found.provider_ref == one.provider_ref
    assert not isinstance(await talk.provider.refund(talk.to_refund(said, 1_00)), RefundSaid)


async def test_more_than_was_taken_or_what_was_never_taken_is_not_given_back(talk: Talk) -> None:
    needs(talk, Deed.REFUND)
    paid, unpaid = await talk.paid(), await talk.created()
    for said, amount in ((paid, paid.amount_minor + 100), (unpaid, 100)):
        refund = talk.to_refund(said, amount)
        assert isinstance(await talk.provider.refund(refund), Refused)
        assert await talk.provider.find_refund(refund) is None or said is unpaid


async def test_a_refund_may_be_pending_and_then_succeed(talk: Talk) -> None:
    needs(talk, Deed.REFUND)
    said = await talk.paid()
    talk.fault("refund_pending", payment=said.provider_ref)
    refund = talk.to_refund(said)
    given = await talk.provider.refund(refund)
    assert isinstance(given, RefundSaid)
    assert given.state == "pending"
    talk.decide(given, "succeed")
    found = await talk.provider.find_refund(refund)
    assert isinstance(found, RefundSaid)
    assert found.state == "succeeded"


@pytest.mark.parametrize("fault", ["refund_fails", "refund_fails_after_success"])
async def test_a_refund_may_fail_also_after_it_succeeded(talk: Talk, fault: str) -> None:
    needs(talk, Deed.REFUND)
    said = await talk.paid()
    talk.fault(fault, payment=said.provider_ref)
    refund = talk.to_refund(said)
    given = await talk.provider.refund(refund)
    assert isinstance(given, RefundSaid)
    found: object = given
    while not isinstance(found, RefundSaid) or found.state != "failed":
        found = await talk.provider.find_refund(refund)


async def test_a_failing_refund_is_told_by_event(talk: Talk) -> None:
    needs(talk, Deed.REFUND)
    if not talk.subject.tells_refunds:
        pytest.skip("nobody is told of a refund: asking again is all there is")
    said = await talk.paid()
    talk.fault("refund_pending", payment=said.provider_ref)
    given = await talk.provider.refund(talk.to_refund(said))
    assert isinstance(given, RefundSaid)
    talk.decide(given, "fail")
    told = await talk.hears(given, lambda facts: isinstance(facts, RefundSaid) and facts.state == "failed")
    assert isinstance(told, RefundSaid)
    assert replace(told, reference=given.reference) == replace(given, state="failed")


@pytest.mark.parametrize(
    "fault", ["timeout_after_effect", "delay", "error_500", "error_429", "conflict_409", "garbage"]
)
async def test_after_a_refund_without_a_clear_answer_it_is_given_once(talk: Talk, fault: str) -> None:
    needs(talk, Deed.REFUND)
    said = await talk.paid()
    ms = {"ms": LONGER_MS} if fault in ("timeout_after_effect", "delay") else {}
    talk.fault(fault, on="refund", payment=said.provider_ref, **ms)
    refund = talk.to_refund(said)
    assert isinstance(await talk.provider.refund(refund), Unknown)
    while ms and not isinstance(await talk.provider.find_refund(refund), RefundSaid):
        pass  # the first call is still running over there; the shop asks again only after a minute
    answer: object = Unknown("not asked again yet")
    while isinstance(answer, Unknown):
        answer = await refund_once(talk.provider, refund, asked_before=True, again=1)
    assert isinstance(answer, RefundSaid)
    assert answer.amount_minor == said.amount_minor
    assert not isinstance(await talk.provider.refund(talk.to_refund(said, 100)), RefundSaid)


@pytest.mark.parametrize(("verb", "state"), [("opened", "open"), ("won", "won"), ("lost", "lost")])
async def test_a_dispute_is_told_by_event(talk: Talk, verb: str, state: str) -> None:
    needs(talk, Deed.DISPUTE)
    said = await talk.paid()
    talk.press(said.provider_ref, f"dispute_{verb}")
    told = await talk.hears(said, lambda facts: isinstance(facts, DisputeSaid) and facts.state == state)
    assert isinstance(told, DisputeSaid)
    assert (told.amount_minor, told.currency, told.live) == (said.amount_minor, said.currency, False)

"""Money that is set aside first and taken later, in rands only (gateways.md §4.4)."""

import httpx
import pytest

from holdfast.ids import mint
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Deed, RefundSaid, Refused, Said, Unknown
from tests.providers.paystack.things import (
    ATTEMPT,
    BANK,
    HELD,
    REFERENCE,
    Json,
    adapter,
    held,
    new_ask,
    no,
    paid,
    preauthorization,
    read,
    to_refund,
    transaction,
    yes,
)
from tests.providers.sandbox_server import Sandbox
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

LATER = {Deed.AUTHORISE, Deed.CAPTURE, Deed.VOID}
RANDS = {"currency": "ZAR", "amount_minor": 1600}


async def test_who_sets_money_aside_offers_nothing_but_rands(client: httpx.AsyncClient) -> None:
    at_once, later = adapter(client), adapter(client, preauthorise_days=1)
    assert not at_once.can.deeds & LATER
    assert later.can.deeds == at_once.can.deeds | LATER
    assert later.can.currencies == frozenset({"ZAR"})
    assert later.can.fits(1_00, "ZAR", "ZA")
    assert not later.can.fits(99, "ZAR", "ZA")
    assert at_once.can.currencies == frozenset({"GHS", "KES", "NGN", "USD", "ZAR"})


async def test_it_is_asked_for_under_a_reference_of_its_own_and_lapses_by_itself(
    script: Told, client: httpx.AsyncClient
) -> None:
    paystack, ask = adapter(client, script.url, preauthorise_days=7), new_ask(**RANDS)
    script.answer(500, b"")
    await paystack.create(ask)
    await paystack.create(new_ask(**RANDS, authorise_only=True))
    (_, at_once, _, first), (_, later, _, second) = script.asked
    assert (at_once, later) == ("/transaction/initialize", "/preauthorization/initialize")
    assert "expire_action" not in first
    assert (second["expire_action"], second["expire_after_days"]) == ("release", 7)
    assert (second["currency"], second["amount"]) == ("ZAR", "1600")
    assert second["reference"].startswith("att-")


async def test_without_the_setting_it_is_taken_at_once(script: Told, client: httpx.AsyncClient) -> None:
    script.answer(500, b"")
    await adapter(client, script.url).create(new_ask(**RANDS, authorise_only=True))
    assert script.asked[0][1] == "/transaction/initialize"


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({}, (AttemptState.AUTHORIZED, 1600, None)),
        ({"status": "captured"}, (AttemptState.CAPTURED, 1600, None)),
        (
            {"status": "captured", "captured_amount": "1000", "transaction_id": "1504264401"},
            (AttemptState.CAPTURED, 1000, "1504264401"),
        ),
        ({"status": "capture_failed", "captured_amount": "1000"}, (AttemptState.AUTHORIZED, 1600, None)),
        ({"status": "release_failed"}, (AttemptState.AUTHORIZED, 1600, None)),
        ({"status": "released"}, (AttemptState.CANCELLED, 1600, None)),
        ({"status": "ongoing"}, (AttemptState.REQUIRES_ACTION, 1600, None)),
        ({"status": "abandoned"}, (AttemptState.PENDING, 1600, None)),
        ({"status": "failed"}, (AttemptState.FAILED, 1600, None)),
        ({"status": "success"}, None),
        ({"reference": "att-01JD0000000000000000000002"}, None),
        ({"amount": None}, None),
        ({"status": "captured", "captured_amount": "a lot"}, None),
    ],
    ids=str,
)
async def test_its_verification_says_where_it_stands(
    script: Told, client: httpx.AsyncClient, fields: Json, seen: tuple[AttemptState, int, str | None] | None
) -> None:
    script.answer(200, yes(preauthorization(**fields)))
    said = await adapter(client, script.url).look_up(HELD)
    assert script.asked[0][1] == f"/preauthorization/verify/{HELD}"
    if seen is None:
        assert isinstance(said, Unknown)
        return
    assert isinstance(said, Said)
    assert (said.state, said.amount_minor, said.charge_ref) == seen
    assert (said.provider_ref, said.reference, said.live) == (HELD, ATTEMPT, False)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"status": "failed", "gateway_response": "Insufficient Funds"}, "capture_failed"),
        ({"status": "capture_failed"}, "capture_failed"),
        ({"status": "ongoing"}, None),
        ({}, None),
        (None, None),
    ],
    ids=str,
)
async def test_a_capture_that_was_attempted_is_not_one_that_was_made(
    script: Told, client: httpx.AsyncClient, data: Json | None, code: str | None
) -> None:
    script.answer(200, yes(data))
    answer = await adapter(client, script.url).capture(held())
    if code is None:
        assert isinstance(answer, Unknown)
    else:
        assert isinstance(answer, Refused)
        assert answer.code == code
    assert len(script.asked) == 1
    assert script.asked[0][3] == {"reference": HELD, "currency": "ZAR", "amount": "1600"}


async def test_a_transaction_cannot_be_captured(script: Told, client: httpx.AsyncClient) -> None:
    paystack = adapter(client, script.url, preauthorise_days=5)
    answer = await paystack.capture(held(provider_ref=REFERENCE))
    assert isinstance(answer, Refused)
    assert script.asked == []


async def test_after_a_release_without_an_answer_nothing_is_said(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    paystack = adapter(client, bank.at(BANK), preauthorise_days=5)
    said = await paid(paystack, bank, **RANDS, authorise_only=True)
    bank.fault("garbage", payment=said.provider_ref, on="cancel")
    assert isinstance(await paystack.close(said.provider_ref), Unknown)
    gone = await paystack.close(said.provider_ref)
    assert isinstance(gone, Said)
    assert gone.state is AttemptState.CANCELLED


async def test_one_that_lapses_is_let_go(bank: Sandbox, client: httpx.AsyncClient) -> None:
    paystack = adapter(client, bank.at(BANK), preauthorise_days=5)
    said = await paid(paystack, bank, **RANDS, authorise_only=True)
    bank.control("POST", f"/payments/{said.provider_ref}/expire")
    now = await paystack.look_up(said.provider_ref)
    assert isinstance(now, Said)
    assert now.state is AttemptState.CANCELLED


async def test_it_is_found_under_either_reference_and_only_then_not_at_all(
    script: Told, bank: Sandbox, client: httpx.AsyncClient
) -> None:
    paystack = adapter(client, bank.at(BANK), preauthorise_days=5)
    for later in (True, False):
        ask = new_ask(**RANDS, authorise_only=later)
        made = await paystack.create(ask)
        assert isinstance(made, Said)
        found = await paystack.find(ask.attempt_id)
        assert isinstance(found, Said)
        assert found.provider_ref == made.provider_ref
    assert await paystack.find(new_ask().attempt_id) is None
    script.answer(403, no("This feature is not available"))
    assert isinstance(
        await adapter(client, script.url, preauthorise_days=5).find(new_ask().attempt_id), Unknown
    )


@pytest.mark.parametrize(
    ("kind", "fields", "state", "amount"),
    [
        ("reserve.success", {"captured_amount": None}, AttemptState.AUTHORIZED, 1600),
        (
            "capture.success",
            {"status": "captured", "captured_amount": "1000", "transaction_id": "1504264401"},
            AttemptState.CAPTURED,
            1000,
        ),
        ("capture.failed", {"status": "capture_failed"}, AttemptState.AUTHORIZED, 1600),
        ("release.success", {"status": "released"}, AttemptState.CANCELLED, 1600),
        ("release.failed", {"status": "release_failed"}, AttemptState.AUTHORIZED, 1600),
    ],
)
async def test_its_events_say_what_became_of_it(
    client: httpx.AsyncClient, kind: str, fields: Json, state: AttemptState, amount: int
) -> None:
    event = read(adapter(client), f"preauthorization.{kind}", preauthorization(**fields))
    assert isinstance(event.facts, Said)
    assert (event.facts.state, event.facts.amount_minor) == (state, amount)
    assert event.facts.reference == ATTEMPT


async def test_a_success_told_of_the_transaction_is_one_of_the_pre_authorisation(
    client: httpx.AsyncClient,
) -> None:
    told = transaction(reference=HELD, channel="preauth", currency="ZAR")
    said = read(adapter(client), "charge.success", told).facts
    assert isinstance(said, Said)
    assert (said.provider_ref, said.reference, said.state) == (HELD, ATTEMPT, AttemptState.CAPTURED)


@pytest.mark.parametrize("knows_charge", [True, False])
async def test_its_refunds_are_found_by_the_transaction_that_took_it(
    bank: Sandbox, client: httpx.AsyncClient, knows_charge: bool
) -> None:
    paystack = adapter(client, bank.at(BANK), preauthorise_days=5)
    said = await paid(paystack, bank, **RANDS, authorise_only=True)
    taken = await paystack.capture(held(provider_ref=said.provider_ref))
    assert isinstance(taken, Said)
    refund = to_refund(
        provider_ref=said.provider_ref,
        charge_ref=taken.charge_ref if knows_charge else None,
        refund_id=mint("rfd"),
        currency="ZAR",
    )
    given = await paystack.refund(refund)
    assert isinstance(given, RefundSaid)
    found = await paystack.find_refund(refund)
    assert isinstance(found, RefundSaid)
    assert (found.provider_ref, found.reference) == (given.provider_ref, refund.refund_id)

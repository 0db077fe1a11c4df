"""Refunds: without a key of their own, told apart by the merchant's note (gateways.md §4.5)."""

import httpx
import pytest
from msgspec.structs import replace

from holdfast.ids import mint
from holdfast.payment.provider import Proof, RefundSaid, Refused, Unknown
from tests.providers.paystack.things import (
    BANK,
    REFERENCE,
    REFUND,
    Json,
    adapter,
    no,
    paid,
    read,
    refund_news,
    refund_row,
    to_refund,
    transaction,
    yes,
)
from tests.providers.sandbox_server import Sandbox
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

LISTED = RefundSaid("3018284", REFERENCE, "pending", 500, "GHS", live=False, reference=REFUND)


def page(*rows: Json, total: object = None) -> Json:
    count = len(rows) if total is None else total
    return yes(list(rows), meta={"total": count, "skipped": 0, "perPage": 50, "page": 1, "pageCount": 1})


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "pending"),
        ({"status": "processing"}, "pending"),
        ({"status": "needs-attention"}, "pending"),
        ({"status": "processed"}, "succeeded"),
        ({"status": "failed"}, "failed"),
        ({"transaction": transaction()}, "pending"),
        ({"transaction": "3090026842001", "amount": "500", "id": "3018284"}, "pending"),
        ({"status": "retried"}, None),
        ({"amount": None}, None),
        ({"id": None}, None),
    ],
    ids=str,
)
async def test_a_refund_is_asked_for_with_our_id_in_its_note(
    script: Told, client: httpx.AsyncClient, fields: Json, state: str | None
) -> None:
    script.answer(200, yes(refund_row(**fields)))
    said = await adapter(client, script.url).refund(to_refund())
    ((method, path, _, asked),) = script.asked
    assert (method, path) == ("POST", "/refund")
    assert asked == {"transaction": REFERENCE, "amount": 500, "currency": "GHS", "merchant_note": REFUND}
    if state is None:
        assert isinstance(said, Unknown)
        return
    assert said == RefundSaid("3018284", REFERENCE, state, 500, "GHS", live=False, reference=REFUND)


async def test_a_refund_that_is_refused_is_not_made(script: Told, client: httpx.AsyncClient) -> None:
    script.answer(400, no("Transaction has been fully reversed", code="transaction_reversed"))
    answer = await adapter(client, script.url).refund(to_refund())
    assert answer == Refused("transaction_reversed", "Transaction has been fully reversed")


async def test_a_refund_that_was_made_before_is_not_refused(bank: Sandbox, client: httpx.AsyncClient) -> None:
    paystack = adapter(client, bank.at(BANK))
    said = await paid(paystack, bank)
    bank.fault("refund_pending", payment=said.provider_ref)
    refund = to_refund(
        provider_ref=said.provider_ref, charge_ref=said.charge_ref, amount_minor=said.amount_minor
    )
    given = await paystack.refund(refund)
    assert isinstance(given, RefundSaid)
    assert await paystack.refund(refund) == given
    another = replace(refund, refund_id=mint("rfd"))
    assert isinstance(await paystack.refund(another), Refused)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (page(), None),
        (page(refund_row()), LISTED),
        (page(refund_row(merchant_note="by hand"), refund_row(id=1, merchant_note=None)), None),
        (page(refund_row(id=1, merchant_note="rfd_01JD0000000000000000000002")), None),
        (page(refund_row(id=7, merchant_note="by hand"), refund_row()), LISTED),
        (page(refund_row(transaction=1)), None),
        (page(refund_row(), total="40000"), LISTED),
        (page(refund_row(transaction=1), total=40_000), Unknown),
        (page(refund_row(merchant_note=""), total=2), Unknown),
        (page(refund_row(status="retried")), Unknown),
        (page(refund_row(transaction=1, status="retried")), None),
        (page(refund_row(amount="much")), Unknown),
        (yes([refund_row()]), Unknown),
        (yes({}, meta={"total": 0}), Unknown),
        ({"status": False, "data": [], "meta": {"total": 0}}, Unknown),
    ],
    ids=lambda value: ascii(value)[:40],
)
async def test_only_the_refund_with_our_note_is_ours_and_only_a_whole_list_says_that_there_is_none(
    script: Told, client: httpx.AsyncClient, answer: Json, found: object
) -> None:
    script.answer(200, answer)
    said = await adapter(client, script.url).find_refund(to_refund())
    assert script.asked[0][1] == "/refund?transaction=3090026842001&perPage=50"
    assert isinstance(said, Unknown) if found is Unknown else said == found


@pytest.mark.parametrize(("status", "answer"), [(401, no("Invalid key")), (400, no("not found")), (500, {})])
async def test_a_list_that_was_refused_says_nothing(
    script: Told, client: httpx.AsyncClient, status: int, answer: Json
) -> None:
    script.answer(status, answer)
    paystack = adapter(client, script.url)
    for refund in (to_refund(), to_refund(charge_ref=None)):
        assert isinstance(await paystack.find_refund(refund), Unknown)


async def test_of_several_refunds_of_the_same_amount_each_is_found(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    paystack = adapter(client, bank.at(BANK))
    said = await paid(paystack, bank)
    refunds = [
        to_refund(refund_id=mint("rfd"), provider_ref=said.provider_ref, charge_ref=charge)
        for charge in (said.charge_ref, said.charge_ref, None)
    ]
    given = [await paystack.refund(refund) for refund in refunds]
    bank.control("POST", f"/payments/{said.provider_ref}/refund", {"amount": 500})
    for refund, one in zip(refunds, given, strict=True):
        assert isinstance(one, RefundSaid)
        found = await paystack.find_refund(refund)
        assert isinstance(found, RefundSaid)
        assert (found.provider_ref, found.reference) == (one.provider_ref, refund.refund_id)
    lost = to_refund(refund_id=mint("rfd"), provider_ref=said.provider_ref, charge_ref=said.charge_ref)
    assert await paystack.find_refund(lost) is None


async def test_one_that_needs_attention_is_pending(bank: Sandbox, client: httpx.AsyncClient) -> None:
    paystack = adapter(client, bank.at(BANK))
    said = await paid(paystack, bank)
    bank.fault("refund_pending", payment=said.provider_ref)
    refund = to_refund(provider_ref=said.provider_ref, charge_ref=said.charge_ref)
    given = await paystack.refund(refund)
    assert isinstance(given, RefundSaid)
    bank.control("POST", f"/refunds/{given.provider_ref}/need_attention")
    assert await paystack.find_refund(refund) == given


# ── what events tell ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "there", "meant"),
    [
        ("processed", ["succeed"], 0),
        ("processed", ["", "succeed", ""], 1),
        ("processed", ["succeed", "succeed"], 1),
        ("processed", ["fail"], 0),
        ("processed", [""], 0),
        ("pending", ["succeed", ""], 1),
        ("failed", ["succeed", "fail", ""], 1),
        ("failed", ["fail", "fail"], None),
        ("failed", ["succeed", ""], None),
        ("processed", [], None),
    ],
    ids=str,
)
async def test_news_of_a_refund_is_a_hint_and_the_list_tells_which_one_is_meant(
    bank: Sandbox, client: httpx.AsyncClient, told: str, there: list[str], meant: int | None
) -> None:
    paystack = adapter(client, bank.at(BANK))
    payment = await paid(paystack, bank)
    ref = payment.provider_ref
    bank.fault("refund_pending", payment=ref, count=len(there) + 1)
    other = await paystack.refund(to_refund(refund_id=mint("rfd"), provider_ref=ref, amount_minor=400))
    given = [await paystack.refund(to_refund(refund_id=mint("rfd"), provider_ref=ref)) for _ in there]
    for one, verb in zip([other, *given], ["succeed", *there], strict=True):
        assert isinstance(one, RefundSaid)
        if verb:
            bank.control("POST", f"/refunds/{one.provider_ref}/{verb}")
    event = read(paystack, f"refund.{told}", refund_news(status=told, transaction_reference=ref))
    assert isinstance(event.facts, RefundSaid)
    assert (event.proof, event.facts.provider_ref, event.facts.payment_ref) == (Proof.ASK, "", ref)
    said = await paystack.confirm(event)
    if meant is None:
        assert isinstance(said, Unknown)
        return
    assert isinstance(said, RefundSaid)
    now = {"succeed": "succeeded", "fail": "failed", "": "pending"}[there[meant]]
    assert said == replace(given[meant], state=now)


async def test_news_of_a_refund_whose_payment_cannot_be_asked_about_is_not_confirmed(
    script: Told, client: httpx.AsyncClient
) -> None:
    paystack = adapter(client, script.url)
    event = read(paystack, "refund.processed", refund_news())
    for status, answer in ((500, {}), (401, no("Invalid key")), (200, yes(transaction()))):
        script.answer(status, answer)
        assert isinstance(await paystack.confirm(event), Unknown)


async def test_news_with_an_id_says_which_refund_it_is_of(client: httpx.AsyncClient) -> None:
    told = refund_news(status="needs-attention", id="3018284", refund_reference=None, merchant_note=REFUND)
    paystack = adapter(client)
    event = read(paystack, "refund.needs-attention", told)
    assert (event.proof, event.facts) == (Proof.SIGNED, LISTED)
    assert await paystack.confirm(event) == LISTED


async def test_news_of_a_state_that_nobody_knows_has_no_facts(client: httpx.AsyncClient) -> None:
    paystack = adapter(client)
    event = read(paystack, "refund.retried", refund_news(status="retried"))
    assert event.facts is None
    assert await paystack.confirm(event) is None


async def test_the_same_news_of_two_refunds_are_two_events_once_they_have_references(
    client: httpx.AsyncClient,
) -> None:
    paystack = adapter(client)
    keys = {
        read(paystack, "refund.processed", refund_news(refund_reference=reference)).key
        for reference in ("132013318360", "TRF_9vgfawjnoz58uxy", 132013318361, None)
    }
    assert len(keys) == 4

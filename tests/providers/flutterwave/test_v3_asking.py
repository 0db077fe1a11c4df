"""What v3 is asked, and what its answers mean (gateways.md §5.1)."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from holdfast import clock
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import RefundSaid, Refused, Said, Unknown
from holdfast.payment.providers.flutterwave.v3_meaning import checksum
from holdfast.sandbox.providers.flutterwave.account import KEYS
from tests.providers.flutterwave.things import (
    BANK,
    NONE_FOUND,
    OURS,
    TX_REF,
    Json,
    new_ask,
    paid,
    refund_of,
    transaction,
    v3,
    yes,
)
from tests.providers.sandbox_server import Sandbox
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

VECTORS = Path(__file__).parents[4] / "shared" / "webhook_vectors.json"


def recorded_hashes() -> list[Any]:
    if not VECTORS.exists():
        return []
    vectors = json.loads(VECTORS.read_text())
    found = [v for v in vectors if (v["provider"], v["kind"]) == ("flutterwave_v3", "payload_hash")]
    return [pytest.param(vector, id=vector["id"]) for vector in found]


# ── collecting ────────────────────────────────────────────────────────────────────────────────


async def test_a_link_is_asked_for_as_the_documentation_says(script: Told, client: httpx.AsyncClient) -> None:
    clock.stop(datetime(2026, 11, 21, tzinfo=UTC))
    try:
        ask = new_ask(expires_at=clock.now() + timedelta(minutes=15, seconds=30))
        script.answer(400, NONE_FOUND)
        await v3(client, script.url, payload_hash=True).create(ask)
    finally:
        clock.go()
    (looked, address, headers, _), (asked, where, _, body) = script.asked
    reference = f"{ask.attempt_id.replace('_', '')}-NGN-250050"
    assert (looked, address) == ("GET", f"/v3/transactions/verify_by_reference?tx_ref={reference}")
    assert (asked, where) == ("POST", "/v3/payments")
    assert headers["authorization"] == f"Bearer {KEYS['secret_key']}"
    assert body == {
        "tx_ref": reference,
        "amount": 2500.5,
        "currency": "NGN",
        "redirect_url": ask.return_url,
        "customer": {"email": "ada@example.test"},
        "customizations": {"title": "Order 1001"},
        "meta": {"order_id": ask.order_id, "attempt_id": ask.attempt_id},
        "session_duration": 15,
        "payload_hash": checksum(
            "2500.5", "NGN", "ada@example.test", reference, secret_key=KEYS["secret_key"]
        ),
    }


@pytest.mark.parametrize("vector", recorded_hashes())
def test_a_checksum_is_made_as_recorded(vector: Json) -> None:
    params: dict[str, str] = dict(vector["params"])
    recorded = params.pop("payload_hash")
    assert (checksum(**params, secret_key=vector["secret"]) == recorded) is vector["valid"], vector["why"]


def test_the_checksums_are_here() -> None:
    if not VECTORS.exists():
        pytest.skip(f"the recorded vectors are not at {VECTORS}")
    assert len(recorded_hashes()) == 2


@pytest.mark.parametrize(
    ("left", "minutes"),
    [(timedelta(days=3), 1_440), (timedelta(seconds=59), 1), (timedelta(minutes=-5), 1), (None, None)],
)
async def test_the_link_ends_with_the_hold_as_far_as_it_can(
    script: Told, client: httpx.AsyncClient, left: timedelta | None, minutes: int | None
) -> None:
    script.answer(400, NONE_FOUND)
    ask = new_ask(expires_at=clock.now() + left if left else None)
    await v3(client, script.url).create(ask)
    assert script.asked[-1][3].get("session_duration") == minutes


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (250_000, "NGN", 2500),
        (250_050, "NGN", 2500.5),
        (250_055, "NGN", 2500.55),
        (500, "XOF", 500),
        (1, "USD", 0.01),
    ],
)
async def test_amounts_are_numbers_of_major_units(
    script: Told, client: httpx.AsyncClient, amount: int, currency: str, written: float
) -> None:
    script.answer(400, NONE_FOUND)
    await v3(client, script.url).create(new_ask(amount_minor=amount, currency=currency))
    assert script.asked[-1][3]["amount"] == written


async def test_a_buyer_without_an_email_is_not_asked_for(script: Told, client: httpx.AsyncClient) -> None:
    answer = await v3(client, script.url).create(new_ask(email=None))
    assert isinstance(answer, Refused)
    assert (answer.code, script.asked) == ("email_needed", [])


@pytest.mark.parametrize("status", [500, 503, 429, 200])
async def test_where_looking_first_brings_no_clear_answer_no_link_is_made(
    script: Told, client: httpx.AsyncClient, status: int
) -> None:
    script.answer(status, {"status": "error", "message": "An error occurred"})
    assert isinstance(await v3(client, script.url).create(new_ask()), Unknown)
    assert [method for method, *_ in script.asked] == ["GET"]


async def test_a_second_link_is_made_only_where_nobody_pays_or_has_paid(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    flutterwave, ask = v3(client, bank.at(BANK)), new_ask()
    first = await flutterwave.create(ask)
    assert isinstance(first, Said)
    bank.control("POST", f"/payments/{first.provider_ref}/decline")
    second = await flutterwave.create(ask)
    assert isinstance(second, Said)
    assert second.next_action != first.next_action
    assert replace(second, next_action=first.next_action) == first
    bank.control("POST", f"/payments/{first.provider_ref}/pay")
    third = await flutterwave.create(ask)
    assert isinstance(third, Said)
    assert (third.state, third.next_action) == (AttemptState.CAPTURED, None)


async def test_a_wrong_checksum_would_be_refused_and_ours_is_not(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    flutterwave = v3(client, bank.at(BANK), payload_hash=True)
    for amount, currency in ((250_000, "NGN"), (500, "XOF"), (250_055, "KES")):
        ask = new_ask(amount_minor=amount, currency=currency)
        assert isinstance(await flutterwave.create(ask), Said)


# ── reading ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "state", "declined"),
    [
        ({}, AttemptState.CAPTURED, None),
        ({"status": "pending"}, AttemptState.PENDING, None),
        (
            {"status": "failed", "processor_response": "Insufficient Funds"},
            AttemptState.PENDING,
            "Insufficient Funds",
        ),
        ({"status": "failed", "processor_response": None}, AttemptState.PENDING, "declined"),
    ],
)
async def test_a_transaction_says_where_its_link_stands(
    script: Told, client: httpx.AsyncClient, fields: Json, state: AttemptState, declined: str | None
) -> None:
    script.answer(200, yes(transaction(**fields)))
    said = await v3(client, script.url).look_up(TX_REF)
    assert isinstance(said, Said)
    assert (said.state, said.declined, said.reference) == (state, declined, OURS)
    assert (said.amount_minor, said.currency) == (250_050, "NGN"), "what was charged has fees in it"
    assert said.charge_ref == ("408136501" if state is AttemptState.CAPTURED else None)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "reversed"},
        {"status": "completed-ish"},
        {"status": None},
        {"tx_ref": "att01JD0000000000000000000002-NGN-250050"},
        {"amount": 2500.505},
        {"amount": -1},
        {"amount": "a lot"},
        {"amount": True},
        {"amount": None},
        {"currency": "naira"},
        {"id": "x"},
        {"id": 2**63},
    ],
    ids=str,
)
async def test_an_answer_that_is_not_understood_is_unknown(
    script: Told, client: httpx.AsyncClient, fields: Json
) -> None:
    script.answer(200, yes(transaction(**fields)))
    assert isinstance(await v3(client, script.url).look_up(TX_REF), Unknown)


async def test_an_amount_keeps_every_digit(script: Told, client: httpx.AsyncClient) -> None:
    body = json.dumps(yes(transaction())).replace("2500.5", "89999999999999.99")
    script.answer(200, body.encode())
    said = await v3(client, script.url).look_up(TX_REF)
    assert isinstance(said, Said)
    assert said.amount_minor == 8_999_999_999_999_999


@pytest.mark.parametrize(
    ("reference", "known"),
    [
        (TX_REF, True),
        ("att01JD0000000000000000000001-NGN-99999999999999999", False),
        ("att01JD0000000000000000000001-NGN-9999999999999999", False),
        ("att01JD0000000000000000000001-naira-1", False),
        ("ORD-4001-A1", False),
        ("att01JD0000000000000000000001", False),
    ],
)
async def test_a_link_that_nobody_has_tried_waits_with_what_its_reference_says(
    script: Told, client: httpx.AsyncClient, reference: str, known: bool
) -> None:
    script.answer(400, NONE_FOUND)
    said = await v3(client, script.url).look_up(reference)
    assert isinstance(said, Said if known else Refused)
    if isinstance(said, Said):
        assert (said.state, said.amount_minor, said.currency, said.reference) == (
            AttemptState.PENDING, 250_050, "NGN", OURS,
        )  # fmt: skip


@pytest.mark.parametrize("message", ["Invalid authorization key", "Something else", "Transaction not found"])
async def test_another_refusal_says_nothing_of_a_link(
    script: Told, client: httpx.AsyncClient, message: str
) -> None:
    script.answer(400, {"status": "error", "message": message, "data": None})
    said = await v3(client, script.url).look_up(TX_REF)
    assert isinstance(said, Refused)
    assert (said.message, said.code) == (message, message.lower().replace(" ", "_"))


# ── giving back ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("completed", "succeeded"),
        ("completed-mpgs", "succeeded"),
        ("completed-bank-transfer", "succeeded"),
        ("failed", "failed"),
        ("failed-momo", "failed"),
        ("processing", "pending"),
        ("new", "pending"),
        ("incompleted", "pending"),
        ("", "pending"),
    ],
)
async def test_a_refund_is_done_or_failed_by_how_its_status_begins(
    script: Told, client: httpx.AsyncClient, status: str, state: str
) -> None:
    said = Said(TX_REF, AttemptState.CAPTURED, 250_050, "NGN", live=False, charge_ref="408136501")
    refund = refund_of(said, 60_050)
    made = {"id": 75923, "tx_id": 408136501, "amount_refunded": 600.5, "status": status}
    script.answer(200, yes(made | {"comments": refund.refund_id}))
    answer = await v3(client, script.url).refund(refund)
    ((method, address, _, body),) = script.asked
    assert (method, address) == ("POST", "/v3/transactions/408136501/refund")
    assert body == {"amount": 600.5, "comments": refund.refund_id}
    assert answer == RefundSaid(
        "75923", "408136501", state, 60_050, "NGN", live=False, reference=refund.refund_id
    )


async def test_a_refund_of_another_transaction_is_none_of_ours(
    script: Told, client: httpx.AsyncClient
) -> None:
    said = Said(TX_REF, AttemptState.CAPTURED, 250_050, "NGN", live=False, charge_ref="408136501")
    made = {"id": 75923, "tx_id": 1, "amount_refunded": 600.5, "status": "completed"}
    script.answer(200, yes(made))
    assert isinstance(await v3(client, script.url).refund(refund_of(said, 60_050)), Unknown)


async def test_a_refund_is_found_on_whichever_page_it_is(bank: Sandbox, client: httpx.AsyncClient) -> None:
    flutterwave = v3(client, bank.at(BANK))
    said = await paid(flutterwave, bank)
    refunds = [refund_of(said, 100 + n) for n in range(12)]
    for refund in refunds:
        assert isinstance(await flutterwave.refund(refund), RefundSaid)
    for refund in (refunds[0], refunds[-1]):
        found = await flutterwave.find_refund(refund)
        assert isinstance(found, RefundSaid)
        assert (found.amount_minor, found.reference) == (refund.amount_minor, refund.refund_id)
    assert await flutterwave.find_refund(refund_of(said, 100)) is None


async def test_where_the_money_lies_is_looked_up_if_nobody_has_told(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    flutterwave = v3(client, bank.at(BANK))
    said = await paid(flutterwave, bank)
    refund = replace(refund_of(said, 100), charge_ref=None)
    assert await flutterwave.find_refund(refund) is None
    given = await flutterwave.refund(refund)
    assert isinstance(given, RefundSaid)
    assert given.payment_ref == said.charge_ref
    assert isinstance(await flutterwave.find_refund(refund), RefundSaid)


@pytest.mark.parametrize("answer", [yes(None), yes([{"id": 1}]), yes([], meta=1), NONE_FOUND], ids=str)
async def test_a_list_that_is_not_understood_says_nothing(
    script: Told, client: httpx.AsyncClient, answer: Json
) -> None:
    said = Said(TX_REF, AttemptState.CAPTURED, 250_050, "NGN", live=False, charge_ref="408136501")
    script.answer(200, answer)
    assert isinstance(await v3(client, script.url).find_refund(refund_of(said, 100)), Unknown)


async def test_a_list_without_an_end_is_not_looked_through_for_ever(
    script: Told, client: httpx.AsyncClient
) -> None:
    said = Said(TX_REF, AttemptState.CAPTURED, 250_050, "NGN", live=False, charge_ref="408136501")
    row = {"id": 1, "amount_refunded": 1, "status": "completed", "comment": "on the dashboard"}
    script.answer(200, yes([row]))
    assert isinstance(await v3(client, script.url).find_refund(refund_of(said, 100)), Unknown)
    assert 1 < len(script.asked) <= 20

"""What the adapter asks of a bank, and what it makes of the answers (gateways.md §8, §10)."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import ProviderEvent, RefundAsk, Refused, Said, Unknown
from holdfast.payment.providers.signed_callback.account import AWASH, CBE_BIRR, Brand, request_signature
from tests.providers.signed_callback.things import (
    HOOK,
    OURS,
    REFERENCE,
    Json,
    adapter,
    made,
    new_ask,
    payment,
)
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

VECTORS = Path(__file__).parents[4] / "shared" / "webhook_vectors.json"
NOT_FOUND = {"code": "payment_not_found", "message": "no"}


def recorded_requests() -> list[Any]:
    if not VECTORS.exists():
        return []
    vectors = json.loads(VECTORS.read_text())
    return [v for v in vectors if (v["provider"], v["kind"]) == ("cbe_birr", "request_signature")]


# ── asking ────────────────────────────────────────────────────────────────────────────────────


async def test_a_payment_is_asked_for_as_the_convention_says(script: Told, client: httpx.AsyncClient) -> None:
    addis_ababa = timezone(timedelta(hours=3))
    ask = new_ask(expires_at=datetime(2026, 11, 21, 13, 15, 0, 999, tzinfo=addis_ababa))
    script.answer(201, made(ask))
    said = await adapter(client, f"{script.url}/v1/").create(ask)
    ((method, path, headers, asked),) = script.asked
    assert (method, path) == ("POST", "/v1/payments")
    assert headers["authorization"] == "Bearer key_1"
    assert headers["idempotency-key"] == f"create:{ask.attempt_id}"
    assert asked == {
        "reference": ask.attempt_id.replace("_", ""),
        "amount": "1250.00",
        "currency": "ETB",
        "description": "Order 1001",
        "callback_url": HOOK,
        "return_url": ask.return_url,
        "expires_at": "2026-11-21T10:15:00Z",
    }
    assert said == Said(
        provider_ref=asked["reference"],
        state=AttemptState.PENDING,
        amount_minor=125_000,
        currency="ETB",
        live=False,
        reference=ask.attempt_id,
        next_action={"type": "redirect", "url": "https://bank.example/pay/1"},
        charge_ref="FT1",
    )


async def test_what_has_no_end_and_no_page_is_asked_for_all_the_same(
    script: Told, client: httpx.AsyncClient
) -> None:
    ask = new_ask()
    script.answer(200, made(ask, redirect_url=None))
    said = await adapter(client, script.url).create(ask)
    assert isinstance(said, Said)
    assert said.next_action is None
    assert "expires_at" not in script.asked[0][3]


@pytest.mark.parametrize(("amount", "currency"), [(125_000, "USD"), (500, "JPY")])
@pytest.mark.parametrize("brand", [CBE_BIRR, AWASH], ids=lambda brand: brand.name)
async def test_only_birr_is_asked_for(
    script: Told, client: httpx.AsyncClient, amount: int, currency: str, brand: Brand
) -> None:
    bank = adapter(client, script.url, brand=brand)
    assert not bank.can.fits(amount, currency, None)
    answer = await bank.create(new_ask(amount_minor=amount, currency=currency))
    assert isinstance(answer, Refused)
    assert (answer.code, script.asked) == ("amount_not_payable", [])


@pytest.mark.parametrize("vector", recorded_requests(), ids=lambda vector: vector["id"])
def test_a_recorded_request_is_judged_as_recorded(vector: Json) -> None:
    fields = {name: text for name, text in vector["params"].items() if name != "signature"}
    made_here = request_signature(fields, vector["secret"])
    assert (made_here == vector["params"]["signature"]) is vector["valid"], vector["why"]


async def test_a_request_is_signed_where_the_bank_wants_that(script: Told, client: httpx.AsyncClient) -> None:
    ask = new_ask()
    script.answer(201, made(ask))
    await adapter(client, script.url, hashing_key="hashing_key_1").create(ask)
    asked = script.asked[0][3]
    assert asked.pop("signature") == request_signature(asked, "hashing_key_1")
    assert "key" not in asked


async def test_a_bank_may_name_fields_otherwise(script: Told, client: httpx.AsyncClient) -> None:
    names = (
        "reference=order.id",
        "amount=paidAmount",
        "signature=hash",
        "transaction_id=txn",
        "status=state",
    )
    bank = adapter(client, script.url, fields=names, hashing_key="hashing_key_1")
    ask = new_ask()
    reference = ask.attempt_id.replace("_", "")
    script.answer(201, {"order.id": reference, "txn": "FT1", "state": "pending", "reference": "another"})
    assert isinstance(await bank.create(ask), Said)
    asked = script.asked[0][3]
    assert (asked["order.id"], asked["paidAmount"]) == (reference, "1250.00")
    assert asked.pop("hash") == request_signature(asked, "hashing_key_1")
    assert not {"reference", "amount", "signature"} & {*asked}
    shown = {
        "order.id": reference,
        "txn": "FT1",
        "state": "succeeded",
        "paidAmount": 1250.5,
        "currency": "ETB",
    }
    script.answer(200, shown)
    said = await bank.look_up(reference)
    assert isinstance(said, Said)
    assert (said.state, said.amount_minor, said.charge_ref) == (AttemptState.CAPTURED, 125_050, "FT1")


# ── answers ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "anothers"},
        {"reference": None},
        {"transaction_id": ""},
        {"transaction_id": "a\0b"},
        {"status": "succeeded"},
        {"status": "PENDING"},
        {"status": None},
        {"redirect_url": "javascript:alert(1)"},
        {"redirect_url": "https://bank.example/\0"},
        {"redirect_url": {"url": "https://bank.example/"}},
    ],
    ids=str,
)
async def test_a_yes_that_is_not_quite_one_is_none(
    script: Told, client: httpx.AsyncClient, change: Json
) -> None:
    ask = new_ask()
    script.answer(201, made(ask, **change))
    assert isinstance(await adapter(client, script.url).create(ask), Unknown)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, AttemptState.CAPTURED),
        ({"status": "pending"}, AttemptState.PENDING),
        ({"status": "failed", "reason": "no money\0 here"}, AttemptState.FAILED),
        ({"status": "cancelled"}, AttemptState.CANCELLED),
        ({"status": "expired"}, AttemptState.EXPIRED),
        ({"status": "paid"}, None),
        ({"status": "Succeeded"}, None),
        ({"reference": "anothers"}, None),
        ({"amount": ""}, None),
        ({"amount": "-1250.00"}, None),
        ({"amount": "1250.005"}, None),
        ({"amount": "1e3"}, None),
        ({"amount": True}, None),
        ({"amount": ["1250.00"]}, None),
        ({"currency": "birr"}, None),
        ({"transaction_id": ""}, None),
    ],
    ids=str,
)
async def test_a_query_says_how_a_payment_stands(
    script: Told, client: httpx.AsyncClient, fields: Json, state: AttemptState | None
) -> None:
    script.answer(200, payment(**fields))
    said = await adapter(client, script.url).look_up(REFERENCE)
    assert script.asked[0][:2] == ("GET", f"/payments/{REFERENCE}")
    if state is None:
        assert isinstance(said, Unknown)
        return
    assert isinstance(said, Said)
    assert (said.state, said.amount_minor, said.currency) == (state, 125_000, "ETB")
    assert (said.provider_ref, said.reference, said.charge_ref) == (REFERENCE, OURS, "FT1")
    assert said.declined == ("no money here" if state is AttemptState.FAILED else None)


async def test_a_failure_without_a_reason_is_one(script: Told, client: httpx.AsyncClient) -> None:
    script.answer(200, payment(status="failed"))
    said = await adapter(client, script.url).look_up(REFERENCE)
    assert isinstance(said, Said)
    assert said.declined == "failed"


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (404, NOT_FOUND, "payment_not_found"),
        (400, {"code": "invalid_request"}, "invalid_request"),
        (400, {"code": ""}, None),
        (400, {"code": "a\0b"}, None),
        (400, {"code": 7}, None),
        (404, {"error": "of a proxy"}, None),
        (429, NOT_FOUND, None),
        (500, NOT_FOUND, None),
    ],
    ids=str,
)
async def test_a_no_has_a_code(
    script: Told, client: httpx.AsyncClient, status: int, answer: Json, code: str | None
) -> None:
    script.answer(status, answer)
    bank = adapter(client, script.url)
    for said in (await bank.create(new_ask()), await bank.look_up(REFERENCE)):
        assert isinstance(said, Unknown if code is None else Refused)
        assert code is None or (isinstance(said, Refused) and said.code == code)


@pytest.mark.parametrize("code", ["reference_used", "idempotency_key_reused"])
@pytest.mark.parametrize("status_query", ["yes", "no"])
async def test_a_payment_that_was_made_before_is_no_refusal(
    script: Told, client: httpx.AsyncClient, code: str, status_query: str
) -> None:
    script.answer(422, {"code": code, "message": "no"})
    answer = await adapter(client, script.url, status_query=status_query).create(new_ask())
    assert isinstance(answer, Unknown)
    methods = [method for method, *_ in script.asked]
    assert methods == (["POST", "GET"] if status_query == "yes" else ["POST"])


async def test_nothing_is_found_only_where_the_bank_says_so(script: Told, client: httpx.AsyncClient) -> None:
    bank = adapter(client, script.url)
    script.answer(404, NOT_FOUND)
    assert await bank.find(OURS) is None
    script.answer(401, {"code": "unauthorized", "message": "no"})
    assert isinstance(await bank.find(OURS), Unknown), "our key is wrong; that says nothing of the payment"
    script.answer(200, payment(status="pending"))
    assert await bank.find(OURS) is None, "only another answer to create has its page's address"
    script.answer(200, payment())
    found = await bank.find(OURS)
    assert isinstance(found, Said)
    assert found.state is AttemptState.CAPTURED


async def test_a_callback_is_confirmed_by_a_query(script: Told, client: httpx.AsyncClient) -> None:
    bank = adapter(client, script.url)
    hint = Said(REFERENCE, AttemptState.CAPTURED, 125_000, "ETB", live=False, reference=OURS)
    event = ProviderEvent("evt_1", "payment.succeeded", hint)
    script.answer(200, payment(status="pending"))
    said = await bank.confirm(event)
    assert isinstance(said, Said)
    assert said.state is AttemptState.PENDING, "the bank's answer counts, and not the callback"
    script.answer(404, NOT_FOUND)
    assert await bank.confirm(event) is None
    for status, answer in ((401, {"code": "unauthorized"}), (503, NOT_FOUND), (200, {})):
        script.answer(status, answer)
        assert isinstance(await bank.confirm(event), Unknown)


async def test_refunds_are_made_by_a_person(script: Told, client: httpx.AsyncClient) -> None:
    bank = adapter(client, script.url)
    refund = RefundAsk("rfd_1", REFERENCE, "FT1", 100, "ETB")
    answer = await bank.refund(refund)
    assert isinstance(answer, Refused)
    assert answer.by_hand
    assert await bank.find_refund(refund) is None
    assert script.asked == []

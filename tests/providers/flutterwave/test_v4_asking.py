"""What v4 is asked, and what its answers mean (gateways.md §5.2)."""

import re
from typing import Any

import httpx
import pytest

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import RefundSaid, Refused, Said, Unknown
from holdfast.sandbox.providers.flutterwave.account import KEYS
from tests.providers.flutterwave.things import (
    BANK,
    OURS,
    TOKEN_PATH,
    Json,
    charge,
    new_ask,
    paid,
    refund_of,
    v4,
    yes,
)
from tests.providers.sandbox_server import Sandbox
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

TOKEN = {"access_token": "abc", "expires_in": 600}
KEY = re.compile(r"[A-Za-z0-9]{12,255}")


def answered(data: object, **more: object) -> Json:
    """A yes to whatever is asked, for a token too."""
    return TOKEN | yes(data, **more)


def redirected(**changes: object) -> Json:
    action = {"type": "redirect_url", "redirect_url": {"url": "https://pay.example/1"}}
    return charge(status="pending", next_action=action, **changes)


# ── collecting ────────────────────────────────────────────────────────────────────────────────


async def test_a_charge_is_asked_for_in_one_call_with_a_token(
    script: Told, client: httpx.AsyncClient
) -> None:
    ask = new_ask()
    script.answer(201, answered(redirected(reference=ask.attempt_id.replace("_", ""))))
    said = await v4(client, script.url, method="bank_account").create(ask)
    (_, token_path, token_headers, token), (_, where, headers, body) = script.asked
    assert token_path == TOKEN_PATH
    assert "authorization" not in token_headers
    assert token == {
        "grant_type": "client_credentials",
        "client_id": KEYS["client_id"],
        "client_secret": KEYS["client_secret"],
    }
    assert (where, headers["authorization"]) == ("/orchestration/direct-charges", "Bearer abc")
    assert body == {
        "amount": 2500.5,
        "currency": "NGN",
        "reference": ask.attempt_id.replace("_", ""),
        "customer": {"email": "ada@example.test"},
        "payment_method": {"type": "bank_account"},
        "redirect_url": ask.return_url,
        "meta": {"order_id": ask.order_id, "attempt_id": ask.attempt_id},
    }
    assert said == Said(
        provider_ref="chg_1",
        state=AttemptState.REQUIRES_ACTION,
        amount_minor=250_050,
        currency="NGN",
        live=False,
        reference=ask.attempt_id,
        next_action={"type": "redirect", "url": "https://pay.example/1"},
    )


async def test_keys_are_letters_and_digits_and_one_for_each_thing(
    script: Told, client: httpx.AsyncClient
) -> None:
    script.answer(201, answered(charge(charge_id="chg_1", amount_refunded=1)))
    flutterwave = v4(client, script.url)
    one, other = new_ask(), new_ask(again=3)
    said = Said("chg_1", AttemptState.CAPTURED, 250_050, "NGN", live=False)
    refund = refund_of(said, 100)
    for ask in (one, one, other):
        await flutterwave.create(ask)
    for _ in range(2):
        await flutterwave.refund(refund)
    keys = [headers["x-idempotency-key"] for _, path, headers, _ in script.asked if path != TOKEN_PATH]
    assert all(KEY.fullmatch(key) for key in keys)
    assert (keys[0] == keys[1], keys[3] == keys[4], len(set(keys))) == (True, True, 3)


async def test_a_buyer_without_an_email_is_not_asked_for(script: Told, client: httpx.AsyncClient) -> None:
    answer = await v4(client, script.url).create(new_ask(email=None))
    assert isinstance(answer, Refused)
    assert (answer.code, script.asked) == ("email_needed", [])


async def test_a_lost_answer_is_found_again_with_its_address(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    flutterwave, ask = v4(client, bank.at(BANK)), new_ask()
    made = await flutterwave.create(ask)
    assert isinstance(made, Said)
    assert await flutterwave.find(ask.attempt_id) == made
    assert await flutterwave.find(new_ask().attempt_id) is None


async def test_a_list_that_is_not_narrowed_down_is_searched_by_ourselves(
    script: Told, client: httpx.AsyncClient
) -> None:
    failed = charge(id="chg_2", status="failed")
    script.answer(200, answered([charge(id="chg_3", reference="another1"), failed, charge()]))
    found = await v4(client, script.url).find(OURS)
    assert isinstance(found, Said)
    assert (found.provider_ref, found.state) == ("chg_1", AttemptState.CAPTURED)
    assert script.asked[-1][1] == f"/charges?reference={OURS.replace('_', '')}"


async def test_where_there_is_no_list_the_key_is_what_holds(script: Told, client: httpx.AsyncClient) -> None:
    flutterwave = v4(client, script.url)
    script.answer(200, answered([]))
    assert await flutterwave.find(OURS) is None
    script.answer(404, {"status": "failed", "error": {"type": "RESOURCE_NOT_FOUND", "code": "10404"}})
    assert await flutterwave.find(OURS) is None
    script.answer(503, {})
    assert isinstance(await flutterwave.find(OURS), Unknown)


# ── tokens ────────────────────────────────────────────────────────────────────────────────────


async def test_one_token_serves_many_calls_and_an_ended_one_is_replaced_once(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    flutterwave, ask = v4(client, bank.at(BANK)), new_ask()
    made = await flutterwave.create(ask)
    assert isinstance(made, Said)
    bank.control("PUT", "/settings", {"bank": BANK, "keys": {"token_key": "another"}})
    assert await flutterwave.look_up(made.provider_ref) == made


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (401, {"error": "invalid_client", "error_description": "Invalid client"}, "invalid_client"),
        (400, {"error": "unsupported_grant_type"}, "unsupported_grant_type"),
        (400, {"error": 5}, None),
        (200, {"access_token": "", "expires_in": 600}, None),
        (200, {"access_token": "a b", "expires_in": 600}, None),
        (200, {"access_token": "abc"}, None),
        (200, {"access_token": "abc", "expires_in": "soon"}, None),
        (503, {"error": "invalid_client"}, None),
    ],
    ids=str,
)
async def test_without_a_token_nothing_is_asked(
    script: Told, client: httpx.AsyncClient, status: int, answer: Json, code: str | None
) -> None:
    script.answer(status, answer)
    said = await v4(client, script.url).create(new_ask())
    assert isinstance(said, Unknown if code is None else Refused)
    assert not isinstance(said, Refused) or said.code == code
    assert {path for _, path, *_ in script.asked} == {TOKEN_PATH}


# ── reading ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "state", "declined"),
    [
        ({}, AttemptState.CAPTURED, None),
        (
            {"status": "failed", "processor_response": {"type": "expired_card"}},
            AttemptState.FAILED,
            "expired_card",
        ),
        ({"status": "failed", "processor_response": None}, AttemptState.FAILED, "declined"),
        ({"status": "pending"}, AttemptState.PENDING, None),
        ({"status": "voided"}, AttemptState.PENDING, None),
        ({"status": "pending", "next_action": {"type": "requires_otp"}}, AttemptState.REQUIRES_ACTION, None),
    ],
    ids=str,
)
async def test_a_charge_says_where_it_stands(
    script: Told, client: httpx.AsyncClient, fields: Json, state: AttemptState, declined: str | None
) -> None:
    script.answer(200, answered(charge(**fields)))
    said = await v4(client, script.url).look_up("chg_1")
    assert isinstance(said, Said)
    assert (said.state, said.declined, said.next_action) == (state, declined, None)
    assert (said.amount_minor, said.currency, said.reference) == (250_050, "NGN", OURS)


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "chg_2"},
        {"id": ""},
        {"amount": 2500.505},
        {"amount": True},
        {"amount": "NaN"},
        {"currency": "ngn"},
        {"status": None},
        {
            "status": "pending",
            "next_action": {"type": "redirect_url", "redirect_url": {"url": "javascript:1"}},
        },
    ],
    ids=str,
)
async def test_an_answer_that_is_not_understood_is_unknown(
    script: Told, client: httpx.AsyncClient, fields: Json
) -> None:
    script.answer(200, answered(charge(**fields)))
    assert isinstance(await v4(client, script.url).look_up("chg_1"), Unknown)


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, {"type": "REQUEST_NOT_VALID", "code": "10400", "message": "no"}, "REQUEST_NOT_VALID"),
        (404, {"type": "RESOURCE_NOT_FOUND", "code": "10404"}, "RESOURCE_NOT_FOUND"),
        (409, {"type": "RESOURCE_CONFLICT", "code": "10409"}, None),
        (400, {"code": "10400"}, None),
        (400, None, None),
    ],
    ids=str,
)
async def test_a_refusal_is_in_its_own_words(
    script: Told, client: httpx.AsyncClient, status: int, error: Json | None, code: str | None
) -> None:
    flutterwave = v4(client, script.url)
    script.answer(200, answered(charge()))
    assert isinstance(await flutterwave.look_up("chg_1"), Said), "it has a token now"
    script.answer(status, {"status": "failed", "error": error})
    said = await flutterwave.look_up("chg_1")
    assert isinstance(said, Unknown if code is None else Refused)
    assert not isinstance(said, Refused) or said.code == code


# ── giving back ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("new", "pending"),
        ("pending", "pending"),
        ("succeeded", "succeeded"),
        ("completed", "succeeded"),
        ("failed", "failed"),
        ("odd", "pending"),
    ],
)
async def test_a_refund_names_its_charge_and_keeps_our_id(
    script: Told, client: httpx.AsyncClient, status: str, state: str
) -> None:
    said = Said("chg_1", AttemptState.CAPTURED, 250_050, "NGN", live=False)
    refund = refund_of(said, 60_050)
    made = {"id": "rfd_1", "charge_id": "chg_1", "amount_refunded": 600.5, "status": status}
    script.answer(201, answered(made | {"meta": {"refund_id": refund.refund_id}}))
    answer = await v4(client, script.url).refund(refund)
    _, (_, address, _, body) = script.asked
    assert address == "/refunds"
    assert body == {
        "charge_id": "chg_1",
        "amount": 600.5,
        "reason": "requested_by_customer",
        "meta": {"refund_id": refund.refund_id},
    }
    assert answer == RefundSaid(
        "rfd_1", "chg_1", state, 60_050, "NGN", live=False, reference=refund.refund_id
    )


@pytest.mark.parametrize("fields", [{"amount_refunded": 0.001}, {"id": None}, {"charge_id": ""}], ids=str)
async def test_a_refund_that_is_not_understood_is_unknown(
    script: Told, client: httpx.AsyncClient, fields: dict[str, Any]
) -> None:
    said = Said("chg_1", AttemptState.CAPTURED, 250_050, "NGN", live=False)
    made = {"id": "rfd_1", "charge_id": "chg_1", "amount_refunded": 600.5, "status": "new"}
    script.answer(201, answered(made | fields))
    assert isinstance(await v4(client, script.url).refund(refund_of(said, 60_050)), Unknown)


async def test_a_refund_is_found_among_those_of_other_charges_and_currencies(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    flutterwave = v4(client, bank.at(BANK))
    said = await paid(flutterwave, bank)
    refunds = [refund_of(said, 101 + n) for n in range(12)]
    for refund in refunds:
        assert isinstance(await flutterwave.refund(refund), RefundSaid)
    for refund in (refunds[0], refunds[-1]):
        found = await flutterwave.find_refund(refund)
        assert isinstance(found, RefundSaid)
        assert (found.amount_minor, found.reference) == (refund.amount_minor, refund.refund_id)
    assert await flutterwave.find_refund(refund_of(said, 100)) is None


async def test_what_others_refunded_in_other_units_hides_nothing(
    script: Told, client: httpx.AsyncClient
) -> None:
    said = Said("chg_1", AttemptState.CAPTURED, 500, "XOF", live=False)
    refund = refund_of(said, 500)
    cents = {"id": "rfd_2", "charge_id": "chg_2", "amount_refunded": 0.5, "status": "succeeded"}
    ours = {"id": "rfd_1", "charge_id": "chg_1", "amount_refunded": 500, "status": "succeeded"}
    script.answer(200, answered([cents, ours | {"meta": {"refund_id": refund.refund_id}}]))
    found = await v4(client, script.url).find_refund(refund)
    assert isinstance(found, RefundSaid)
    assert found.amount_minor == 500

"""Payments are asked for once, queried, paid or not, and end (gateways.md §8, §10)."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdfast.sandbox.providers.signed_callback.account import request_signature
from tests.providers.sandbox_server import wait_for
from tests.providers.sandbox_signed_callback.calls import Merchant, refused

VECTORS = Path(__file__).parents[4] / "shared" / "webhook_vectors.json"


def test_a_payment_waits_is_paid_and_is_queried(merchant: Merchant) -> None:
    wanted = merchant.wish()
    made = merchant.post(wanted).json()
    assert set(made) == {"transaction_id", "reference", "status", "redirect_url"}
    assert (made["reference"], made["status"]) == (wanted["reference"], "pending")
    waiting = merchant.query(made)
    assert waiting == {
        "transaction_id": made["transaction_id"],
        "reference": made["reference"],
        "status": "pending",
        "amount": "1250.00",
        "currency": "ETB",
    }
    merchant.act(made, "pay")
    paid = merchant.query(made)
    assert paid == waiting | {"status": "succeeded", "paid_at": paid["paid_at"]}
    assert datetime.fromisoformat(paid["paid_at"]).tzinfo is not None
    merchant.sandbox.control("POST", f"/payments/{made['reference']}/pay", status=409)


def test_a_key_makes_one_payment_and_so_does_a_reference(merchant: Merchant) -> None:
    wanted = merchant.wish()
    first = merchant.post(wanted)
    merchant.act(first.json(), "pay")
    assert merchant.post(wanted).json() == first.json(), "the first answer again"
    refused(merchant.post(wanted | {"amount": "1.00"}), 422, "idempotency_key_reused")
    refused(merchant.post(wanted, Idempotency_Key="another"), 422, "reference_used")
    refused(merchant.post(merchant.wish(), Idempotency_Key=""), 400, "idempotency_key_missing")


def test_nobody_else_asks(merchant: Merchant) -> None:
    for given in ("", "Bearer another", merchant.brand.keys["api_key"]):
        refused(merchant.post(merchant.wish(), Authorization=given), 401, "unauthorized")
    refused(merchant.ask("nobodys"), 404, "payment_not_found")


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 1250},
        {"amount": "1250"},
        {"amount": "0.00"},
        {"amount": "-1.00"},
        {"currency": "USD"},
        {"reference": "att 1"},
        {"callback_url": "javascript:alert(1)"},
        {"return_url": ""},
        {"expires_at": "tomorrow"},
        {"expires_at": "2030-01-01T00:00:00"},
        {"description": None},
    ],
    ids=str,
)
def test_a_wish_that_is_wrong_is_refused(merchant: Merchant, change: dict[str, Any]) -> None:
    wanted = merchant.wish(**change)
    refused(merchant.post(wanted), 400, "invalid_request")
    refused(merchant.ask("nobodys"), 404, "payment_not_found")


@pytest.mark.parametrize(
    ("verb", "status"),
    [("decline", "failed"), ("cancel", "cancelled"), ("expire", "expired"), ("three_d_secure", "pending")],
)
def test_what_the_buyer_does_is_the_status(merchant: Merchant, verb: str, status: str) -> None:
    made = merchant.made()
    merchant.act(made, verb)
    found = merchant.query(made)
    assert (found["status"], found.get("reason")) == (
        status,
        "card_declined" if verb == "decline" else None,
    )
    if status != "pending":
        merchant.sandbox.control("POST", f"/payments/{made['reference']}/pay", status=409)


def test_the_code_is_right_or_wrong(merchant: Merchant) -> None:
    for verb, status in (("three_d_secure_ok", "succeeded"), ("three_d_secure_fail", "failed")):
        made = merchant.made()
        merchant.sandbox.control("POST", f"/payments/{made['reference']}/{verb}", status=409)
        merchant.act(made, "three_d_secure")
        merchant.act(made, verb)
        assert merchant.query(made)["status"] == status


def test_a_payment_ends_at_its_moment_and_money_may_come_late(merchant: Merchant) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    made = merchant.made(expires_at=past.isoformat())
    assert merchant.query(made)["status"] == "expired"
    merchant.act(made, "late_success")
    first = merchant.query(made)
    assert first["status"] == "succeeded"
    merchant.act(made, "late_success")
    assert merchant.query(made) == first, "it comes once"
    later = merchant.made(expires_at=(past + timedelta(hours=1)).isoformat())
    assert merchant.query(later)["status"] == "pending"


@pytest.mark.parametrize(
    ("kind", "options", "seen"),
    [
        ("decline", {"code": "insufficient_funds"}, {"status": "failed", "reason": "insufficient_funds"}),
        ("three_d_secure", {}, {"status": "pending"}),
        ("wrong_amount", {"amount": 100}, {"status": "succeeded", "amount": "1.00"}),
        ("wrong_currency", {}, {"status": "succeeded", "currency": "USD"}),
    ],
)
def test_a_payment_goes_wrong_when_asked_for(
    merchant: Merchant, kind: str, options: dict[str, Any], seen: dict[str, Any]
) -> None:
    made = merchant.made()
    merchant.sandbox.fault(kind, payment=made["reference"], **options)
    merchant.act(made, "pay")
    found = merchant.query(made)
    assert {name: found[name] for name in seen} == seen


@pytest.mark.parametrize(
    ("kind", "verb", "first"),
    [
        ("processing", "pay", "pending"),
        ("late_success", "decline", "failed"),
        ("late_success", "cancel", "cancelled"),
        ("late_success", "expire", "expired"),
    ],
)
def test_a_payment_succeeds_later(merchant: Merchant, kind: str, verb: str, first: str) -> None:
    made = merchant.made()
    merchant.sandbox.fault(kind, payment=made["reference"], ms=150)
    assert merchant.act(made, verb)["status"] == first
    merchant.sandbox.control("POST", f"/payments/{made['reference']}/pay", status=409)
    wait_for(lambda: merchant.query(made)["status"] == "succeeded")


def test_calls_are_refused_lost_or_answered_with_junk_when_asked_for(merchant: Merchant) -> None:
    made = merchant.made()
    for kind, status in (("error_500", 500), ("error_503", 503), ("error_429", 429), ("conflict_409", 409)):
        merchant.sandbox.fault(kind, payment=made["reference"], on="read")
        answer = merchant.ask(made["reference"])
        assert answer.status_code == status
        assert set(answer.json()) == {"code", "message"}
    merchant.sandbox.fault("garbage", bank=merchant.name, on="create")
    wanted = merchant.wish()
    assert "html" in merchant.post(wanted).text
    assert merchant.query(wanted)["status"] == "pending", "it had acted"


def test_a_bank_may_have_no_query(merchant: Merchant) -> None:
    made = merchant.made()
    merchant.set_up(query="off")
    refused(merchant.ask(made["reference"]), 404, "not_offered")


def test_a_bank_may_want_its_requests_signed(merchant: Merchant) -> None:
    merchant.set_up(hashing_key="hashing_key_1")
    wanted = merchant.wish()
    pairs = sorted((wanted | {"key": "hashing_key_1"}).items())
    text = "&".join(f"{name}={value}" for name, value in pairs)
    signed = wanted | {"signature": hashlib.sha256(text.encode()).hexdigest()}
    for forged in (wanted, signed | {"amount": "1.00"}, signed | {"signature": signed["signature"].upper()}):
        refused(merchant.post(forged), 400, "wrong_signature")
    assert merchant.post(signed).status_code == 201


def test_a_request_is_signed_as_in_the_recorded_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip(f"the recorded vectors are not at {VECTORS}")
    found = [v for v in json.loads(VECTORS.read_text()) if v["kind"] == "request_signature"]
    mine = [vector for vector in found if vector["provider"] == "cbe_birr"]
    assert {vector["valid"] for vector in mine} == {True, False}
    for vector in mine:
        made = request_signature(vector["secret"], vector["params"])
        assert (made == vector["params"]["signature"]) is vector["valid"], vector["why"]


def test_a_magic_amount_misbehaves_by_itself_and_auto_pays(merchant: Merchant) -> None:
    made = merchant.made(amount="666.01")
    merchant.act(made, "pay")
    assert merchant.query(made)["status"] == "failed"
    merchant.sandbox.control("PUT", "/settings", {"bank": merchant.name, "auto": True})
    try:
        made = merchant.made()
    finally:
        merchant.sandbox.control("PUT", "/settings", {"bank": merchant.name, "auto": False})
    wait_for(lambda: merchant.query(made)["status"] == "succeeded")


def test_a_payment_is_found_by_both_its_names_and_cannot_be_refunded(merchant: Merchant) -> None:
    made = merchant.made()
    merchant.act(made, "pay")
    for name in (made["reference"], made["transaction_id"]):
        row = merchant.sandbox.control("GET", f"/payments/{name}")
        assert (row["bank"], row["id"], row["stage"]) == (merchant.name, made["reference"], "paid")
    merchant.sandbox.control("POST", f"/payments/{made['reference']}/refund", status=404)

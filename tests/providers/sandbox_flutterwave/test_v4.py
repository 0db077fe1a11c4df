"""Tokens, charges, keys and refunds as v4 has them (gateways.md §5.2)."""

import httpx
import pytest

from tests.providers.sandbox_flutterwave.calls import (
    BANK,
    CREDENTIALS,
    TOKEN_PATH,
    act,
    bad,
    charge_of,
    good,
    new_reference,
)
from tests.providers.sandbox_server import Sandbox


def test_client_credentials_bring_a_token_for_ten_minutes(sandbox: Sandbox) -> None:
    with httpx.Client(base_url=sandbox.at(BANK), trust_env=False) as client:
        granted = client.post(TOKEN_PATH, data=CREDENTIALS).json()
        assert (granted["expires_in"], granted["token_type"]) == (600, "Bearer")
        wrong = client.post(TOKEN_PATH, data=CREDENTIALS | {"client_secret": "no"})
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        assert client.post(TOKEN_PATH, data=CREDENTIALS | {"grant_type": "password"}).status_code == 400
        refused = bad(client.get("/charges", headers={"Authorization": "Bearer 9999999999.00"}), 401)
        assert (refused["error"]["type"], refused["error"]["code"]) == ("UNAUTHORIZED", "10401")


def test_a_new_token_key_ends_the_tokens_there_are(v4: httpx.Client, sandbox: Sandbox) -> None:
    good(v4.get("/charges"))
    sandbox.control("PUT", "/settings", {"bank": BANK, "keys": {"token_key": "another"}})
    bad(v4.get("/charges"), 401)


def test_a_direct_charge_leads_the_buyer_away_and_is_read_again(v4: httpx.Client, sandbox: Sandbox) -> None:
    made = charge_of(v4)
    assert (made["id"][:4], made["status"], made["amount"]) == ("chg_", "pending", 2500.5)
    assert made["next_action"] == {
        "type": "redirect_url",
        "redirect_url": {"url": f"{sandbox.at(BANK)}/redirects?token={made['id']}"},
    }
    assert good(v4.get(f"/charges/{made['id']}")) == made
    assert good(v4.get("/charges", params={"reference": made["reference"]})) == [made]
    paid = act(sandbox, made["reference"], "pay")
    assert (paid["status"], paid["processor_response"]) == ("succeeded", {"type": "approved", "code": "00"})
    assert "next_action" not in paid
    sandbox.control("POST", f"/payments/{made['id']}/pay", status=409)


def test_a_declined_charge_has_ended(v4: httpx.Client, sandbox: Sandbox) -> None:
    made = charge_of(v4)
    failed = act(sandbox, made["id"], "decline", code="expired_card")
    assert (failed["status"], failed["processor_response"]["type"]) == ("failed", "expired_card")
    sandbox.control("POST", f"/payments/{made['id']}/pay", status=409)
    assert act(sandbox, made["id"], "late_success")["status"] == "succeeded"


def test_the_long_way_makes_customer_method_and_charge(v4: httpx.Client) -> None:
    asked = {"email": f"{new_reference()}@example.test", "name": {"first": "Ada", "last": "Test"}}
    customer = good(v4.post("/customers", json=asked), 201)
    assert good(v4.get(f"/customers/{customer['id']}")) == customer
    bad(v4.post("/customers", json=asked), 409)
    method = good(v4.post("/payment-methods", json={"type": "opay"}), 201)
    assert good(v4.get(f"/payment-methods/{method['id']}"))["type"] == "opay"
    ids = {"customer_id": customer["id"], "payment_method_id": method["id"]}
    charge = {"amount": 10, "currency": "NGN", "reference": new_reference(), **ids}
    made = good(v4.post("/charges", json=charge), 201)
    assert (made["customer_id"], made["payment_method_details"]["id"]) == (customer["id"], method["id"])
    wrong = charge | {"reference": new_reference(), "customer_id": "cus_nobody"}
    assert (
        bad(v4.post("/charges", json=wrong))["error"]["validation_errors"][0]["field_name"] == "customer_id"
    )


@pytest.mark.parametrize(
    ("method", "scenario", "action"),
    [
        ("bank_transfer", "", "requires_bank_transfer"),
        ("ussd", "", "payment_instruction"),
        ("card", "scenario:auth_pin&issuer:approved", "requires_pin"),
        ("card", "scenario:auth_3ds&issuer:approved", "redirect_url"),
        ("card", "scenario:auth_avs", "requires_additional_fields"),
    ],
)
def test_what_the_buyer_is_to_do_depends_on_method_and_scenario(
    v4: httpx.Client, method: str, scenario: str, action: str
) -> None:
    made = charge_of(v4, scenario=scenario, payment_method={"type": method})
    assert made["next_action"]["type"] == action
    assert action in made["next_action"]


@pytest.mark.parametrize(
    ("issuer", "status"), [("approved", "succeeded"), ("insufficient_funds", "failed"), ("other", "failed")]
)
def test_a_pin_is_handed_over_and_the_issuer_decides(v4: httpx.Client, issuer: str, status: str) -> None:
    card = {"type": "card", "card": {"nonce": "n0Ad6mOzVnLI"}}
    made = charge_of(v4, scenario=f"scenario:auth_pin&issuer:{issuer}", payment_method=card)
    pin = {"authorization": {"type": "pin", "pin": {"encrypted_pin": "x", "nonce": "y"}}}
    assert good(v4.put(f"/charges/{made['id']}", json=pin))["status"] == status
    bad(v4.put(f"/charges/{made['id']}", json=pin))


def test_a_key_brings_the_first_answer_again(v4: httpx.Client) -> None:
    reference = new_reference()
    first = charge_of(v4, key="create0000000001", reference=reference)
    again = charge_of(v4, key="create0000000001", reference=reference)
    assert again == first
    assert len(good(v4.get("/charges", params={"reference": reference}))) == 1
    replayed = v4.post(
        "/orchestration/direct-charges", json={}, headers={"X-Idempotency-Key": "create0000000001"}
    )
    assert replayed.headers["x-idempotency-cache-hit"] == "true"


@pytest.mark.parametrize("key", ["short", "0b9a3f5e-7f0d-4b8e-9d6c-0a1b2c3d4e5f", "x" * 256, "create:att_01"])
def test_a_key_is_letters_and_digits(v4: httpx.Client, key: str) -> None:
    refused = bad(v4.post("/refunds", json={}, headers={"X-Idempotency-Key": key}))
    assert refused["error"]["validation_errors"][0]["field_name"] == "X-Idempotency-Key"


def test_a_reference_is_used_once_and_has_a_poor_alphabet(v4: httpx.Client) -> None:
    reference = new_reference()
    asked = {
        "amount": 10,
        "currency": "NGN",
        "reference": reference,
        "customer": {"email": "ada@example.test"},
        "payment_method": {"type": "opay"},
    }
    good(v4.post("/orchestration/direct-charges", json=asked), 201)
    taken = bad(v4.post("/orchestration/direct-charges", json=asked), 409)
    assert (taken["error"]["type"], taken["error"]["code"]) == ("RESOURCE_CONFLICT", "10409")
    for wrong in ("short", "has_underscores", "x" * 43):
        refused = bad(v4.post("/orchestration/direct-charges", json=asked | {"reference": wrong}))
        assert refused["error"]["code"] == "10400"
        assert refused["error"]["validation_errors"][0]["field_name"] == "reference"


def test_a_refund_is_made_once_for_each_key_and_never_too_large(v4: httpx.Client, sandbox: Sandbox) -> None:
    made = charge_of(v4)
    act(sandbox, made["id"], "pay")
    meta = {"meta": {"refund_id": "rfd_1"}}
    asked = {"charge_id": made["id"], "amount": 1000.25, "reason": "requested_by_customer"} | meta
    key = {"X-Idempotency-Key": f"refund{new_reference()}"}
    twice = [good(v4.post("/refunds", json=asked, headers=key), 201) for _ in range(2)]
    assert twice[0] == twice[1]
    assert (twice[0]["status"], twice[0]["amount_refunded"]) == ("succeeded", 1000.25)
    assert good(v4.get(f"/refunds/{twice[0]['id']}")) == twice[0]
    assert good(v4.get("/refunds"))[0]["meta"] == {"refund_id": "rfd_1"}
    bad(v4.post("/refunds", json=asked | {"amount": 1500.26}))
    bad(v4.post("/refunds", json=asked | {"reason": "whim"}))
    bad(v4.post("/refunds", json=asked | {"charge_id": "chg_nobody"}), 404)


def test_a_chargeback_is_found_by_asking_and_decided(v4: httpx.Client, sandbox: Sandbox) -> None:
    made = charge_of(v4)
    act(sandbox, made["id"], "pay")
    case = act(sandbox, made["id"], "dispute_opened")
    assert good(v4.get(f"/chargebacks/{case['id']}"))["charge_id"] == made["id"]
    assert good(v4.get(f"/charges/{made['id']}"))["disputed"] is True
    decided = good(v4.put(f"/chargebacks/{case['id']}", json={"status": "accepted"}))
    assert decided["status"] == "accepted"
    assert case["id"] in [row["id"] for row in good(v4.get("/chargebacks"))]


def test_what_is_not_there_is_404_in_its_own_shape(v4: httpx.Client) -> None:
    for address in (
        "/charges/chg_x",
        "/refunds/x",
        "/chargebacks/x",
        "/customers/x",
        "/payment-methods/x",
        "/x",
    ):
        assert bad(v4.get(address), 404)["error"]["code"] == "10404"

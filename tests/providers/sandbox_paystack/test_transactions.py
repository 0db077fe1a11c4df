"""Transactions: asked for, paid on the page, verified (gateways.md §4.2, §4.3, §4.7)."""

import json

import pytest

from tests.providers.sandbox_paystack.calls import BANK, act, ask, call, data, refused, verify
from tests.providers.sandbox_server import Receiver, Sandbox


def test_a_transaction_is_asked_for_and_reads_abandoned_until_it_is_paid(sandbox: Sandbox) -> None:
    made = ask(sandbox, reference="ORD-3001-A1")
    assert made["reference"] == "ORD-3001-A1"
    assert made["authorization_url"].endswith(made["access_code"])
    before = verify(sandbox, made)
    assert (before["status"], before["paid_at"], before["amount"]) == ("abandoned", None, 2_500_00)
    assert (before["currency"], before["domain"], before["fees"]) == ("NGN", "test", None)
    act(sandbox, made, "pay")
    after = verify(sandbox, made)
    assert (after["status"], after["gateway_response"], after["fees"]) == ("success", "Successful", 37_50)
    assert after["metadata"] == {"order_id": "ord_1"}
    assert after["id"] > 2**53, "an id need not fit into a double"
    assert data(sandbox, "GET", f"/transaction/{after['id']}") == after
    assert data(sandbox, "GET", "/transaction", reference="ORD-3001-A1", status="success") == [after]


@pytest.mark.parametrize("metadata", [{"a": "1"}, '{"a":"1"}', ""])
def test_metadata_comes_back_as_it_was_given(sandbox: Sandbox, metadata: object) -> None:
    assert verify(sandbox, ask(sandbox, metadata=metadata))["metadata"] == metadata


def test_a_reference_is_used_once(sandbox: Sandbox) -> None:
    ask(sandbox, reference="ORD-3002-A1")
    body = {"email": "a@example.com", "amount": 100_00, "reference": "ORD-3002-A1"}
    again = refused(call(sandbox, "POST", "/transaction/initialize", body), "duplicate_reference")
    assert again["message"] == "Duplicate Transaction Reference"
    assert verify(sandbox, {"reference": "ORD-3002-A1"})["amount"] == 2_500_00


def test_a_failed_payment_is_verified_with_a_yes_and_can_be_tried_again(sandbox: Sandbox) -> None:
    made = ask(sandbox)
    act(sandbox, made, "decline", code="insufficient_funds")
    failed = verify(sandbox, made)
    assert (failed["status"], failed["gateway_response"]) == ("failed", "Insufficient Funds")
    act(sandbox, made, "pay")
    assert verify(sandbox, made)["status"] == "success"
    sandbox.control("POST", f"/payments/{made['reference']}/pay", status=409)


def test_what_was_abandoned_is_paid_after_all(sandbox: Sandbox) -> None:
    made = ask(sandbox)
    assert act(sandbox, made, "cancel")["status"] == "abandoned"
    assert act(sandbox, made, "late_success")["status"] == "success"
    sandbox.control("POST", f"/payments/{made['reference']}/expire", status=409)


def test_the_page_leads_back_with_an_unsigned_reference(sandbox: Sandbox) -> None:
    made = ask(sandbox, callback_url="https://shop.example/back?a=1", currency="GHS", amount="1234")
    page = made["authorization_url"]
    assert "GHS 12.34" in sandbox.http.get(page).text
    asked = sandbox.http.post(page, data={"action": "three_d_secure"})
    assert "Is this payment yours?" in asked.text
    assert verify(sandbox, made)["status"] == "ongoing"
    home = sandbox.http.post(page, data={"action": "three_d_secure_ok"})
    back = f"https://shop.example/back?a=1&trxref={made['reference']}&reference={made['reference']}"
    assert (home.status_code, home.headers["location"]) == (303, back)
    assert sandbox.http.get(f"/{BANK}/checkout/nothing").status_code == 404
    assert sandbox.http.get(f"/{BANK}/checkout/{made['reference']}").status_code == 404


@pytest.mark.parametrize("as_text", [False, True])
def test_the_cancel_link_is_part_of_the_metadata(sandbox: Sandbox, *, as_text: bool) -> None:
    metadata: object = {"cancel_action": "https://shop.example/cart"}
    made = ask(sandbox, metadata=json.dumps(metadata) if as_text else metadata)
    left = sandbox.http.post(made["authorization_url"], data={"action": "cancel"})
    assert (left.status_code, left.headers["location"]) == (303, "https://shop.example/cart")
    script = ask(sandbox, metadata={"cancel_action": "javascript:alert(1)"})
    assert sandbox.http.post(script["authorization_url"], data={"action": "cancel"}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"email": "nobody"}, "invalid_email_address"),
        ({"email": None}, "invalid_email_address"),
        ({"amount": "12.5"}, "invalid_amount"),
        ({"amount": 0}, "invalid_amount"),
        ({"amount": 49_99}, "invalid_amount"),
        ({"amount": 1_99, "currency": "USD"}, "invalid_amount"),
        ({"amount": 10_000_000_01}, "invalid_amount"),
        ({"currency": "GBP"}, "unsupported_currency"),
        ({"reference": "a_b"}, "invalid_reference"),
        ({"channels": ["pigeon"]}, "invalid_params"),
    ],
)
def test_a_wrong_request_is_refused(sandbox: Sandbox, fields: dict[str, object], code: str) -> None:
    body = {"email": "a@example.com", "amount": 100_00} | fields
    refused(call(sandbox, "POST", "/transaction/initialize", body), code)


def test_only_the_right_key_opens_and_what_is_not_there_is_refused(sandbox: Sandbox) -> None:
    for headers in ({}, {"Authorization": "Bearer sk_test_other"}, {"Authorization": "Basic eDp5"}):
        assert sandbox.http.get(f"/{BANK}/transaction", headers=headers).status_code == 401
    refused(call(sandbox, "GET", "/transaction/verify/nobody"), "transaction_not_found")
    refused(call(sandbox, "GET", "/transaction/1"), "transaction_not_found", 404)
    refused(call(sandbox, "GET", "/pigeons"), "not_found", 404)


def test_an_amount_is_set_aside_and_taken_in_part(sandbox: Sandbox, receiver: Receiver) -> None:
    body = {"email": "a@example.com", "amount": 16_00, "currency": "ZAR", "reference": "pre-1"}
    made = data(sandbox, "POST", "/preauthorization/initialize", body)
    take = {"reference": "pre-1", "currency": "ZAR", "amount": 10_00}
    refused(call(sandbox, "POST", "/preauthorization/capture", take), "invalid_state")
    assert sandbox.http.post(made["authorization_url"], data={"action": "pay"}).status_code == 200
    assert data(sandbox, "GET", "/preauthorization/verify/pre-1")["status"] == "authorized"
    refused(call(sandbox, "POST", "/preauthorization/capture", take | {"amount": 16_01}), "invalid_params")
    taken = data(sandbox, "POST", "/preauthorization/capture", take)
    assert (taken["status"], taken["amount"], taken["channel"]) == ("success", 10_00, "preauth")
    assert verify(sandbox, made) == taken, "what took the money is a transaction with the same reference"
    held = data(sandbox, "GET", "/preauthorization/verify/pre-1")
    assert (held["status"], held["amount"], held["captured_amount"]) == ("captured", 16_00, "1000")
    assert held["transaction_id"] == str(taken["id"])
    refused(call(sandbox, "POST", "/preauthorization/release", {"reference": "pre-1"}), "invalid_state")
    assert data(sandbox, "POST", "/refund", {"transaction": "pre-1"})["amount"] == 10_00
    receiver.wait("pre-1", "refund.processed")


@pytest.mark.parametrize(("action", "status"), [("release", "released"), ("capture", "captured")])
def test_what_was_set_aside_lapses_as_was_agreed(sandbox: Sandbox, action: str, status: str) -> None:
    body = {
        "email": "a@example.com",
        "amount": 16_00,
        "expire_action": action,
        "authorization_code": "AUTH_1",
    }
    held = data(sandbox, "POST", "/preauthorization/reserve_authorization", body)
    assert held["status"] == "authorized"
    assert act(sandbox, held, "expire")["status"] == status
    let_go = data(sandbox, "POST", "/preauthorization/reserve_authorization", body)
    released = data(sandbox, "POST", "/preauthorization/release", {"reference": let_go["reference"]})
    assert released == {"id": let_go["id"], "status": "released", "reference": let_go["reference"]}
    refused(
        call(sandbox, "POST", "/preauthorization/initialize", body | {"currency": "NGN"}), "invalid_params"
    )

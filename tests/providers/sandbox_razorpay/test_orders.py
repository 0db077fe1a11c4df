"""Orders, payments and capture as the official SDK sees them (gateways.md §3.2)."""

from typing import Any

import pytest
from razorpay.errors import BadRequestError

from tests.providers.sandbox_razorpay.calls import AUTH, BANK, act, client_of, order_of
from tests.providers.sandbox_server import Sandbox


def test_an_order_is_created_read_and_found_by_its_receipt(client: Any) -> None:
    made = order_of(client, receipt="ORD-2001-A1")
    assert (made["entity"], made["status"], made["attempts"]) == ("order", "created", 0)
    assert (made["amount"], made["amount_due"], made["amount_paid"]) == (499_00, 499_00, 0)
    assert made["notes"] == {"order_id": "ord_1"}
    assert client.order.fetch(made["id"]) == made
    found = client.order.all({"receipt": "ORD-2001-A1"})
    assert (found["entity"], found["count"], found["items"]) == ("collection", 1, [made])


def test_empty_notes_are_a_list(client: Any) -> None:
    made = order_of(client, notes={})
    assert made["notes"] == []
    assert client.order.edit(made["id"], {"notes": {"a": "1"}})["notes"] == {"a": "1"}


def test_a_paid_order_has_a_captured_payment(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client)
    act(sandbox, made, "pay")
    order = client.order.fetch(made["id"])
    assert (order["status"], order["amount_paid"], order["amount_due"]) == ("paid", 499_00, 0)
    (payment,) = client.order.payments(made["id"])["items"]
    assert (payment["status"], payment["captured"], payment["amount"]) == ("captured", True, 499_00)
    assert (payment["fee"], payment["tax"]) == (1177, 179)
    assert payment["notes"] == [], "the notes of the order are not those of the payment"
    assert client.payment.fetch(payment["id"]) == payment
    sandbox.control("POST", f"/payments/{made['id']}/pay", status=409)


def test_a_failed_try_leaves_the_order_open_for_another(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client)
    failed = act(sandbox, made, "decline", code="insufficient_funds")
    assert (failed["status"], failed["error_code"]) == ("failed", "BAD_REQUEST_ERROR")
    assert (failed["error_reason"], failed["error_source"]) == ("insufficient_funds", "issuer_bank")
    assert client.order.fetch(made["id"])["status"] == "attempted"
    paid = act(sandbox, made, "pay")
    assert paid["id"] != failed["id"]
    tries = client.order.payments(made["id"])["items"]
    assert [payment["status"] for payment in tries] == ["captured", "failed"]
    assert client.order.fetch(made["id"])["attempts"] == 2


def test_a_failed_payment_is_authorised_later_even_beside_another(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client)
    failed = act(sandbox, made, "decline")
    act(sandbox, made, "pay")
    late = act(sandbox, made, "late_success")
    assert (late["id"], late["status"], late["error_code"]) == (failed["id"], "captured", None)
    tries = client.order.payments(made["id"])["items"]
    assert [payment["status"] for payment in tries] == ["captured", "captured"]


def test_a_manual_order_waits_for_its_capture_of_exactly_what_was_authorised(
    client: Any, sandbox: Sandbox
) -> None:
    made = order_of(client, payment={"capture": "manual", "capture_options": {"manual_expiry_period": 7200}})
    held = act(sandbox, made, "pay")
    assert (held["status"], held["captured"], held["fee"]) == ("authorized", False, None)
    assert client.order.fetch(made["id"])["status"] == "attempted"
    with pytest.raises(BadRequestError, match="equal to the amount authorized"):
        client.payment.capture(held["id"], 498_00, {"currency": "INR"})
    with pytest.raises(BadRequestError, match="currency"):
        client.payment.capture(held["id"], 499_00, {"currency": "USD"})
    taken = client.payment.capture(held["id"], 499_00, {"currency": "INR"})
    assert (taken["status"], taken["captured"]) == ("captured", True)
    with pytest.raises(BadRequestError, match="already been captured"):
        client.payment.capture(held["id"], 499_00, {"currency": "INR"})


def test_what_nobody_captures_is_given_back(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client, payment_capture=0)
    held = act(sandbox, made, "pay")
    lapsed = act(sandbox, made, "expire")
    assert (lapsed["payment_id"], lapsed["amount"]) == (held["id"], 499_00)
    payment = client.payment.fetch(held["id"])
    assert (payment["status"], payment["refund_status"], payment["captured"]) == ("refunded", "full", False)
    with pytest.raises(BadRequestError, match="authorized and not yet captured"):
        client.payment.capture(held["id"], 499_00, {"currency": "INR"})


def test_a_unique_receipt_brings_the_same_order_again(client: Any) -> None:
    first = order_of(client, receipt="ORD-unique", unique_receipt=True)
    assert order_of(client, receipt="ORD-unique", unique_receipt=True) == first
    with pytest.raises(BadRequestError, match="unique"):
        order_of(client, receipt="ORD-unique", unique_receipt=True, amount=500_00)
    assert order_of(client, receipt="ORD-unique")["id"] != first["id"], "else a receipt is no key"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": 99}, "amount"),
        ({"amount": "12.5"}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 1001, "currency": "KWD"}, "amount"),
        ({"currency": "inr"}, "currency"),
        ({"receipt": "r" * 41}, "receipt"),
        ({"notes": {str(n): "v" for n in range(16)}}, "notes"),
        ({"notes": {"k": "v" * 257}}, "notes"),
        ({"payment": {"capture": "manual", "capture_options": {"manual_expiry_period": 7201}}}, "payment"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named(sandbox: Sandbox, fields: dict[str, object], field: str) -> None:
    body = {"amount": 499_00, "currency": "INR"} | fields
    refused = sandbox.http.post(f"/{BANK}/v1/orders", json=body, auth=AUTH)
    assert refused.status_code == 400, refused.text
    error = refused.json()["error"]
    assert error["code"] == "BAD_REQUEST_ERROR"
    assert error["field"].startswith(field)
    assert set(error) == {"code", "description", "source", "step", "reason", "metadata", "field"}


def test_only_the_right_key_opens_and_what_is_not_there_is_refused(client: Any, sandbox: Sandbox) -> None:
    for auth in (("rzp_test_other", AUTH[1]), (AUTH[0], "wrong"), (AUTH[0], "")):
        assert sandbox.http.get(f"/{BANK}/v1/orders", auth=auth).status_code == 401
    assert sandbox.http.get(f"/{BANK}/v1/orders").status_code == 401
    stranger = client_of(sandbox, (AUTH[0], "wrong"))
    with pytest.raises(BadRequestError, match="Authentication failed"):
        order_of(stranger)
    stranger.session.close()
    with pytest.raises(BadRequestError, match="does not exist"):
        client.order.fetch("order_nobody")
    lost = sandbox.http.get(f"/{BANK}/v1/pigeons", auth=AUTH)
    assert (lost.status_code, lost.json()["error"]["code"]) == (404, "BAD_REQUEST_ERROR")
    junk = sandbox.http.post(f"/{BANK}/v1/orders", content=b"\xff{", auth=AUTH)
    assert junk.status_code == 400

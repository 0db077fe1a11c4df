"""Tokens, orders, request ids, what an order refuses (gateways.md §6.1, §6.2, §6.4, §6.5)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from holdfast.sandbox.providers.paypal.account import KEYS
from tests.providers.sandbox_paypal.calls import (
    BANK,
    ORDERS,
    act,
    authorised,
    captured,
    finish,
    get,
    headers_of,
    money_of,
    order,
    order_form,
    post,
    read,
    refused,
    yes,
)
from tests.providers.sandbox_server import Sandbox


@pytest.mark.parametrize(
    ("secret", "grant", "status", "error"),
    [
        ("another", "client_credentials", 401, "invalid_client"),
        (KEYS["client_secret"], "password", 400, "unsupported_grant_type"),
    ],
)
def test_nobody_else_gets_a_token(sandbox: Sandbox, secret: str, grant: str, status: int, error: str) -> None:
    answer = sandbox.http.post(
        f"/{BANK}/v1/oauth2/token", data={"grant_type": grant}, auth=(KEYS["client_id"], secret)
    )
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Bearer A21AA9999999999.0", "Basic eA=="])
def test_a_call_wants_a_token(sandbox: Sandbox, authorization: str) -> None:
    answer = sandbox.http.get(f"{ORDERS}/X", headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_an_order_waits_for_its_buyer_whose_approval_moves_no_money(sandbox: Sandbox) -> None:
    made = order(sandbox)
    assert made["status"] == "PAYER_ACTION_REQUIRED"
    (link,) = [link for link in made["links"] if link["rel"] == "payer-action"]
    assert link["href"].endswith(f"/checkoutnow?token={made['id']}")
    refused(finish(sandbox, made, "capture"), 422, "ORDER_NOT_APPROVED")
    act(sandbox, made, "pay")
    now = read(sandbox, made)
    assert (now["status"], "payments" in now["purchase_units"][0]) == ("APPROVED", False)
    done = yes(finish(sandbox, made, "capture"), 201)
    assert (done["status"], money_of(done, "captures")["status"]) == ("COMPLETED", "COMPLETED")
    refused(finish(sandbox, made, "capture"), 422, "ORDER_ALREADY_CAPTURED")


def test_the_deprecated_way_to_ask_has_another_link_and_state(sandbox: Sandbox) -> None:
    form = order_form()
    del form["payment_source"]
    made = yes(post(sandbox, ORDERS, form), 201)
    assert (made["status"], {link["rel"] for link in made["links"]}) == ("CREATED", {"self", "approve"})


def test_without_a_preference_only_id_status_and_links_are_answered(sandbox: Sandbox) -> None:
    answer = sandbox.http.post(ORDERS, json=order_form(), headers=headers_of(sandbox, whole=False))
    assert set(yes(answer, 201)) == {"id", "status", "links"}


def test_a_repeat_is_answered_200_with_how_the_order_stands_now(sandbox: Sandbox) -> None:
    form = order_form()
    made = yes(post(sandbox, ORDERS, form, "again-1"), 201)
    act(sandbox, made, "pay")
    again = yes(post(sandbox, ORDERS, form, "again-1"), 200)
    assert (again["id"], again["status"]) == (made["id"], "APPROVED")
    first = yes(finish(sandbox, made, "capture", "again-2"), 201)
    second = yes(finish(sandbox, made, "capture", "again-2"), 200)
    assert money_of(first, "captures")["id"] == money_of(second, "captures")["id"]
    refused(post(sandbox, ORDERS, order_form(), "again-1"), 422, "DUPLICATE_REQUEST_ID")


def test_of_two_at_once_under_one_id_the_second_is_in_conflict(sandbox: Sandbox) -> None:
    form = order_form()
    sandbox.fault("delay", bank=BANK, on="create", ms=600)
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(post, sandbox, ORDERS, form, "twice-1") for _ in range(2)]
        found = sorted((answer.result() for answer in answers), key=lambda one: one.status_code)
    assert found[0].status_code == 201
    refused(found[1], 409, "PREVIOUS_REQUEST_IN_PROGRESS")


def test_a_payment_source_needs_a_request_id(sandbox: Sandbox) -> None:
    headers = headers_of(sandbox)
    del headers["PayPal-Request-Id"]
    refused(sandbox.http.post(ORDERS, json=order_form(), headers=headers), 400, "PAYPAL_REQUEST_ID_REQUIRED")
    refused(post(sandbox, ORDERS, order_form(), "x" * 109), 400, "INVALID_STRING_LENGTH")


@pytest.mark.parametrize(
    ("amount", "status", "issue"),
    [
        ({"value": "500.00", "currency": "JPY"}, 422, "DECIMALS_NOT_SUPPORTED"),
        ({"value": "5000.5", "currency": "HUF"}, 422, "DECIMALS_NOT_SUPPORTED"),
        ({"value": "10.00", "currency": "ETB"}, 422, "CURRENCY_NOT_SUPPORTED"),
        ({"value": "10.005"}, 422, "DECIMAL_PRECISION"),
        ({"value": "0.00"}, 422, "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ({"value": "ten"}, 400, "INVALID_PARAMETER_SYNTAX"),
        ({"value": "1", "invoice_id": "x" * 128}, 400, "INVALID_PARAMETER_VALUE"),
    ],
    ids=str,
)
def test_an_amount_is_a_decimal_string_of_a_currency_that_is_known(
    sandbox: Sandbox, amount: dict[str, str], status: int, issue: str
) -> None:
    refused(post(sandbox, ORDERS, order_form(**amount)), status, issue)


@pytest.mark.parametrize(("currency", "value", "minor"), [("JPY", "500", 500), ("HUF", "5000", 500_000)])
def test_minor_units_are_those_of_iso(sandbox: Sandbox, currency: str, value: str, minor: int) -> None:
    made = order(sandbox, currency=currency, value=value)
    assert sandbox.control("GET", f"/payments/{made['id']}")["amount"] == minor
    assert made["purchase_units"][0]["amount"]["value"] == value


def test_bodies_that_are_wrong_are_refused_by_their_field(sandbox: Sandbox) -> None:
    refused(post(sandbox, ORDERS, {"intent": "CAPTURE"}), 400, "MISSING_REQUIRED_PARAMETER")
    answer = sandbox.http.post(ORDERS, content=b"{", headers=headers_of(sandbox))
    assert (answer.status_code, answer.json()["name"]) == (400, "MALFORMED_REQUEST_JSON")


def test_the_intent_decides_what_may_be_asked(sandbox: Sandbox) -> None:
    made = order(sandbox, "AUTHORIZE")
    act(sandbox, made, "pay")
    refused(finish(sandbox, made, "capture"), 422, "ACTION_DOES_NOT_MATCH_INTENT")
    held = authorised(sandbox)
    refused(finish(sandbox, held, "authorize"), 422, "ORDER_ALREADY_AUTHORIZED")


def test_an_invoice_is_paid_once(sandbox: Sandbox) -> None:
    first, second = order(sandbox, invoice_id="invoice-1"), order(sandbox, invoice_id="invoice-1")
    for made in (first, second):
        act(sandbox, made, "pay")
    yes(finish(sandbox, first, "capture"), 201)
    refused(finish(sandbox, second, "capture"), 422, "DUPLICATE_INVOICE_ID")


@pytest.mark.parametrize("by", ["press", "fault"])
def test_a_declined_instrument_is_known_at_the_capture_and_another_may_follow(
    sandbox: Sandbox, by: str
) -> None:
    made = order(sandbox)
    if by == "fault":
        sandbox.fault("decline", payment=made["id"])
    act(sandbox, made, "decline" if by == "press" else "pay")
    said = refused(finish(sandbox, made, "capture"), 422, "INSTRUMENT_DECLINED")
    assert said["links"][0]["rel"] == "payer-action"
    assert read(sandbox, made)["status"] == "PAYER_ACTION_REQUIRED"
    act(sandbox, made, "pay")
    yes(finish(sandbox, made, "capture"), 201)


def test_a_buyer_who_has_to_prove_something_has_not_approved(sandbox: Sandbox) -> None:
    made = order(sandbox)
    act(sandbox, made, "three_d_secure")
    refused(finish(sandbox, made, "capture"), 422, "PAYER_ACTION_REQUIRED")
    act(sandbox, made, "three_d_secure_fail")
    refused(finish(sandbox, made, "capture"), 422, "INSTRUMENT_DECLINED")
    sandbox.control("POST", f"/payments/{made['id']}/three_d_secure_ok", status=409)


def test_an_order_that_nobody_approved_is_not_found_after_its_time(sandbox: Sandbox) -> None:
    made = order(sandbox)
    act(sandbox, made, "expire")
    refused(get(sandbox, f"{ORDERS}/{made['id']}"), 404, "INVALID_RESOURCE_ID")
    refused(finish(sandbox, made, "capture"), 422, "ORDER_EXPIRED")
    sandbox.control("POST", f"/payments/{made['id']}/pay", status=409)


def test_a_pending_capture_is_completed_or_denied_later(sandbox: Sandbox) -> None:
    for verb, status in (("late_success", "COMPLETED"), ("deny", "DECLINED")):
        made = order(sandbox)
        sandbox.fault("processing", payment=made["id"], ms=3_600_000)
        act(sandbox, made, "pay")
        taken = money_of(yes(finish(sandbox, made, "capture"), 201), "captures")
        assert (taken["status"], taken["status_details"]["reason"]) == ("PENDING", "ECHECK")
        act(sandbox, made, verb)
        assert money_of(read(sandbox, made), "captures")["status"] == status


def test_every_address_that_is_not_there_is_not_found(sandbox: Sandbox) -> None:
    refused(get(sandbox, f"/{BANK}/nowhere"), 404, "INVALID_RESOURCE_ID")
    refused(
        get(sandbox, f"/{BANK}/v2/payments/captures/{captured(sandbox)['id']}"), 404, "INVALID_RESOURCE_ID"
    )

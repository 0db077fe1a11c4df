"""Authorisations: taken whole or in parts, let go, renewed (gateways.md §6.2)."""

import pytest

from tests.providers.sandbox_paypal.calls import (
    PAYMENTS,
    act,
    authorised,
    finish,
    get,
    headers_of,
    money_of,
    order,
    post,
    read,
    refused,
    yes,
)
from tests.providers.sandbox_server import Sandbox


def hold_of(made: dict[str, object]) -> str:
    return f"{PAYMENTS}/authorizations/{money_of(made, 'authorizations')['id']}"


def amount(value: str) -> dict[str, object]:
    return {"amount": {"currency_code": "GBP", "value": value}}


def test_what_is_set_aside_is_taken_whole(sandbox: Sandbox) -> None:
    made = authorised(sandbox)
    taken = yes(post(sandbox, f"{hold_of(made)}/capture"), 201)
    assert (taken["amount"]["value"], taken["status"], taken["final_capture"]) == ("25.99", "COMPLETED", True)
    assert taken["supplementary_data"]["related_ids"]["order_id"] == made["id"]
    assert yes(get(sandbox, f"{PAYMENTS}/captures/{taken['id']}"), 200) == taken
    refused(post(sandbox, f"{hold_of(made)}/capture"), 422, "AUTHORIZATION_ALREADY_CAPTURED")
    refused(post(sandbox, f"{hold_of(made)}/void"), 422, "PREVIOUSLY_CAPTURED")
    assert money_of(read(sandbox, made), "authorizations")["status"] == "CAPTURED"


def test_parts_are_taken_until_one_is_final(sandbox: Sandbox) -> None:
    made = authorised(sandbox)
    yes(post(sandbox, f"{hold_of(made)}/capture", amount("10.00")), 201)
    assert yes(get(sandbox, hold_of(made)), 200)["status"] == "PARTIALLY_CAPTURED"
    refused(post(sandbox, f"{hold_of(made)}/capture", amount("16.00")), 422, "MAX_CAPTURE_AMOUNT_EXCEEDED")
    yes(post(sandbox, f"{hold_of(made)}/capture", amount("5.00") | {"final_capture": True}), 201)
    refused(post(sandbox, f"{hold_of(made)}/capture", amount("1.00")), 422, "AUTHORIZATION_ALREADY_CAPTURED")


@pytest.mark.parametrize("whole", [False, True])
def test_what_is_let_go_cannot_be_taken(sandbox: Sandbox, whole: bool) -> None:
    made = authorised(sandbox)
    headers = headers_of(sandbox, "void-it", whole=whole)
    for _ in range(2):
        answer = sandbox.http.post(f"{hold_of(made)}/void", headers=headers)
        assert (answer.status_code, bool(answer.content)) == ((200, True) if whole else (204, False))
    refused(post(sandbox, f"{hold_of(made)}/void"), 422, "PREVIOUSLY_VOIDED")
    refused(post(sandbox, f"{hold_of(made)}/capture"), 422, "AUTHORIZATION_VOIDED")
    sandbox.control("POST", f"/payments/{made['id']}/refund", status=409)


def test_a_hold_is_not_renewed_within_its_honour_period(sandbox: Sandbox) -> None:
    refused(post(sandbox, f"{hold_of(authorised(sandbox))}/reauthorize"), 422, "REAUTHORIZATION_TOO_SOON")


def test_a_hold_may_be_pending_and_denied(sandbox: Sandbox) -> None:
    made = order(sandbox, "AUTHORIZE")
    sandbox.fault("processing", payment=made["id"], ms=3_600_000)
    act(sandbox, made, "pay")
    held = yes(finish(sandbox, made, "authorize"), 201)
    refused(post(sandbox, f"{hold_of(held)}/capture"), 422, "AUTHORIZATION_PENDING")
    act(sandbox, made, "deny")
    refused(post(sandbox, f"{hold_of(held)}/capture"), 422, "AUTHORIZATION_DENIED")
    act(sandbox, made, "late_success")
    assert yes(get(sandbox, hold_of(held)), 200)["status"] == "CREATED"
    act(sandbox, made, "expire")
    assert yes(get(sandbox, hold_of(held)), 200)["status"] == "VOIDED"

"""Refunds and disputes (gateways.md §6.3, §6.5)."""

import pytest

from tests.providers.sandbox_paypal.calls import (
    BANK,
    PAYMENTS,
    act,
    captured,
    finish,
    get,
    money_of,
    order,
    post,
    read,
    refused,
    yes,
)
from tests.providers.sandbox_server import Sandbox, wait_for


def capture_of(made: dict[str, object]) -> str:
    return f"{PAYMENTS}/captures/{money_of(made, 'captures')['id']}"


def part(value: str, **more: str) -> dict[str, object]:
    return {"amount": {"currency_code": "GBP", "value": value}, **more}


def test_a_refund_names_its_capture_by_a_link_and_lies_in_its_order(sandbox: Sandbox) -> None:
    made = captured(sandbox)
    given = yes(post(sandbox, f"{capture_of(made)}/refund", part("5.00", custom_id="rfd_1"), "rfd-1"), 201)
    (up,) = [link["href"] for link in given["links"] if link["rel"] == "up"]
    assert up.endswith(capture_of(made).removeprefix(f"/{BANK}"))
    assert (given["status"], given["custom_id"]) == ("COMPLETED", "rfd_1")
    again = yes(post(sandbox, f"{capture_of(made)}/refund", part("5.00", custom_id="rfd_1"), "rfd-1"), 200)
    assert again == given == yes(get(sandbox, f"{PAYMENTS}/refunds/{given['id']}"), 200)
    now = read(sandbox, made)
    assert (money_of(now, "refunds"), money_of(now, "captures")["status"]) == (given, "PARTIALLY_REFUNDED")


def test_no_more_is_given_back_than_was_taken(sandbox: Sandbox) -> None:
    made = captured(sandbox)
    refused(post(sandbox, f"{capture_of(made)}/refund", part("26.00")), 422, "REFUND_AMOUNT_EXCEEDED")
    yes(post(sandbox, f"{capture_of(made)}/refund", part("5.00")), 201)
    assert yes(post(sandbox, f"{capture_of(made)}/refund"), 201)["amount"]["value"] == "20.99"
    refused(post(sandbox, f"{capture_of(made)}/refund", part("0.01")), 422, "CAPTURE_FULLY_REFUNDED")
    assert money_of(read(sandbox, made), "captures")["status"] == "REFUNDED"


def test_a_refund_is_in_the_captures_currency_and_of_its_own_invoice(sandbox: Sandbox) -> None:
    made = captured(sandbox)
    dollars = {"amount": {"currency_code": "USD", "value": "1.00"}}
    refused(post(sandbox, f"{capture_of(made)}/refund", dollars), 422, "REFUND_CAPTURE_CURRENCY_MISMATCH")
    yes(post(sandbox, f"{capture_of(made)}/refund", part("1.00", invoice_id="refund-1")), 201)
    again = post(sandbox, f"{capture_of(made)}/refund", part("1.00", invoice_id="refund-1"))
    refused(again, 422, "DUPLICATE_INVOICE_ID")


def test_what_has_not_come_is_not_given_back(sandbox: Sandbox) -> None:
    made = order(sandbox)
    sandbox.fault("processing", payment=made["id"], ms=3_600_000)
    act(sandbox, made, "pay")
    pending = yes(finish(sandbox, made, "capture"), 201)
    refused(post(sandbox, f"{capture_of(pending)}/refund"), 422, "PENDING_CAPTURE")


@pytest.mark.parametrize("fault", ["refund_fails", "refund_fails_after_success"])
def test_a_refund_may_fail_and_the_money_be_given_back_again(sandbox: Sandbox, fault: str) -> None:
    made = captured(sandbox)
    sandbox.fault(fault, payment=made["id"])
    given = yes(post(sandbox, f"{capture_of(made)}/refund"), 201)
    assert given["status"] == ("PENDING" if fault == "refund_fails" else "COMPLETED")
    wait_for(lambda: get(sandbox, f"{PAYMENTS}/refunds/{given['id']}").json()["status"] == "FAILED")
    assert money_of(read(sandbox, made), "captures")["status"] == "COMPLETED"
    yes(post(sandbox, f"{capture_of(made)}/refund"), 201)


@pytest.mark.parametrize(
    ("verb", "status", "outcome"),
    [
        ("dispute_opened", "WAITING_FOR_SELLER_RESPONSE", None),
        ("dispute_won", "RESOLVED", "RESOLVED_SELLER_FAVOUR"),
        ("dispute_lost", "RESOLVED", "RESOLVED_BUYER_FAVOUR"),
    ],
)
def test_a_dispute_is_about_a_capture_and_may_be_read(
    sandbox: Sandbox, verb: str, status: str, outcome: str | None
) -> None:
    made = captured(sandbox)
    case = act(sandbox, made, verb)
    assert yes(get(sandbox, f"/{BANK}/v1/customer/disputes/{case['dispute_id']}"), 200) == case
    assert (case["status"], case.get("dispute_outcome", {}).get("outcome_code")) == (status, outcome)
    assert case["disputed_transactions"][0]["seller_transaction_id"] == money_of(made, "captures")["id"]
    answer = post(sandbox, f"{capture_of(made)}/refund")
    if verb == "dispute_won":
        yes(answer, 201)
    else:
        refused(answer, 422, "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK")

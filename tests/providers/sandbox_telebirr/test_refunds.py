"""Refunds, each once under its own number, and what a query says of them (gateways.md §7.5)."""

import pytest

from tests.providers.sandbox_server import Sandbox, wait_for
from tests.providers.sandbox_telebirr.calls import (
    BANK,
    act,
    order,
    paid,
    query,
    refund,
    refused,
    yes,
)


def test_money_goes_back_in_parts_and_never_more_than_came(sandbox: Sandbox) -> None:
    made = paid(sandbox)
    first = yes(refund(sandbox, made, "rfd1a", "500.00"))
    assert (first["refund_status"], first["refund_amount"]) == ("REFUND_SUCCESS", "500.00")
    assert query(sandbox, made["merch_order_id"])["order_status"] == "REFUND_SUCCESS"
    refused(refund(sandbox, made, "rfd1b", "750.01"), "60200993")
    other = yes(refund(sandbox, made, "rfd1c", "0.00", actual_amount="", refund_amount="750.00"))
    assert other["refund_order_id"] != first["refund_order_id"], "one SDK calls the amount so"
    refused(refund(sandbox, made, "rfd1d", "0.01"), "60200993")


def test_one_number_is_one_refund(sandbox: Sandbox) -> None:
    made = paid(sandbox)
    first = yes(refund(sandbox, made, "rfd2a", "500.00"))
    again = yes(refund(sandbox, made, "rfd2a", "500.00"))
    assert again == first | {"refund_status": "REFUND_DUPLICATED"}
    refused(refund(sandbox, made, "rfd2a", "600.00"), "60200993")
    assert yes(refund(sandbox, made, "rfd2b", "750.00"))["refund_status"] == "REFUND_SUCCESS"


def test_what_is_not_paid_or_not_there_cannot_be_given_back(sandbox: Sandbox) -> None:
    waiting = order(sandbox)
    refused(refund(sandbox, waiting, "rfd3a", "500.00"), "60200993")
    refused(refund(sandbox, waiting | {"merch_order_id": "nobodys"}, "rfd3b", "500.00"), "60200991")
    refused(refund(sandbox, paid(sandbox), "rfd3c", "0.00"), "60200993")
    refused(refund(sandbox, paid(sandbox), "rfd3d", "1.00", trans_currency="USD"), "49401024995", 400)


def test_a_pending_refund_is_done_or_fails_when_told(sandbox: Sandbox) -> None:
    for verb, status in (("succeed", "REFUND_SUCCESS"), ("fail", "REFUND_FAILED")):
        made = paid(sandbox)
        sandbox.fault("refund_pending", payment=made["merch_order_id"])
        pending = yes(refund(sandbox, made, f"rfd4{verb}", "1250.00"))
        assert pending["refund_status"] == "REFUNDING"
        assert query(sandbox, made["merch_order_id"])["order_status"] == "REFUNDING"
        sandbox.control("POST", f"/refunds/rfd4{verb}/{verb}")
        assert query(sandbox, made["merch_order_id"])["order_status"] == status


@pytest.mark.parametrize(
    ("kind", "first"), [("refund_fails", "REFUNDING"), ("refund_fails_after_success", "REFUND_SUCCESS")]
)
def test_a_refund_fails_later_and_the_money_can_be_given_back_again(
    sandbox: Sandbox, kind: str, first: str
) -> None:
    made = paid(sandbox)
    sandbox.fault(kind, payment=made["merch_order_id"], ms=50)
    number = kind.replace("_", "")
    assert yes(refund(sandbox, made, number, "1250.00"))["refund_status"] == first
    wait_for(lambda: query(sandbox, made["merch_order_id"])["order_status"] == "REFUND_FAILED")
    again = yes(refund(sandbox, made, f"{number}again", "1250.00"))
    assert again["refund_status"] == "REFUND_SUCCESS"


def test_an_account_may_have_no_refunds(sandbox: Sandbox) -> None:
    made = paid(sandbox)
    try:
        sandbox.control("PUT", "/settings", {"bank": BANK, "keys": {"refunds": "not_allowed"}})
        refused(refund(sandbox, made, "rfd6a", "1.00"), "60320025")
        sandbox.control("PUT", "/settings", {"bank": BANK, "keys": {"refunds": "absent"}})
        assert refund(sandbox, made, "rfd6b", "1.00").status_code == 404
    finally:
        sandbox.control("PUT", "/settings", {"bank": BANK, "keys": {"refunds": "on"}})
    assert query(sandbox, made["merch_order_id"])["order_status"] == "PAY_SUCCESS"


def test_the_dashboard_gives_money_back(sandbox: Sandbox) -> None:
    made = paid(sandbox)
    sandbox.control("POST", f"/payments/{made['merch_order_id']}/refund", {"amount": 250_00})
    assert query(sandbox, made["merch_order_id"])["order_status"] == "REFUND_SUCCESS"
    refused(refund(sandbox, made, "rfd7a", "1000.01"), "60200993")
    number = act(sandbox, made, "refund")["id"]
    assert sandbox.control("POST", f"/refunds/{number}/fail")["status"] == "REFUND_FAILED"
    sandbox.control("POST", f"/payments/{made['merch_order_id']}/refund", {"amount": 1000_01}, status=409)

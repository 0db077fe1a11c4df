"""Refunds and disputes as the official SDK sees them (gateways.md §3.5, §3.6)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from razorpay.errors import BadRequestError

from tests.providers.sandbox_razorpay.calls import AUTH, BANK, act, order_of
from tests.providers.sandbox_server import Receiver, Sandbox, wait_for

KEY = "X-Refund-Idempotency"


def paid_of(client: Any, sandbox: Sandbox) -> Any:
    return act(sandbox, order_of(client), "pay")


def test_parts_are_given_back_up_to_the_whole_and_no_further(client: Any, sandbox: Sandbox) -> None:
    paid = paid_of(client, sandbox)
    first = client.payment.refund(paid["id"], {"amount": 100_00, "receipt": "RF-1", "notes": {"why": "x"}})
    assert (first["entity"], first["status"], first["amount"]) == ("refund", "processed", 100_00)
    assert (first["payment_id"], first["receipt"], first["notes"]) == (paid["id"], "RF-1", {"why": "x"})
    part = client.payment.fetch(paid["id"])
    assert (part["status"], part["refund_status"], part["amount_refunded"]) == ("captured", "partial", 100_00)
    with pytest.raises(BadRequestError, match="greater than the refund payment amount"):
        client.payment.refund(paid["id"], {"amount": 400_00})
    rest = client.payment.refund(paid["id"], {})
    assert rest["amount"] == 399_00
    whole = client.payment.fetch(paid["id"])
    assert (whole["status"], whole["refund_status"]) == ("refunded", "full")
    with pytest.raises(BadRequestError, match="fully refunded already"):
        client.payment.refund(paid["id"], {"amount": 1})
    assert client.order.fetch(paid["order_id"])["status"] == "paid", "an order stays paid"
    listed = client.payment.fetch_multiple_refund(paid["id"])["items"]
    assert [refund["id"] for refund in listed] == [rest["id"], first["id"]]
    assert client.refund.fetch(first["id"]) == client.payment.fetch_refund_id(paid["id"], first["id"])


def test_what_is_not_captured_cannot_be_given_back(client: Any, sandbox: Sandbox) -> None:
    held = act(sandbox, order_of(client, payment_capture=False), "pay")
    failed = act(sandbox, order_of(client), "decline")
    for payment in (held, failed):
        with pytest.raises(BadRequestError, match="should be captured"):
            client.payment.refund(payment["id"], {})
        assert client.payment.fetch_multiple_refund(payment["id"])["count"] == 0


def test_one_key_is_one_refund(client: Any, sandbox: Sandbox) -> None:
    paid = paid_of(client, sandbox)
    header = {KEY: "refund-0001"}
    first = client.payment.refund(paid["id"], {"amount": 100_00}, headers=dict(header))
    assert client.payment.refund(paid["id"], {"amount": 100_00}, headers=dict(header)) == first
    with pytest.raises(BadRequestError, match="Different request body"):
        client.payment.refund(paid["id"], {"amount": 200_00}, headers=dict(header))
    with pytest.raises(BadRequestError, match="at least 10"):
        client.payment.refund(paid["id"], {"amount": 100_00}, headers={KEY: "short"})
    assert client.payment.fetch(paid["id"])["amount_refunded"] == 100_00
    without = [client.payment.refund(paid["id"], {"amount": 100_00})["id"] for _ in range(2)]
    assert len(set(without)) == 2, "without a key every call is another refund"


def test_a_key_whose_refund_is_running_is_a_conflict(client: Any, sandbox: Sandbox) -> None:
    paid = paid_of(client, sandbox)
    sandbox.fault("delay", bank=BANK, on="refund", ms=600)

    def ask() -> int:
        path, headers = f"/{BANK}/v1/payments/{paid['id']}/refund", {KEY: "refund-0002"}
        return sandbox.http.post(path, json={}, auth=AUTH, headers=headers).status_code

    with ThreadPoolExecutor() as threads:
        slow = threads.submit(ask)
        wait_for(lambda: sandbox.control("GET", "/state")[BANK]["faults"] == [])
        assert ask() == 409
        assert slow.result() == 200
    assert ask() == 200
    assert client.payment.fetch_multiple_refund(paid["id"])["count"] == 1


def test_a_pending_refund_is_processed_when_told(client: Any, sandbox: Sandbox, receiver: Receiver) -> None:
    paid = paid_of(client, sandbox)
    sandbox.fault("refund_pending", payment=paid["order_id"])
    refund = client.payment.refund(paid["id"], {"speed": "optimum"})
    assert (refund["status"], refund["speed_requested"]) == ("pending", "optimum")
    assert (refund["speed_processed"], receiver.of(paid["order_id"], "refund.processed")) == (None, [])
    sandbox.control("POST", f"/refunds/{refund['id']}/succeed")
    assert client.refund.fetch(refund["id"])["status"] == "processed"
    told = receiver.wait(paid["order_id"], "refund.processed")[0].event["payload"]
    assert (told["refund"]["entity"]["id"], told["payment"]["entity"]["id"]) == (refund["id"], paid["id"])


@pytest.mark.parametrize(
    ("kind", "first"), [("refund_fails", "pending"), ("refund_fails_after_success", "processed")]
)
def test_a_refund_fails_later_and_the_money_can_be_given_back_again(
    client: Any, sandbox: Sandbox, receiver: Receiver, kind: str, first: str
) -> None:
    paid = paid_of(client, sandbox)
    sandbox.fault(kind, payment=paid["order_id"], ms=20)
    refund = client.payment.refund(paid["id"], {})
    assert refund["status"] == first
    receiver.wait(paid["order_id"], "refund.failed")
    assert client.refund.fetch(refund["id"])["status"] == "failed"
    assert client.payment.fetch(paid["id"])["status"] == "captured"
    assert client.payment.refund(paid["id"], {})["amount"] == 499_00


def test_the_dashboard_gives_money_back(client: Any, sandbox: Sandbox, receiver: Receiver) -> None:
    paid = paid_of(client, sandbox)
    made = sandbox.control("POST", f"/payments/{paid['id']}/refund", {"amount": 99_00})
    assert client.refund.fetch(made["id"])["amount"] == 99_00
    receiver.wait(paid["order_id"], "refund.created")
    sandbox.control("POST", f"/payments/{paid['id']}/refund", {"amount": 400_01}, status=409)


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_is_opened_looked_at_and_decided(
    client: Any, sandbox: Sandbox, receiver: Receiver, outcome: str
) -> None:
    made = order_of(client)
    sandbox.fault("dispute_opened", payment=made["id"])
    paid = act(sandbox, made, "pay")
    case = receiver.wait(made["id"], "payment.dispute.created")[0].event["payload"]["dispute"]["entity"]
    assert (case["status"], case["amount"], case["amount_deducted"]) == ("open", 499_00, 0)
    assert client.dispute.fetch(case["id"]) == case
    with pytest.raises(BadRequestError, match="disputed"):
        client.payment.refund(paid["id"], {})
    assert client.dispute.contest(case["id"], {"action": "submit"})["status"] == "under_review"
    sandbox.control("POST", f"/payments/{made['id']}/dispute_{outcome}")
    receiver.wait(made["id"], f"payment.dispute.{outcome}")
    after = client.dispute.fetch(case["id"])
    assert (after["status"], after["amount_deducted"]) == (outcome, 499_00 if outcome == "lost" else 0)
    with pytest.raises(BadRequestError, match="not allowed"):
        client.dispute.accept(case["id"])


def test_a_merchant_may_give_in_to_a_dispute(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client)
    act(sandbox, made, "pay")
    case = act(sandbox, made, "dispute_opened")
    accepted = client.dispute.accept(case["id"])
    assert (accepted["status"], accepted["amount_deducted"]) == ("lost", 499_00)

"""Refunds and disputes (gateways.md §4.5)."""

import pytest

from tests.providers.sandbox_paystack.calls import BANK, act, ask, call, data, paid, refused, verify
from tests.providers.sandbox_server import Receiver, Sandbox


def refund_of(sandbox: Sandbox, reference: str, **fields: object) -> dict[str, object]:
    made: dict[str, object] = data(sandbox, "POST", "/refund", {"transaction": reference} | fields)
    return made


def test_a_refund_is_queued_and_processed_a_moment_later(sandbox: Sandbox, receiver: Receiver) -> None:
    made = paid(sandbox)
    refund = refund_of(sandbox, made["reference"], amount="100000", customer_note="sorry")
    assert (refund["status"], refund["amount"], refund["customer_note"]) == ("pending", 1_000_00, "sorry")
    told = receiver.wait(made["reference"], "refund.processed")[0].event["data"]
    assert (told["amount"], told["refund_reference"]) == ("100000", f"TRF_{refund['id']}")
    done = data(sandbox, "GET", f"/refund/{refund['id']}")
    assert (done["status"], done["transaction"], done["fully_deducted"]) == ("processed", made["id"], True)
    assert verify(sandbox, made)["status"] == "success", "a part leaves it a success"
    kinds = {got.event["event"]: got.event["data"] for got in receiver.of(made["reference"])}
    assert set(kinds) == {"charge.success", "refund.pending", "refund.processing", "refund.processed"}
    assert kinds["refund.pending"]["refund_reference"] is None


def test_parts_are_given_back_up_to_the_whole_and_no_further(sandbox: Sandbox, receiver: Receiver) -> None:
    made = paid(sandbox)
    refund_of(sandbox, made["reference"], amount=1_000_00)
    refused(
        call(sandbox, "POST", "/refund", {"transaction": made["id"], "amount": 1_500_01}), "invalid_params"
    )
    wrong = {"transaction": made["id"], "currency": "USD"}
    refused(call(sandbox, "POST", "/refund", wrong), "invalid_params")
    assert refund_of(sandbox, str(made["id"]))["amount"] == 1_500_00
    refused(call(sandbox, "POST", "/refund", {"transaction": made["id"]}), "transaction_reversed")
    receiver.wait(made["reference"], "refund.processed", times=2)
    assert verify(sandbox, made)["status"] == "reversed"
    listed = data(sandbox, "GET", "/refund", transaction=made["id"])
    assert [refund["amount"] for refund in listed] == [1_500_00, 1_000_00]


def test_the_same_call_twice_is_two_refunds(sandbox: Sandbox) -> None:
    made = paid(sandbox)
    ids = {str(refund_of(sandbox, made["reference"], amount=100_00)["id"]) for _ in range(2)}
    assert len(ids) == 2
    assert len(data(sandbox, "GET", "/refund", reference=made["reference"])) == 2


def test_what_was_not_paid_cannot_be_given_back(sandbox: Sandbox) -> None:
    made = ask(sandbox)
    body = {"transaction": made["reference"]}
    refused(call(sandbox, "POST", "/refund", body), "invalid_transaction")
    refused(call(sandbox, "POST", "/refund", {"transaction": "nobody"}), "transaction_not_found", 404)
    refused(call(sandbox, "POST", "/refund", {}), "invalid_params")
    assert data(sandbox, "GET", "/refund", reference=made["reference"]) == []


@pytest.mark.parametrize("kind", ["refund_fails", "refund_fails_after_success"])
def test_a_refund_fails_later_and_the_money_can_be_given_back_again(
    sandbox: Sandbox, receiver: Receiver, kind: str
) -> None:
    made = paid(sandbox)
    sandbox.fault(kind, payment=made["reference"], ms=20)
    refund = refund_of(sandbox, made["reference"])
    told = receiver.wait(made["reference"], "refund.failed")[0].event["data"]
    assert told["amount"] == 2_500_00, "of a failure it is a number"
    came_first = len(receiver.of(made["reference"], "refund.processed"))
    assert came_first == (1 if kind == "refund_fails_after_success" else 0)
    assert data(sandbox, "GET", f"/refund/{refund['id']}")["status"] == "failed"
    assert verify(sandbox, made)["status"] == "success"
    assert refund_of(sandbox, made["reference"])["amount"] == 2_500_00


def test_a_refund_may_want_an_account_number(sandbox: Sandbox, receiver: Receiver) -> None:
    made = paid(sandbox)
    sandbox.fault("refund_pending", payment=made["reference"])
    refund = refund_of(sandbox, made["reference"])
    path = f"/refund/retry_with_customer_details/{refund['id']}"
    body = {"refund_account_details": {"currency": "NGN", "account_number": "1234567890", "bank_id": "9"}}
    refused(call(sandbox, "POST", path, body), "invalid_params")
    sandbox.control("POST", f"/refunds/{refund['id']}/need_attention")
    told = receiver.wait(made["reference"], "refund.needs-attention")[0].event["data"]
    assert (told["id"], told["status"]) == (str(refund["id"]), "needs-attention")
    assert data(sandbox, "POST", path, body)["status"] == "processing"
    receiver.wait(made["reference"], "refund.processed")


def test_the_dashboard_gives_money_back(sandbox: Sandbox, receiver: Receiver) -> None:
    made = paid(sandbox)
    sandbox.control("POST", f"/payments/{made['reference']}/refund", {"amount": 2_500_01}, status=409)
    sandbox.control("POST", f"/payments/{made['reference']}/refund", {"amount": 500_00})
    receiver.wait(made["reference"], "refund.processed")
    assert data(sandbox, "GET", "/refund", reference=made["reference"])[0]["amount"] == 500_00


@pytest.mark.parametrize(
    ("outcome", "resolution", "status"),
    [("won", "declined", "success"), ("lost", "merchant-accepted", "reversed")],
)
def test_a_dispute_is_opened_answered_and_decided(
    sandbox: Sandbox, receiver: Receiver, outcome: str, resolution: str, status: str
) -> None:
    made = ask(sandbox)
    sandbox.fault("dispute_opened", payment=made["reference"])
    act(sandbox, made, "pay")
    case = receiver.wait(made["reference"], "charge.dispute.create")[0].event["data"]
    assert (case["status"], case["refund_amount"]) == ("awaiting-merchant-feedback", 2_500_00)
    assert case["transaction"]["reference"] == made["reference"]
    refused(call(sandbox, "POST", "/refund", {"transaction": made["reference"]}), "transaction_disputed")
    act(sandbox, made, "dispute_remind")
    receiver.wait(made["reference"], "charge.dispute.remind")
    answer = {"resolution": "declined", "message": "it was sent", "refund_amount": 0}
    told = data(sandbox, "PUT", f"/dispute/{case['id']}/resolve", answer)
    assert told["status"] == "awaiting-bank-feedback"
    refused(call(sandbox, "PUT", f"/dispute/{case['id']}/resolve", answer), "dispute_resolved")
    act(sandbox, made, f"dispute_{outcome}")
    after = data(sandbox, "GET", f"/dispute/{case['id']}")
    assert (after["status"], after["resolution"]) == ("resolved", resolution)
    assert receiver.wait(made["reference"], "charge.dispute.resolve")[0].event["data"] == after
    assert verify(sandbox, made)["status"] == status
    assert data(sandbox, "GET", "/dispute", transaction=made["reference"]) == [after]


def test_a_merchant_may_give_in_to_a_dispute(sandbox: Sandbox) -> None:
    made = paid(sandbox)
    case = act(sandbox, made, "dispute_opened")
    answer = {"resolution": "merchant-accepted", "message": "sorry", "refund_amount": 2_500_00}
    assert data(sandbox, "PUT", f"/dispute/{case['id']}/resolve", answer)["status"] == "resolved"
    assert data(sandbox, "GET", f"/dispute/transaction/{made['id']}")["resolution"] == "merchant-accepted"
    assert verify(sandbox, made)["status"] == "reversed"
    assert sandbox.control("GET", "/state")[BANK]["payments_by_status"]["reversed"] >= 1

"""Refunds as the official SDK sees them (gateways.md §2.4)."""

import pytest
import stripe

from tests.providers.sandbox_server import Receiver, Sandbox
from tests.providers.sandbox_stripe.calls import create

# Stripe's SDK hands its bodies to httpx in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def test_parts_are_given_back_up_to_the_whole_and_no_further(client: stripe.StripeClient) -> None:
    paid = create(client, confirm=True, payment_method="pm_card_visa")
    first = client.v1.refunds.create({"payment_intent": paid.id, "amount": 600})
    assert (first.status, first.amount, first.currency) == ("succeeded", 600, "gbp")
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 2000})
    assert "greater than unrefunded amount" in str(too_much.value)
    rest = client.v1.refunds.create({"payment_intent": paid.id, "reason": "requested_by_customer"})
    assert rest.amount == 1999
    with pytest.raises(stripe.InvalidRequestError) as nothing_left:
        client.v1.refunds.create({"payment_intent": paid.id})
    assert nothing_left.value.code == "charge_already_refunded"
    listed = client.v1.refunds.list({"payment_intent": paid.id})
    assert [refund.id for refund in listed.data] == [rest.id, first.id]
    assert client.v1.refunds.retrieve(first.id).to_dict() == first.to_dict()
    charge = client.v1.charges.retrieve(str(paid.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (2599, True)


def test_what_was_not_paid_cannot_be_given_back(client: stripe.StripeClient) -> None:
    made = create(client)
    held = create(client, capture_method="manual", confirm=True, payment_method="pm_card_visa")
    for unpaid in (made, held):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create({"payment_intent": unpaid.id})
        assert refused.value.http_status == 400
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.refunds.create({"payment_intent": "pi_nobody"})
    assert (missing.value.code, missing.value.param) == ("resource_missing", "payment_intent")


def test_a_pending_refund_succeeds_when_told(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    paid = create(client, confirm=True, payment_method="pm_card_visa")
    sandbox.fault("refund_pending", payment=paid.id)
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    assert (refund.status, refund.to_dict()["pending_reason"]) == ("pending", "processing")
    sandbox.control("POST", f"/refunds/{refund.id}/succeed")
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    told = receiver.wait(paid.id, "refund.updated")
    assert told[0].event["data"]["previous_attributes"]["status"] == "pending"


@pytest.mark.parametrize(
    ("kind", "first"), [("refund_fails", "pending"), ("refund_fails_after_success", "succeeded")]
)
def test_a_refund_fails_later_and_the_money_can_be_given_back_again(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver, kind: str, first: str
) -> None:
    paid = create(client, confirm=True, payment_method="pm_card_visa")
    sandbox.fault(kind, payment=paid.id, ms=20)
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    assert refund.status == first
    failed = receiver.wait(paid.id, "refund.failed")
    assert failed[0].event["data"]["object"]["failure_reason"] == "expired_or_canceled_card"
    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert client.v1.refunds.create({"payment_intent": paid.id}).amount == 2599

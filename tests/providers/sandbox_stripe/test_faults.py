"""Every fault of a call or of money strikes when it was asked to, once."""

import pytest
import stripe

from tests.providers.sandbox_server import Receiver, Sandbox
from tests.providers.sandbox_stripe.calls import IMPATIENT, client_of, create, pay, replayed

# Stripe's SDK hands its bodies to httpx in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def test_rate_limits_conflicts_and_junk_are_answered_when_asked_for(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    sandbox.fault("error_429")
    with pytest.raises(stripe.RateLimitError):
        create(client)
    sandbox.fault("conflict_409")
    with pytest.raises(stripe.StripeError) as conflict:
        create(client)
    assert conflict.value.http_status == 409
    sandbox.fault("garbage", on="create")
    with pytest.raises(stripe.APIError):
        create(client, metadata={"order_id": "ord_garbage"})
    found = client.v1.payment_intents.search({"query": "metadata['order_id']:'ord_garbage'"})
    assert len(found.data) == 1, "the call acted; only its answer was lost"


def test_a_timeout_after_the_effect_leaves_the_effect_and_its_answer(sandbox: Sandbox) -> None:
    impatient = client_of(sandbox, http=IMPATIENT)
    sandbox.fault("timeout_after_effect", on="create", ms=3_000)
    options: stripe.RequestOptions = {"idempotency_key": "k-timeout"}
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.payment_intents.create({"amount": 7, "currency": "gbp"}, options)
    again = impatient.v1.payment_intents.create({"amount": 7, "currency": "gbp"}, options)
    assert replayed(again)


def test_a_fault_strikes_its_payment_only_and_as_often_as_asked(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    struck, spared = create(client), create(client)
    sandbox.fault("decline", payment=struck.id, count=2)
    assert pay(sandbox, spared).json()["status"] == "succeeded"
    for _ in range(2):
        assert pay(sandbox, struck).json()["last_payment_error"]["code"] == "card_declined"
    assert pay(sandbox, struck).json()["status"] == "succeeded"


def test_a_wrong_request_to_the_control_api_is_refused(sandbox: Sandbox) -> None:
    for wrong in (
        {"kind": "earthquake"},
        {"kind": "decline", "colour": 1},
        {"kind": "decline", "count": 0},
    ):
        sandbox.control("POST", "/faults", wrong, status=400)
    sandbox.control("POST", "/faults", {"kind": "decline", "payment": "pi_nobody"}, status=404)
    sandbox.control("POST", "/faults", {"kind": "decline", "bank": "nowhere"}, status=404)
    sandbox.control("POST", "/payments/pi_nobody/pay", status=404)
    sandbox.control("PUT", "/settings", {"auto": "perhaps"}, status=400)


def test_a_wrong_amount_is_collected(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = create(client)
    sandbox.fault("wrong_amount", payment=made.id, amount=1)
    assert pay(sandbox, made).json()["amount_received"] == 1
    told = receiver.wait(made.id, "payment_intent.succeeded")
    assert told[0].event["data"]["object"]["amount_received"] == 1


@pytest.mark.parametrize("end", ["cancel", "decline"])
def test_money_arrives_after_the_end(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver, end: str
) -> None:
    made = create(client)
    sandbox.fault("late_success", payment=made.id, ms=50)
    assert pay(sandbox, made, end).json()["status"] in ("canceled", "requires_payment_method")
    receiver.wait(made.id, "payment_intent.succeeded")
    late = client.v1.payment_intents.retrieve(made.id)
    assert (late.status, late.amount_received, late.canceled_at) == ("succeeded", 2599, None)


def test_a_fault_whose_moment_has_passed_strikes_at_once(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    made = create(client)
    client.v1.payment_intents.cancel(made.id)
    assert sandbox.fault("late_success", payment=made.id)["struck"] is True
    assert client.v1.payment_intents.retrieve(made.id).status == "succeeded"


def test_a_payment_may_take_its_time(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = create(client)
    sandbox.fault("processing", payment=made.id, ms=50)
    assert pay(sandbox, made).json()["status"] == "processing"
    receiver.wait(made.id, "payment_intent.succeeded")
    assert [got.event["type"] for got in receiver.of(made.id)].count("payment_intent.processing") == 1


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_is_opened_and_decided(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver, outcome: str
) -> None:
    made = create(client)
    sandbox.fault("dispute_opened", payment=made.id)
    pay(sandbox, made)
    opened = receiver.wait(made.id, "charge.dispute.created")[0].event["data"]["object"]
    assert (opened["status"], opened["amount"]) == ("needs_response", 2599)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": made.id})
    assert refused.value.code == "charge_disputed"
    sandbox.control("POST", f"/payments/{made.id}/dispute_{outcome}")
    receiver.wait(made.id, "charge.dispute.closed")
    assert client.v1.disputes.retrieve(opened["id"]).status == outcome


def test_the_control_api_does_what_a_buyer_can(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    made = create(client)
    declined = sandbox.control("POST", f"/payments/{made.id}/decline")
    assert declined["last_payment_error"]["code"] == "card_declined"
    assert sandbox.control("POST", f"/payments/{made.id}/pay")["status"] == "succeeded"
    sandbox.control("POST", f"/payments/{made.id}/cancel", status=409)
    sandbox.control("POST", f"/payments/{made.id}/dance", status=404)

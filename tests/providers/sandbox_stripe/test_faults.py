"""Every fault of a call or of money strikes when it was asked to, once."""

import pytest
import stripe

from tests.providers.sandbox_server import Receiver, Sandbox
from tests.providers.sandbox_stripe.calls import IMPATIENT, KEY, client_of, create, pay, replayed

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
        impatient.v1.payment_intents.create({"amount": 700, "currency": "gbp"}, options)
    again = impatient.v1.payment_intents.create({"amount": 700, "currency": "gbp"}, options)
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
        {"kind": "decline", "probability": 1.5},
    ):
        sandbox.control("POST", "/faults", {"bank": "stripe", **wrong}, status=400)
    sandbox.control("POST", "/faults", {"kind": "decline", "payment": "pi_nobody"}, status=404)
    sandbox.control("POST", "/faults", {"kind": "decline", "bank": "nowhere"}, status=404)
    sandbox.control("POST", "/faults", {"kind": "decline"}, status=404)
    sandbox.control("POST", "/payments/pi_nobody/pay", status=404)
    sandbox.control("PUT", "/settings", {"bank": "stripe", "auto": "perhaps"}, status=400)
    sandbox.control("PUT", "/settings", {"bank": "stripe", "keys": {"colour": "red"}}, status=400)


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


def test_a_timeout_before_the_effect_leaves_nothing(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    sandbox.fault("timeout_before_effect", on="create", ms=3_000)
    with pytest.raises(stripe.APIConnectionError):
        create(client_of(sandbox, http=IMPATIENT), metadata={"order_id": "ord_never"})
    found = client.v1.payment_intents.search({"query": "metadata['order_id']:'ord_never'"})
    assert found.data == []


def test_a_fault_may_strike_by_chance_and_the_same_seed_strikes_the_same_calls(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    def answers_of_reads() -> list[int]:
        sandbox.fault("error_503", on="read", probability=0.3, seed=7, count=1_000)
        address, key = f"/stripe/v1/payment_intents/{create(client).id}", (KEY, "")
        answers = [sandbox.http.get(address, auth=key).status_code for _ in range(30)]
        assert set(answers) == {200, 503}
        sandbox.control("DELETE", "/faults")
        return answers

    assert answers_of_reads() == answers_of_reads()


def test_a_magic_amount_misbehaves_by_itself(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    declined = create(client, amount=666_01)
    assert pay(sandbox, declined).json()["last_payment_error"]["code"] == "card_declined"
    assert pay(sandbox, declined).json()["status"] == "succeeded", "the buyer may try again"
    asked = create(client, amount=666_02)
    assert pay(sandbox, asked).json()["status"] == "requires_action"
    assert pay(sandbox, asked, "three_d_secure_ok").json()["status"] == "succeeded"
    with pytest.raises(stripe.APIError):
        create(client, amount=666_13, metadata={"order_id": "ord_magic"})
    found = client.v1.payment_intents.search({"query": "metadata['order_id']:'ord_magic'"})
    assert len(found.data) == 1, "the call acted; only its answer was lost"


def test_the_wrong_currency_is_collected(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    made = create(client)
    sandbox.fault("wrong_currency", payment=made.id)
    assert pay(sandbox, made).json()["currency"] == "usd"


def test_the_dashboard_gives_money_back_and_no_more_than_there_is(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = create(client)
    sandbox.control("POST", f"/payments/{made.id}/refund", status=409)
    pay(sandbox, made)
    sandbox.control("POST", f"/payments/{made.id}/refund", {"amount": 2600}, status=409)
    assert sandbox.control("POST", f"/payments/{made.id}/refund", {"amount": 599})["amount"] == 599
    assert sandbox.control("POST", f"/payments/{made.id}/refund")["amount"] == 2000
    assert len(receiver.wait(made.id, "refund.created", times=2)) == 2


def test_a_buyer_is_declined_for_the_reason_that_was_asked_for(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    made = create(client)
    told = sandbox.control("POST", f"/payments/{made.id}/decline", {"code": "insufficient_funds"})
    assert told["last_payment_error"]["decline_code"] == "insufficient_funds"
    row = sandbox.control("GET", f"/payments/{made.id}")
    assert (row["bank"], row["stage"], row["amount"]) == ("stripe", "failed", 2599)
    assert sandbox.http.get(row["page"]).status_code == 200

"""One key, one answer (gateways.md §2.7)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.providers.sandbox_server import Sandbox, wait_for
from tests.providers.sandbox_stripe.calls import create, replayed

# Stripe's SDK hands its bodies to httpx in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def test_the_first_answer_is_replayed(client: stripe.StripeClient) -> None:
    first = client.v1.payment_intents.create({"amount": 100, "currency": "gbp"}, {"idempotency_key": "k-1"})
    again = client.v1.payment_intents.create({"amount": 100, "currency": "gbp"}, {"idempotency_key": "k-1"})
    assert again.id == first.id
    assert not replayed(first)
    assert replayed(again)


def test_a_decline_is_replayed_and_the_card_tried_once(client: stripe.StripeClient) -> None:
    made = create(client)
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.confirm(
            made.id, {"payment_method": "pm_card_chargeDeclined"}, {"idempotency_key": "k-declined"}
        )
    charge = client.v1.payment_intents.retrieve(made.id).latest_charge
    with pytest.raises(stripe.CardError) as once_more:
        client.v1.payment_intents.confirm(
            made.id, {"payment_method": "pm_card_chargeDeclined"}, {"idempotency_key": "k-declined"}
        )
    assert once_more.value.error is not None
    assert once_more.value.error.charge == charge
    after = client.v1.payment_intents.retrieve(made.id)
    assert after.latest_charge == charge, "the card was tried once"


def test_other_parameters_or_another_address_are_refused(client: stripe.StripeClient) -> None:
    made = client.v1.payment_intents.create({"amount": 100, "currency": "gbp"}, {"idempotency_key": "k-2"})
    with pytest.raises(stripe.IdempotencyError) as other:
        client.v1.payment_intents.create({"amount": 101, "currency": "gbp"}, {"idempotency_key": "k-2"})
    assert other.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.cancel(made.id, options={"idempotency_key": "k-2"})
    assert client.v1.payment_intents.retrieve(made.id).status == "requires_payment_method"


def test_nothing_is_kept_when_the_parameters_are_wrong(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 0, "currency": "gbp"}, {"idempotency_key": "k-3"})
    made = client.v1.payment_intents.create({"amount": 100, "currency": "gbp"}, {"idempotency_key": "k-3"})
    assert made.amount == 100


def test_a_500_is_kept_and_replayed(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    sandbox.fault("error_500", on="create")
    for header in (None, "true"):
        with pytest.raises(stripe.APIError) as broken:
            client.v1.payment_intents.create({"amount": 100, "currency": "gbp"}, {"idempotency_key": "k-4"})
        assert broken.value.http_status == 500
        assert broken.value.headers is not None
        assert broken.value.headers.get("idempotent-replayed") == header
    made = client.v1.payment_intents.create({"amount": 100, "currency": "gbp"}, {"idempotency_key": "k-5"})
    assert made.amount == 100


def test_a_key_that_is_running_is_a_conflict(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    sandbox.fault("delay", on="create", ms=600)

    def ask() -> stripe.PaymentIntent:
        return client.v1.payment_intents.create(
            {"amount": 100, "currency": "gbp"}, {"idempotency_key": "k-6"}
        )

    with ThreadPoolExecutor() as threads:
        slow = threads.submit(ask)
        wait_for(lambda: sandbox.control("GET", "/state")["stripe"]["faults"] == [])
        with pytest.raises(stripe.StripeError) as conflict:
            ask()
        assert conflict.value.http_status == 409
        assert conflict.value.error is not None
        assert conflict.value.error.code == "idempotency_key_in_use"
        assert slow.result().id == ask().id

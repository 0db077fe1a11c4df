"""Webhooks arrive, signed as the official SDK demands, and go wrong on demand (gateways.md §2.6)."""

import time

import pytest
import stripe

from tests.ports import free_port
from tests.providers.sandbox_server import Receiver, Sandbox, wait_for
from tests.providers.sandbox_stripe.calls import SECRET, create, pay

# Stripe's SDK hands its bodies to httpx in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def test_every_step_is_told_and_the_sdk_accepts_the_signature(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = create(client, capture_method="manual")
    pay(sandbox, made, "decline")
    pay(sandbox, made, "three_d_secure")
    pay(sandbox, made, "three_d_secure_fail")
    pay(sandbox, made)
    client.v1.payment_intents.capture(made.id)
    client.v1.refunds.create({"payment_intent": made.id})
    kinds = {
        "payment_intent.created": 1,
        "charge.failed": 1,
        "payment_intent.payment_failed": 2,
        "payment_intent.requires_action": 1,
        "charge.succeeded": 1,
        "payment_intent.amount_capturable_updated": 1,
        "charge.captured": 1,
        "payment_intent.succeeded": 1,
        "refund.created": 1,
        "charge.refunded": 1,
    }
    for kind, times in kinds.items():
        receiver.wait(made.id, kind, times=times)
    came = receiver.of(made.id)
    assert len(came) == sum(kinds.values())
    for got in came:
        event = stripe.Webhook.construct_event(got.body, got.headers["stripe-signature"], SECRET)
        assert (event.object, event.livemode, event.api_version) == (
            "event",
            False,
            "2026-10-28.endive",
        )
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(got.body + b" ", got.headers["stripe-signature"], SECRET)
    created = receiver.of(made.id, "payment_intent.created")[0].event
    assert created["request"]["id"].startswith("req_")
    assert created["request"]["idempotency_key"], "the SDK sends one"


def test_an_event_can_be_read_listed_and_sent_again(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = create(client)
    first = receiver.wait(made.id, "payment_intent.created")[0].event
    assert client.v1.events.retrieve(first["id"]).type == "payment_intent.created"
    listed = client.v1.events.list({"limit": 1, "type": "payment_intent.created"})
    assert [event.id for event in listed.data] == [first["id"]]
    sandbox.control("POST", f"/webhooks/{first['id']}/resend", status=202)
    second = receiver.wait(made.id, "payment_intent.created", times=2)[1].event
    assert second == first


def test_a_refused_event_is_sent_until_it_is_accepted(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    answers = iter([500, 302, 404])
    receiver.answer = lambda _body, _headers: next(answers, 204)
    made = create(client)
    came = receiver.wait(made.id, "payment_intent.created", times=4)
    assert [got.answered for got in came] == [500, 302, 404, 204]
    assert len({got.event["id"] for got in came}) == 1
    wait_for(lambda: not client.v1.events.list({"delivery_success": False, "limit": 1}).data)
    time.sleep(0.2)
    assert len(receiver.of(made.id)) == 4, "an accepted event is not sent again"


def test_an_endpoint_that_is_down_is_tried_again(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.control("PUT", "/settings", {"bank": "stripe", "webhook_url": f"http://127.0.0.1:{free_port()}/"})
    try:
        made = create(client)
        wait_for(lambda: sandbox.control("GET", "/state")["stripe"]["deliveries_waiting"] == 1)
    finally:
        sandbox.control(
            "PUT", "/settings", {"bank": "stripe", "webhook_url": f"{receiver.url}/webhooks/stripe"}
        )
    receiver.wait(made.id, "payment_intent.created")


def test_a_dropped_event_never_comes_but_is_listed_as_lost(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = create(client)
    sandbox.fault("webhook_drop", payment=made.id, event="payment_intent.succeeded")
    pay(sandbox, made)
    receiver.wait(made.id, "charge.succeeded")
    lost = client.v1.events.list({"delivery_success": False, "type": "payment_intent.succeeded"}).data
    assert [event.data.object["id"] for event in lost] == [made.id]
    assert receiver.of(made.id, "payment_intent.succeeded") == []
    sandbox.control("POST", f"/webhooks/{lost[0].id}/resend")
    receiver.wait(made.id, "payment_intent.succeeded")


def test_an_event_comes_twice_and_once_more_under_another_id(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = create(client)
    sandbox.fault("webhook_duplicate", payment=made.id, event="payment_intent.succeeded")
    sandbox.fault("webhook_new_event_id", payment=made.id, event="payment_intent.succeeded")
    pay(sandbox, made)
    came = receiver.wait(made.id, "payment_intent.succeeded", times=3)
    assert len({got.event["id"] for got in came}) == 2
    assert len({str(got.event["data"]) for got in came}) == 1


def test_an_event_comes_late_or_after_the_next(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = create(client)
    receiver.wait(made.id, "payment_intent.created")
    sandbox.fault("webhook_reorder", payment=made.id, event="charge.succeeded")
    pay(sandbox, made)
    receiver.wait(made.id, "charge.succeeded")
    order = [got.event["type"] for got in receiver.of(made.id)]
    assert order.index("payment_intent.succeeded") < order.index("charge.succeeded")
    slow = create(client)
    sandbox.fault("webhook_delay", payment=slow.id, event="payment_intent.succeeded", ms=300)
    asked = time.monotonic()
    pay(sandbox, slow)
    receiver.wait(slow.id, "payment_intent.succeeded")
    assert time.monotonic() - asked >= 0.3


def test_an_event_comes_before_the_answer_of_the_call_that_caused_it(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.fault("webhook_before_answer", event="payment_intent.created")
    made = create(client)
    assert len(receiver.of(made.id, "payment_intent.created")) == 1


@pytest.mark.parametrize("kind", ["webhook_tamper", "webhook_wrong_secret", "webhook_stale"])
def test_a_forged_event_comes_first_and_the_true_one_after_its_refusal(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver, kind: str
) -> None:
    def verify(body: bytes, headers: dict[str, str]) -> int:
        try:
            stripe.Webhook.construct_event(body, headers["stripe-signature"], SECRET)
        except stripe.SignatureVerificationError:
            return 400
        return 200

    receiver.answer = verify
    made = create(client)
    sandbox.fault(kind, payment=made.id, event="payment_intent.succeeded")
    pay(sandbox, made)
    came = receiver.wait(made.id, "payment_intent.succeeded", times=2)
    assert [got.answered for got in came] == [400, 200]
    assert came[1].event["data"]["object"]["amount"] == 2599


def test_only_enabled_events_are_sent(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.control("PUT", "/settings", {"bank": "stripe", "enabled_events": ["payment_intent.succeeded"]})
    try:
        made = create(client)
        pay(sandbox, made)
        receiver.wait(made.id, "payment_intent.succeeded")
    finally:
        sandbox.control("PUT", "/settings", {"bank": "stripe", "enabled_events": []})
    marker = create(client)
    receiver.wait(marker.id, "payment_intent.created")
    assert len(receiver.of(made.id)) == 1


def test_auto_pays_what_is_created(client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("PUT", "/settings", {"bank": "stripe", "auto": True})
    try:
        made = create(client)
    finally:
        sandbox.control("PUT", "/settings", {"bank": "stripe", "auto": False})
    assert made.status == "requires_payment_method"
    receiver.wait(made.id, "payment_intent.succeeded")
    assert client.v1.payment_intents.retrieve(made.id).status == "succeeded"


def test_an_event_that_arrived_is_replayed_later(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = create(client)
    sandbox.fault("webhook_replay", payment=made.id, event="payment_intent.succeeded", ms=300)
    pay(sandbox, made)
    first, again = receiver.wait(made.id, "payment_intent.succeeded", times=2)
    assert first.body == again.body


def test_after_three_days_of_refusals_the_bank_gives_up(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answer = lambda _body, _headers: 500
    sandbox.control("PUT", "/settings", {"bank": "stripe", "retry_scale": 1e-6})
    try:
        made = create(client)
        wait_for(lambda: sandbox.control("GET", "/state")["stripe"]["events_by_fate"].get("given_up", 0) == 1)
    finally:
        sandbox.control("PUT", "/settings", {"bank": "stripe", "retry_scale": 0.001})
    assert len(receiver.of(made.id, "payment_intent.created")) == 15, "the first try and 14 more"

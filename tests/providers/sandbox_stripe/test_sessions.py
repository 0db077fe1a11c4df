"""Checkout Sessions through Stripe's own SDK: the page, the intent inside, and how a session ends."""

from typing import Any

import httpx
import pytest
import stripe

from tests.providers.sandbox_server import Receiver, Sandbox, wait_for

# Stripe's SDK hands its bodies to httpx in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

HOME = "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}"
LEFT = "https://shop.example/basket"


def open_session(client: stripe.StripeClient, minor: int = 2599, **fields: object) -> Any:
    """A session over GBP 25.99, or as the fields say; they may be wrong on purpose."""
    price = {"currency": "gbp", "unit_amount": minor, "product_data": {"name": "A mug"}}
    params: Any = {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "success_url": HOME,
        "cancel_url": LEFT,
        "client_reference_id": "att_1",
        "payment_intent_data": {"metadata": {"order_id": "ord_1"}, "description": "Order 1001"},
        **fields,
    }
    return client.v1.checkout.sessions.create(params)


def current(client: stripe.StripeClient, session: Any) -> Any:
    return client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})


def click(sandbox: Sandbox, session: Any, action: str) -> httpx.Response:
    return sandbox.http.post(f"/stripe/c/pay/{session.id}", data={"action": action})


def test_a_buyer_pays_on_the_page_and_is_led_home(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = open_session(client)
    assert (made.status, made.payment_status, made.payment_intent) == ("open", "unpaid", None)
    page = sandbox.http.get(made.url)
    assert "£25.99" in page.text
    assert "Order 1001" in page.text
    assert current(client, made).payment_intent is None, "looking at a page begins nothing"
    paid = click(sandbox, made, "pay")
    assert (paid.status_code, paid.headers["location"]) == (
        303,
        f"https://shop.example/thanks?session={made.id}",
    )
    now = current(client, made)
    assert (now.status, now.payment_status, now.amount_total, now.url) == ("complete", "paid", 2599, None)
    assert (now.payment_intent.status, now.payment_intent.metadata["order_id"]) == ("succeeded", "ord_1")
    receiver.wait(now.payment_intent.id, "checkout.session.completed")
    receiver.wait(now.payment_intent.id, "payment_intent.succeeded")
    assert "Back to the shop" in sandbox.http.get(f"/stripe/c/pay/{made.id}").text


def test_a_declined_buyer_stays_and_one_who_cancels_can_come_back(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    made = open_session(client)
    declined = click(sandbox, made, "decline")
    assert declined.status_code == 200
    assert "Your card was declined." in declined.text
    left = click(sandbox, made, "cancel")
    assert (left.status_code, left.headers["location"]) == (303, LEFT)
    assert current(client, made).status == "open"
    assert "Is this payment yours?" in click(sandbox, made, "three_d_secure").text
    intent = current(client, made).payment_intent
    assert intent.next_action.redirect_to_url.url == made.url
    own_page = f"/stripe/pay/{intent.id}"
    assert sandbox.http.get(own_page, params={"client_secret": intent.client_secret}).status_code == 404
    assert click(sandbox, made, "three_d_secure_ok").status_code == 303
    assert current(client, made).payment_status == "paid"


def test_the_intent_of_an_open_session_is_not_cancelled_the_session_is_expired(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = open_session(client)
    sandbox.control("POST", f"/payments/{made.id}/decline")
    intent = current(client, made).payment_intent
    with pytest.raises(stripe.InvalidRequestError, match="open Checkout Session"):
        client.v1.payment_intents.cancel(intent.id)
    assert client.v1.checkout.sessions.expire(made.id).status == "expired"
    receiver.wait(intent.id, "checkout.session.expired")
    assert current(client, made).payment_intent.status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        client.v1.checkout.sessions.expire(made.id)
    assert "Nothing was paid" in sandbox.http.get(f"/stripe/c/pay/{made.id}").text
    sandbox.control("POST", f"/payments/{made.id}/pay", status=409)


def test_a_session_and_its_intent_are_one_payment(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    made = open_session(client)
    sandbox.control("POST", f"/payments/{made.id}/decline")
    intent = current(client, made).payment_intent.id
    by_session = sandbox.control("GET", f"/payments/{made.id}")
    assert sandbox.control("GET", f"/payments/{intent}") == by_session
    assert (by_session["id"], by_session["stage"], by_session["page"]) == (made.id, "failed", made.url)
    rows = sandbox.control("GET", "/state")["stripe"]["latest_payments"]
    assert [row["id"] for row in rows if row["id"] in (made.id, intent)] == [made.id]
    sandbox.fault("error_503", payment=intent, on="read")
    with pytest.raises(stripe.APIError):
        current(client, made)


def test_what_was_never_begun_cannot_be_refunded_and_begins_nothing(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    made = open_session(client)
    for verb in ("refund", "three_d_secure_ok", "dispute_opened"):
        sandbox.control("POST", f"/payments/{made.id}/{verb}", status=409)
    assert current(client, made).payment_intent is None


def test_money_that_comes_after_the_end_completes_the_session(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    made = open_session(client)
    sandbox.fault("late_success", payment=made.id, ms=50)
    client.v1.checkout.sessions.expire(made.id)
    wait_for(lambda: current(client, made).payment_status == "paid")
    assert current(client, made).payment_intent.status == "succeeded"


def test_what_was_set_aside_makes_it_complete_and_a_capture_makes_it_paid(
    client: stripe.StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = open_session(client, payment_intent_data={"capture_method": "manual"})
    sandbox.control("POST", f"/payments/{made.id}/pay")
    held = current(client, made)
    assert (held.status, held.payment_status, held.payment_intent.status) == (
        "complete",
        "unpaid",
        "requires_capture",
    )
    client.v1.payment_intents.capture(held.payment_intent.id)
    assert current(client, made).payment_status == "paid"
    receiver.wait(held.payment_intent.id, "payment_intent.succeeded")
    assert len(receiver.of(held.payment_intent.id, "checkout.session.completed")) == 1


def test_a_magic_amount_strikes_a_session_too(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    made = open_session(client, 666_01)
    sandbox.control("POST", f"/payments/{made.id}/pay")
    assert current(client, made).payment_intent.last_payment_error.code == "card_declined"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"mode": "setup"}, "mode"),
        ({"line_items": []}, "line_items"),
        ({"success_url": ""}, "success_url"),
        ({"expires_at": 1}, "expires_at"),
        ({"payment_intent_data": {"colour": "red"}}, "colour"),
    ],
)
def test_a_session_that_is_asked_for_wrongly_is_refused(
    client: stripe.StripeClient, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_session(client, **fields)
    assert refused.value.param == param


def test_sessions_are_listed_newest_first_page_by_page(client: stripe.StripeClient) -> None:
    made = [open_session(client).id for _ in range(3)]
    first = client.v1.checkout.sessions.list({"limit": 2})
    assert ([row.id for row in first.data], first.has_more) == ([made[2], made[1]], True)
    rest = client.v1.checkout.sessions.list({"limit": 1, "starting_after": made[1]})
    assert [row.id for row in rest.data] == [made[0]]

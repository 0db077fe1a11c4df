"""The checkout and the link's page, and what a browser brings back signed (gateways.md §3.3, §3.4)."""

import re
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from razorpay.errors import BadRequestError, SignatureVerificationError

from tests.providers.sandbox_razorpay.calls import BANK, act, link_of, order_of, press
from tests.providers.sandbox_server import Receiver, Sandbox

HIDDEN = re.compile(r'name="(razorpay_\w+)" value="([^"]*)"')


def page_of(sandbox: Sandbox, order: dict[str, Any]) -> str:
    page: str = sandbox.control("GET", f"/payments/{order['id']}")["page"]
    return page


def test_the_checkout_posts_a_signature_that_the_sdk_accepts(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client)
    form = {"callback_url": "https://shop.example/return", "prefill[email]": "a@example.com"}
    opened = sandbox.http.post(page_of(sandbox, made).partition("?")[0], data=form | form_of(sandbox, made))
    assert "₹499.00" in opened.text
    assert client.order.fetch(made["id"])["status"] == "created", "opening it pays nothing"
    failed = press(sandbox, page_of(sandbox, made), "decline", **form)
    assert "You can try again" in failed.text
    paid = press(sandbox, page_of(sandbox, made), "pay", **form)
    assert 'action="https://shop.example/return"' in paid.text
    handed = dict(HIDDEN.findall(paid.text))
    assert handed["razorpay_order_id"] == made["id"]
    assert client.utility.verify_payment_signature(handed)
    other = order_of(client)
    with pytest.raises(SignatureVerificationError):
        client.utility.verify_payment_signature(handed | {"razorpay_order_id": other["id"]})
    payment = client.payment.fetch(handed["razorpay_payment_id"])
    assert (payment["status"], payment["email"]) == ("captured", "a@example.com")


def test_notes_of_the_checkout_are_those_of_the_payment(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client)
    press(sandbox, page_of(sandbox, made), "pay", **{"notes[attempt_id]": "att_1"})
    (payment,) = client.order.payments(made["id"])["items"]
    assert payment["notes"] == {"attempt_id": "att_1"}


def test_a_buyer_who_leaves_is_led_away_and_may_come_back(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client)
    left = press(sandbox, page_of(sandbox, made), "cancel", cancel_url="https://shop.example/cart")
    assert (left.status_code, left.headers["location"]) == (303, "https://shop.example/cart")
    assert client.order.fetch(made["id"])["status"] == "created", "an order is never cancelled"
    press(sandbox, page_of(sandbox, made), "pay")
    assert client.order.fetch(made["id"])["status"] == "paid"


def test_a_challenge_is_passed_or_failed(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client)
    asked = press(sandbox, page_of(sandbox, made), "three_d_secure")
    assert "Is this payment yours?" in asked.text
    assert [p["status"] for p in client.order.payments(made["id"])["items"]] == ["created"]
    refused = press(sandbox, page_of(sandbox, made), "three_d_secure_fail")
    assert "could not be authenticated" in refused.text
    press(sandbox, page_of(sandbox, made), "three_d_secure")
    press(sandbox, page_of(sandbox, made), "three_d_secure_ok")
    assert [p["status"] for p in client.order.payments(made["id"])["items"]] == ["captured", "failed"]
    sandbox.control("POST", f"/payments/{made['id']}/three_d_secure_ok", status=409)


def test_the_checkout_wants_the_shops_key_and_an_order_that_exists(client: Any, sandbox: Sandbox) -> None:
    page = page_of(sandbox, order_of(client)).partition("?")[0]
    given = form_of(sandbox, order_of(client))
    assert sandbox.http.get(page, params=given | {"key_id": "rzp_test_other"}).status_code == 401
    assert sandbox.http.get(page, params=given | {"order_id": "order_nobody"}).status_code == 404
    assert press(sandbox, page, "steal", **given).status_code == 400


def test_a_program_sees_what_the_browser_would_hand_back(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client)
    act(sandbox, made, "pay")
    seen = sandbox.http.get(page_of(sandbox, made), headers={"accept": "application/json"}).json()
    assert seen["order"]["status"] == "paid"
    assert client.utility.verify_payment_signature(seen["handed_back"])


def test_a_link_is_paid_and_leads_back_with_a_signature(
    client: Any, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = link_of(
        client,
        reference_id="ORD-2002",
        description="3 mugs",
        callback_url="https://shop.example/back?a=1",
        callback_method="get",
        customer={"email": "b@example.com"},
        notes={"order_id": "ord_2"},
    )
    assert (made["status"], made["amount_paid"], made["payments"]) == ("created", 0, None)
    assert client.payment_link.fetch(made["id"]) == made
    paid = press(sandbox, made["short_url"], "pay")
    assert paid.status_code == 303
    home = urlsplit(paid.headers["location"])
    handed = dict(parse_qsl(home.query, keep_blank_values=True))
    assert (home.hostname, handed.pop("a")) == ("shop.example", "1")
    assert verified(client, handed)
    with pytest.raises(SignatureVerificationError):
        verified(client, handed | {"razorpay_payment_link_status": "cancelled"})
    after = client.payment_link.fetch(made["id"])
    assert (after["status"], after["amount_paid"]) == ("paid", 499_00)
    assert after["payments"][0]["payment_id"] == handed["razorpay_payment_id"]
    told = receiver.wait(made["order_id"], "payment_link.paid")[0].event
    assert told["contains"] == ["payment", "order", "payment_link"]
    assert told["payload"]["order"]["entity"]["receipt"] == "ORD-2002"


def test_a_reference_is_used_by_one_link_only(client: Any) -> None:
    link_of(client, reference_id="ORD-2003")
    with pytest.raises(BadRequestError, match="already exists"):
        link_of(client, reference_id="ORD-2003")
    found = client.payment_link.all({"reference_id": "ORD-2003"})["payment_links"]
    assert len(found) == 1
    link_of(client), link_of(client)


def test_a_link_without_a_reference_signs_two_bars_together(client: Any, sandbox: Sandbox) -> None:
    made = link_of(client, callback_url="https://shop.example/back", callback_method="get")
    paid = press(sandbox, made["short_url"], "pay")
    handed = dict(parse_qsl(urlsplit(paid.headers["location"]).query, keep_blank_values=True))
    assert handed["razorpay_payment_link_reference_id"] == ""
    assert verified(client, handed)


def test_a_link_that_is_withdrawn_or_expired_cannot_be_paid(
    client: Any, sandbox: Sandbox, receiver: Receiver
) -> None:
    withdrawn, expired = link_of(client), link_of(client)
    assert client.payment_link.cancel(withdrawn["id"])["status"] == "cancelled"
    with pytest.raises(BadRequestError, match="cancelled"):
        client.payment_link.cancel(withdrawn["id"])
    assert act(sandbox, expired, "expire")["status"] == "expired"
    for link, kind in ((withdrawn, "payment_link.cancelled"), (expired, "payment_link.expired")):
        receiver.wait(link["order_id"], kind)
        assert "Nothing was paid" in press(sandbox, link["short_url"], "pay").text
        assert client.order.payments(link["order_id"])["count"] == 0


def test_a_link_expires_by_itself(client: Any, receiver: Receiver) -> None:
    made = link_of(client, expire_by=int(time.time()) + 1)
    receiver.wait(made["order_id"], "payment_link.expired")
    assert client.payment_link.fetch(made["id"])["status"] == "expired"
    with pytest.raises(BadRequestError, match="future"):
        link_of(client, expire_by=int(time.time()) - 1)


def form_of(sandbox: Sandbox, order: dict[str, Any]) -> dict[str, str]:
    return {"key_id": sandbox.keys(BANK)["key_id"], "order_id": order["id"]}


def verified(client: Any, handed: dict[str, str]) -> bool:
    """The SDK wants other names than the browser brings."""
    renamed = {name.replace("razorpay_payment_link", "payment_link"): text for name, text in handed.items()}
    good: bool = client.utility.verify_payment_link_signature(renamed)
    return good

"""Callbacks, signed in both forms, sent until they are accepted, and every fault of one (gateways.md §10)."""

import time
from pathlib import Path

import pytest

from holdfast.sandbox.config import SandboxConfig
from tests.ports import free_port
from tests.providers.sandbox_server import Receiver, running_sandbox, wait_for
from tests.providers.sandbox_signed_callback.calls import Merchant


@pytest.mark.parametrize(
    ("verb", "status"),
    [("pay", "succeeded"), ("decline", "failed"), ("cancel", "cancelled"), ("expire", "expired")],
)
def test_what_happened_is_told_at_the_address_that_came_with_the_payment(
    merchant: Merchant, receiver: Receiver, verb: str, status: str
) -> None:
    made = merchant.made(callback_url=f"{receiver.url}/elsewhere")
    merchant.act(made, verb)
    (came,) = receiver.wait(made["reference"], f"payment.{status}")
    assert came.path == "/elsewhere"
    told = came.event
    assert told.pop("event_id").startswith("evt_")
    assert told.pop("event") == f"payment.{status}"
    assert told == merchant.query(made)
    assert merchant.verified(came.headers, came.body)
    assert abs(time.time() - int(came.headers[f"{merchant.brand.header.lower()}-timestamp"])) < 5


def test_the_plain_form_signs_the_body_alone(merchant: Merchant, receiver: Receiver) -> None:
    merchant.set_up(signature="plain")
    made = merchant.made()
    merchant.act(made, "pay")
    (came,) = receiver.wait(made["reference"], "payment.succeeded")
    assert merchant.verified(came.headers, came.body, plain=True)
    assert f"{merchant.brand.header.lower()}-timestamp" not in came.headers


def test_it_is_sent_until_it_is_accepted_with_the_same_bytes(merchant: Merchant, receiver: Receiver) -> None:
    answers = iter((500, 404))
    receiver.answer = lambda _body, _headers: next(answers, 204)
    made = merchant.made()
    merchant.act(made, "pay")
    came = receiver.wait(made["reference"], "payment.succeeded", times=3)
    assert [got.answered for got in came] == [500, 404, 204]
    assert len({got.body for got in came}) == 1
    assert all(merchant.verified(got.headers, got.body) for got in came)


@pytest.mark.parametrize("kind", ["webhook_tamper", "webhook_wrong_secret"])
def test_a_forged_callback_comes_first_and_the_true_one_after_its_refusal(
    merchant: Merchant, receiver: Receiver, kind: str
) -> None:
    receiver.answer = lambda body, headers: 200 if merchant.verified(headers, body) else 401
    made = merchant.made()
    merchant.sandbox.fault(kind, payment=made["reference"])
    merchant.act(made, "pay")
    came = receiver.wait(made["reference"], "payment.succeeded", times=2)
    assert [got.answered for got in came] == [401, 200]


def test_a_stale_callback_is_signed_well_and_an_hour_old(merchant: Merchant, receiver: Receiver) -> None:
    made = merchant.made()
    merchant.sandbox.fault("webhook_stale", payment=made["reference"])
    merchant.act(made, "pay")
    (came,) = receiver.wait(made["reference"], "payment.succeeded")
    assert merchant.verified(came.headers, came.body)
    assert time.time() - int(came.headers[f"{merchant.brand.header.lower()}-timestamp"]) > 3_500


def test_a_callback_is_dropped_doubled_renamed_and_sent_again_by_hand(
    merchant: Merchant, receiver: Receiver
) -> None:
    lost, twice, renamed = merchant.made(), merchant.made(), merchant.made()
    for made, kind in (
        (lost, "webhook_drop"),
        (twice, "webhook_duplicate"),
        (renamed, "webhook_new_event_id"),
    ):
        merchant.sandbox.fault(kind, payment=made["reference"])
        merchant.act(made, "pay")
    same = receiver.wait(twice["reference"], "payment.succeeded", times=2)
    other = receiver.wait(renamed["reference"], "payment.succeeded", times=2)
    assert len({got.event["event_id"] for got in same}) == 1
    assert len({got.event["event_id"] for got in other}) == 2
    assert receiver.of(lost["reference"]) == []
    (event,) = merchant.sandbox.control("GET", "/state")[merchant.name]["undelivered_events"]
    merchant.sandbox.control("POST", f"/webhooks/{event}/resend")
    receiver.wait(lost["reference"], "payment.succeeded")


def test_the_page_pays_and_leads_back(merchant: Merchant) -> None:
    made = merchant.made()
    page = made["redirect_url"]
    assert "ETB 1,250.00" in merchant.sandbox.http.get(page).text
    proof = merchant.sandbox.http.post(page, data={"action": "three_d_secure"})
    assert "Is this payment yours?" in proof.text
    home = merchant.sandbox.http.post(page, data={"action": "three_d_secure_ok"})
    assert (home.status_code, home.headers["location"]) == (303, "https://shop.example/return?order=1")
    assert merchant.query(made)["status"] == "succeeded"
    declined = merchant.made()
    home = merchant.sandbox.http.post(declined["redirect_url"], data={"action": "decline"})
    assert home.status_code == 303
    assert "Nothing was paid" in merchant.sandbox.http.get(declined["redirect_url"]).text
    assert merchant.sandbox.http.get(f"/{merchant.name}/pay/{made['transaction_id']}").status_code == 404


def test_a_payment_expires_on_its_page_too(merchant: Merchant) -> None:
    made = merchant.made(expires_at="2020-01-01T00:00:00Z")
    assert "Nothing was paid" in merchant.sandbox.http.get(made["redirect_url"]).text


def test_kill_minus_9_forgets_neither_who_paid_nor_what_was_not_told(
    merchant: Merchant, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answer = lambda _body, _headers: 503
    config = SandboxConfig(port=free_port(), journal=tmp_path / "journal", shop_url=receiver.url)
    with running_sandbox(config) as before:
        first = Merchant(before, merchant.brand)
        wanted = first.wish()
        made = first.post(wanted).json()
        first.act(made, "pay")
        assert before.stop(kill=True) == -9
    receiver.answer = lambda _body, _headers: 200
    with running_sandbox(config) as after:
        second = Merchant(after, merchant.brand)
        assert second.query(made)["status"] == "succeeded"
        assert second.post(wanted).json() == made
        wait_for(lambda: any(got.answered == 200 for got in receiver.of(made["reference"])))

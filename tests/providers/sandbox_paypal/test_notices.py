"""Webhooks: signed, verified by whoever is asked, sent 25 times (gateways.md §6.6)."""

import json
from pathlib import Path

import pytest
from cryptography import x509

from holdfast.sandbox.config import SandboxConfig
from holdfast.sandbox.providers.paypal import certificates
from holdfast.sandbox.providers.paypal.account import GAPS_SECONDS, KEYS
from tests.ports import free_port
from tests.providers.sandbox_paypal.calls import (
    BANK,
    act,
    authorised,
    captured,
    headers_of,
    money_of,
    order,
    read,
    verified,
)
from tests.providers.sandbox_server import Received, Receiver, Sandbox, running_sandbox, wait_for

DAY = 86_400


def asked(sandbox: Sandbox, came: Received, **changes: str) -> str:
    """PayPal's own word on a delivery, whose body is spliced in as it came."""
    names = ("transmission_id", "transmission_sig", "transmission_time", "cert_url", "auth_algo")
    fields = {name: came.headers["paypal-" + name.replace("_", "-")] for name in names}
    text = json.dumps(fields | {"webhook_id": KEYS["webhook_id"]} | changes).encode()
    body = text[:-1] + b',"webhook_event":' + came.body + b"}"
    answer = sandbox.http.post(
        f"/{BANK}/v1/notifications/verify-webhook-signature", content=body, headers=headers_of(sandbox)
    )
    assert answer.status_code == 200, answer.text
    word: str = answer.json()["verification_status"]
    return word


def test_an_approval_and_its_capture_are_told_one_by_one(sandbox: Sandbox, receiver: Receiver) -> None:
    made = captured(sandbox)
    for kind in ("CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.COMPLETED"):
        (came,) = receiver.wait(made["id"], kind)
        assert verified(sandbox, came)
        assert not verified(sandbox, came, webhook="ANOTHER")
        assert came.event["id"].startswith("WH-")
        assert came.headers["paypal-auth-algo"] == "SHA256withRSA"
    (came,) = receiver.of(made["id"], "PAYMENT.CAPTURE.COMPLETED")
    assert came.event["resource"] == money_of(read(sandbox, made), "captures")


def test_the_certificate_is_issued_by_the_sandboxs_own_authority(sandbox: Sandbox) -> None:
    authority = x509.load_pem_x509_certificate(certificates.AUTHORITY.encode())
    served = sandbox.http.get(f"/{BANK}/v1/notifications/certs/{certificates.CERTIFICATE_ID}")
    x509.load_pem_x509_certificate(served.content).verify_directly_issued_by(authority)
    assert sandbox.http.get(f"/{BANK}/v1/notifications/certs/CERT-another").status_code == 404


def test_paypal_itself_says_whether_a_delivery_is_its_own(sandbox: Sandbox, receiver: Receiver) -> None:
    (came,) = receiver.wait(captured(sandbox)["id"], "PAYMENT.CAPTURE.COMPLETED")
    assert asked(sandbox, came) == "SUCCESS"
    for change in (
        {"webhook_id": "ANOTHER"},
        {"transmission_id": "another"},
        {"cert_url": "https://api.paypal.com/v1/notifications/certs/CERT-1"},
        {"transmission_sig": "é"},
        {"auth_algo": "none"},
    ):
        assert asked(sandbox, came, **change) == "FAILURE"


def test_a_body_that_was_written_again_fails(sandbox: Sandbox, receiver: Receiver) -> None:
    (came,) = receiver.wait(captured(sandbox)["id"], "PAYMENT.CAPTURE.COMPLETED")
    again = json.dumps(came.event).encode()
    assert again != came.body
    assert asked(sandbox, Received(came.path, came.headers, again, 200)) == "FAILURE"


@pytest.mark.parametrize("fault", ["webhook_tamper", "webhook_wrong_secret"])
def test_a_forged_first_try_is_followed_by_a_good_one(
    sandbox: Sandbox, receiver: Receiver, fault: str
) -> None:
    made = order(sandbox)
    receiver.answer = lambda _body, _headers: 200 if len(receiver.of(made["id"])) else 401
    sandbox.fault(fault, payment=made["id"])
    act(sandbox, made, "pay")
    first, second = receiver.wait(made["id"], "CHECKOUT.ORDER.APPROVED", times=2)
    assert [verified(sandbox, came) for came in (first, second)] == [False, True]


@pytest.mark.parametrize(
    ("verb", "kind"),
    [("expire", "CHECKOUT.PAYMENT-APPROVAL.REVERSED"), ("late_success", "PAYMENT.CAPTURE.COMPLETED")],
)
def test_what_becomes_of_an_approval_is_told(
    sandbox: Sandbox, receiver: Receiver, verb: str, kind: str
) -> None:
    made = order(sandbox)
    act(sandbox, made, "pay")
    act(sandbox, made, verb)
    assert receiver.wait(made["id"], kind)


def test_holds_refunds_and_disputes_are_told(sandbox: Sandbox, receiver: Receiver) -> None:
    held = authorised(sandbox)
    receiver.wait(held["id"], "PAYMENT.AUTHORIZATION.CREATED")
    act(sandbox, held, "expire")
    receiver.wait(held["id"], "PAYMENT.AUTHORIZATION.VOIDED")
    given = act(sandbox, captured(sandbox), "refund", amount=100)
    assert given["amount"]["value"] == "1.00"
    receiver.wait(given["id"], "PAYMENT.CAPTURE.REFUNDED")
    sandbox.control("POST", f"/refunds/{given['id']}/fail")
    receiver.wait(given["id"], "PAYMENT.REFUND.FAILED")
    case = act(sandbox, captured(sandbox), "dispute_lost")
    wait_for(lambda: sum(_disputes(came, case["dispute_id"]) for came in receiver.received) == 2)


def _disputes(came: Received, dispute: str) -> bool:
    return bool(came.event["resource"].get("dispute_id") == dispute)


def test_a_webhook_is_tried_25_times_in_three_days() -> None:
    assert len(GAPS_SECONDS) == 24
    assert 2.5 * DAY < sum(GAPS_SECONDS) <= 3 * DAY


def test_a_killed_sandbox_remembers_money_and_keys(tmp_path: Path, receiver: Receiver) -> None:
    config = SandboxConfig(port=free_port(), shop_url=receiver.url, journal=tmp_path / "journal")
    with running_sandbox(config) as first:
        made = captured(first)
        held = authorised(first)
        path = f"/{BANK}/v2/payments/authorizations/{money_of(held, 'authorizations')['id']}/void"
        headers = headers_of(first, "void-1", whole=False)
        assert first.http.post(path, headers=headers).status_code == 204
        first.stop(kill=True)
    with running_sandbox(config) as second:
        assert money_of(read(second, made), "captures") == money_of(made, "captures")
        assert second.http.post(path, headers=headers).status_code == 204

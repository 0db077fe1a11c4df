"""Webhooks signed as the documentation says, and every fault at Paystack's bank (gateways.md §4.6)."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from holdfast.sandbox.config import SandboxConfig
from holdfast.sandbox.providers.paystack import account
from tests.ports import free_port
from tests.providers.sandbox_paystack.calls import (
    BANK,
    act,
    ask,
    call,
    data,
    paid,
    signature,
    verify,
)
from tests.providers.sandbox_server import Receiver, Sandbox, running_sandbox, wait_for


def test_the_signature_is_the_documented_one() -> None:
    known = (
        "a64f9d544d65c9aeab4a7f4c13aad05164c31660900845c0a4c210911c8d42b7"
        "3712751edb74535a8abd175678d732d611e8e0c3b497f297df883ea36718747e"
    )
    assert account.signature("sk_test_abc", b'{"event":"charge.success"}') == known


def test_a_success_is_told_and_nothing_else_is(sandbox: Sandbox, receiver: Receiver) -> None:
    made = ask(sandbox)
    act(sandbox, made, "decline")
    act(sandbox, made, "cancel")
    act(sandbox, made, "pay")
    (told,) = receiver.wait(made["reference"], "charge.success")
    assert told.path == "/webhooks/paystack"
    assert told.headers["x-paystack-signature"] == signature(told.body)
    assert told.event == {"event": "charge.success", "data": verify(sandbox, made)}
    assert [got.event["event"] for got in receiver.of(made["reference"])] == ["charge.success"]


def test_what_becomes_of_a_pre_authorisation_is_told(sandbox: Sandbox, receiver: Receiver) -> None:
    for verb, more in (("capture", {"currency": "ZAR", "amount": 16_00}), ("release", {})):
        body = {"email": "a@example.com", "amount": 16_00, "currency": "ZAR"}
        made = data(sandbox, "POST", "/preauthorization/initialize", body)
        act(sandbox, made, "pay")
        reserved = receiver.wait(made["reference"], "preauthorization.reserve.success")[0].event["data"]
        assert (reserved["status"], reserved["captured_amount"]) == ("authorized", None)
        data(sandbox, "POST", f"/preauthorization/{verb}", {"reference": made["reference"]} | more)
        (told,) = receiver.wait(made["reference"], f"preauthorization.{verb}.success")
        held = data(sandbox, "GET", f"/preauthorization/verify/{made['reference']}")
        assert told.event["data"] == held
        assert receiver.of(made["reference"], "charge.success") == []


def test_only_a_200_will_do(sandbox: Sandbox, receiver: Receiver) -> None:
    answers = iter((201, 204, 500))
    receiver.answer = lambda _body, _headers: next(answers, 200)
    made = paid(sandbox)
    came = receiver.wait(made["reference"], "charge.success", times=4)
    assert [got.answered for got in came] == [201, 204, 500, 200]
    assert len({got.body for got in came}) == 1


@pytest.mark.parametrize("kind", ["webhook_tamper", "webhook_wrong_secret"])
def test_a_forged_event_comes_first_and_the_true_one_after_its_refusal(
    sandbox: Sandbox, receiver: Receiver, kind: str
) -> None:
    receiver.answer = lambda body, headers: 200 if headers["x-paystack-signature"] == signature(body) else 401
    made = ask(sandbox)
    sandbox.fault(kind, payment=made["reference"])
    act(sandbox, made, "pay")
    came = receiver.wait(made["reference"], "charge.success", times=2)
    assert [got.answered for got in came] == [401, 200]


def test_an_event_is_dropped_doubled_and_sent_again_by_hand(sandbox: Sandbox, receiver: Receiver) -> None:
    lost, twice = ask(sandbox), ask(sandbox)
    sandbox.fault("webhook_drop", payment=lost["reference"])
    sandbox.fault("webhook_duplicate", payment=twice["reference"])
    act(sandbox, lost, "pay")
    act(sandbox, twice, "pay")
    assert len({got.body for got in receiver.wait(twice["reference"], "charge.success", times=2)}) == 1
    assert receiver.of(lost["reference"]) == []
    (event,) = sandbox.control("GET", "/state")[BANK]["undelivered_events"][-1:]
    sandbox.control("POST", f"/webhooks/{event}/resend")
    receiver.wait(lost["reference"], "charge.success")


def test_calls_are_refused_lost_or_answered_with_junk_when_asked_for(sandbox: Sandbox) -> None:
    body = {"email": "a@example.com", "amount": 100_00, "reference": "ORD-lost"}
    for kind, status in (("error_500", 500), ("error_503", 503), ("error_429", 429), ("conflict_409", 409)):
        sandbox.fault(kind, bank=BANK, on="create")
        answer = call(sandbox, "POST", "/transaction/initialize", body)
        assert (answer.status_code, answer.json()["type"]) == (status, "api_error")
    sandbox.fault("timeout_after_effect", bank=BANK, on="create", ms=3_000)
    with pytest.raises(httpx.ReadTimeout):
        sandbox.http.post(
            f"/{BANK}/transaction/initialize",
            json=body,
            headers={"Authorization": f"Bearer {sandbox.keys(BANK)['secret_key']}"},
            timeout=0.3,
        )
    assert verify(sandbox, body)["status"] == "abandoned", "the call acted; only its answer was lost"
    sandbox.fault("garbage", payment="ORD-lost", on="refund")
    act(sandbox, body, "pay")
    assert call(sandbox, "POST", "/refund", {"transaction": "ORD-lost"}).text.startswith("<html>")
    assert len(data(sandbox, "GET", "/refund", reference="ORD-lost")) == 1


@pytest.mark.parametrize(
    ("kind", "options", "seen"),
    [
        ("decline", {"code": "expired_card"}, {"status": "failed", "gateway_response": "Expired Card"}),
        ("three_d_secure", {}, {"status": "ongoing"}),
        ("wrong_amount", {"amount": 100}, {"status": "success", "amount": 100, "requested_amount": 2_500_00}),
        ("wrong_currency", {}, {"status": "success", "currency": "GHS"}),
    ],
)
def test_a_payment_goes_wrong_when_asked_for(
    sandbox: Sandbox, kind: str, options: dict[str, Any], seen: dict[str, Any]
) -> None:
    made = ask(sandbox)
    sandbox.fault(kind, payment=made["reference"], **options)
    payment = act(sandbox, made, "pay")
    assert {name: payment[name] for name in seen} == seen


@pytest.mark.parametrize(
    ("kind", "verb", "first"),
    [
        ("processing", "pay", "pending"),
        ("late_success", "decline", "failed"),
        ("late_success", "cancel", "abandoned"),
    ],
)
def test_a_payment_succeeds_later(
    sandbox: Sandbox, receiver: Receiver, kind: str, verb: str, first: str
) -> None:
    made = ask(sandbox)
    sandbox.fault(kind, payment=made["reference"], ms=50)
    assert act(sandbox, made, verb)["status"] == first
    receiver.wait(made["reference"], "charge.success")
    assert verify(sandbox, made)["status"] == "success"


def test_a_magic_amount_misbehaves_by_itself(sandbox: Sandbox) -> None:
    made = ask(sandbox, amount=666_01)
    assert act(sandbox, made, "pay")["status"] == "failed"
    assert act(sandbox, made, "pay")["status"] == "success"


def test_auto_pays_what_is_asked_for(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("PUT", "/settings", {"bank": BANK, "auto": True})
    try:
        made = ask(sandbox)
    finally:
        sandbox.control("PUT", "/settings", {"bank": BANK, "auto": False})
    receiver.wait(made["reference"], "charge.success")


def test_a_live_key_says_so_in_every_event(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("PUT", "/settings", {"bank": BANK, "keys": {"secret_key": "sk_live_x"}})
    try:
        body = {"email": "a@example.com", "amount": 100_00, "reference": "ORD-live"}
        headers = {"Authorization": "Bearer sk_live_x"}
        sandbox.http.post(f"/{BANK}/transaction/initialize", json=body, headers=headers)
    finally:
        sandbox.control(
            "PUT", "/settings", {"bank": BANK, "keys": {"secret_key": account.KEYS["secret_key"]}}
        )
    act(sandbox, body, "pay")
    assert receiver.wait("ORD-live", "charge.success")[0].event["data"]["domain"] == "live"


def test_kill_minus_9_forgets_neither_who_paid_nor_what_was_not_told(
    receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answer = lambda _body, _headers: 503
    config = SandboxConfig(port=free_port(), journal=tmp_path / "journal", shop_url=receiver.url)
    with running_sandbox(config) as before:
        made = paid(before, reference="ORD-kept")
        refund = data(before, "POST", "/refund", {"transaction": "ORD-kept", "amount": 100_00})
        assert before.stop(kill=True) == -9
    receiver.answer = lambda _body, _headers: 200
    with running_sandbox(config) as after:
        assert verify(after, made)["status"] == "success"
        assert data(after, "GET", f"/refund/{refund['id']}")["amount"] == 100_00
        wait_for(lambda: any(got.answered == 200 for got in receiver.of("ORD-kept", "charge.success")))

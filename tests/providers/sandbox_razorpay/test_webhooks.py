"""Webhooks signed as the official SDK demands, and every fault at Razorpay's bank (gateways.md §3.7)."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from razorpay.errors import BadRequestError, ServerError, SignatureVerificationError

from holdfast.sandbox.config import SandboxConfig
from tests.ports import free_port
from tests.providers.sandbox_razorpay.calls import (
    AUTH,
    BANK,
    WEBHOOK_SECRET,
    act,
    client_of,
    order_of,
)
from tests.providers.sandbox_server import Receiver, Sandbox, running_sandbox, wait_for


def test_every_step_is_told_and_the_sdk_accepts_the_signature(
    client: Any, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = order_of(client)
    act(sandbox, made, "decline")
    paid = act(sandbox, made, "pay")
    client.payment.refund(paid["id"], {})
    kinds = ["payment.failed", "payment.authorized", "payment.captured", "order.paid", "refund.created",
             "refund.processed"]  # fmt: skip
    for kind in kinds:
        receiver.wait(made["id"], kind)
    came = receiver.of(made["id"])
    assert sorted(got.event["event"] for got in came) == sorted(kinds)
    for got in came:
        assert got.path == "/webhooks/razorpay"
        signature, body = got.headers["x-razorpay-signature"], got.body.decode()
        assert client.utility.verify_webhook_signature(body, signature, WEBHOOK_SECRET)
        with pytest.raises(SignatureVerificationError):
            client.utility.verify_webhook_signature(body + " ", signature, WEBHOOK_SECRET)
        assert (got.event["entity"], got.event["contains"]) == ("event", [*got.event["payload"]])
        assert got.headers["x-razorpay-event-id"] not in body, "it is in the header only"
    assert len({got.headers["x-razorpay-event-id"] for got in came}) == len(kinds)
    captured = receiver.of(made["id"], "payment.captured")[0].event["payload"]["payment"]["entity"]
    assert (captured["id"], captured["status"], captured["amount"]) == (paid["id"], "captured", 499_00)


def test_an_event_is_sent_again_under_its_id_until_a_2xx(
    client: Any, sandbox: Sandbox, receiver: Receiver
) -> None:
    answers = iter((500, 404))
    receiver.answer = lambda _body, _headers: next(answers, 200)
    made = order_of(client)
    act(sandbox, made, "decline")
    came = receiver.wait(made["id"], "payment.failed", times=3)
    assert [got.answered for got in came] == [500, 404, 200]
    assert len({got.headers["x-razorpay-event-id"] for got in came}) == 1


@pytest.mark.parametrize("kind", ["webhook_tamper", "webhook_wrong_secret"])
def test_a_forged_event_comes_first_and_the_true_one_after_its_refusal(
    client: Any, sandbox: Sandbox, receiver: Receiver, kind: str
) -> None:
    def verify(body: bytes, headers: dict[str, str]) -> int:
        try:
            client.utility.verify_webhook_signature(
                body.decode(), headers["x-razorpay-signature"], WEBHOOK_SECRET
            )
        except SignatureVerificationError:
            return 400
        return 200

    receiver.answer = verify
    made = order_of(client)
    sandbox.fault(kind, payment=made["id"], event="payment.captured")
    act(sandbox, made, "pay")
    came = receiver.wait(made["id"], "payment.captured", times=2)
    assert [got.answered for got in came] == [400, 200]


def test_an_event_is_dropped_doubled_renamed_and_sent_again_by_hand(
    client: Any, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = order_of(client)
    sandbox.fault("webhook_drop", payment=made["id"], event="payment.authorized")
    sandbox.fault("webhook_duplicate", payment=made["id"], event="payment.captured")
    sandbox.fault("webhook_new_event_id", payment=made["id"], event="order.paid")
    act(sandbox, made, "pay")
    twice = receiver.wait(made["id"], "payment.captured", times=2)
    assert len({(got.headers["x-razorpay-event-id"], got.body) for got in twice}) == 1
    renamed = receiver.wait(made["id"], "order.paid", times=2)
    assert len({got.headers["x-razorpay-event-id"] for got in renamed}) == 2
    assert len({got.body for got in renamed}) == 1, "nothing in the body tells them apart"
    assert receiver.of(made["id"], "payment.authorized") == []
    (lost,) = sandbox.control("GET", "/state")[BANK]["undelivered_events"][-1:]
    sandbox.control("POST", f"/webhooks/{lost}/resend")
    receiver.wait(made["id"], "payment.authorized")


def test_calls_are_refused_lost_or_answered_with_junk_when_asked_for(client: Any, sandbox: Sandbox) -> None:
    for kind, error in (
        ("error_500", ServerError),
        ("error_503", ServerError),
        ("error_429", BadRequestError),
    ):
        sandbox.fault(kind, bank=BANK, on="create")
        with pytest.raises(error):
            order_of(client, receipt=f"ORD-{kind}")
        assert client.order.all({"receipt": f"ORD-{kind}"})["count"] == 0
    body = {"amount": 499_00, "currency": "INR", "receipt": "ORD-lost"}
    sandbox.fault("garbage", bank=BANK, on="create")
    assert not sandbox.http.post(f"/{BANK}/v1/orders", json=body, auth=AUTH).text.startswith("{")
    sandbox.fault("timeout_after_effect", bank=BANK, on="create", ms=3_000)
    with pytest.raises(httpx.ReadTimeout):
        sandbox.http.post(f"/{BANK}/v1/orders", json=body, auth=AUTH, timeout=0.3)
    assert client.order.all({"receipt": "ORD-lost"})["count"] == 2, "both calls acted"


@pytest.mark.parametrize(
    ("kind", "options", "seen"),
    [
        ("decline", {"code": "expired_card"}, {"status": "failed", "error_reason": "card_expired"}),
        ("three_d_secure", {}, {"status": "created"}),
        ("wrong_amount", {"amount": 100}, {"status": "captured", "amount": 100}),
        ("wrong_currency", {}, {"status": "captured", "currency": "USD"}),
    ],
)
def test_a_payment_goes_wrong_when_asked_for(
    client: Any, sandbox: Sandbox, kind: str, options: dict[str, Any], seen: dict[str, Any]
) -> None:
    made = order_of(client)
    sandbox.fault(kind, payment=made["id"], **options)
    payment = act(sandbox, made, "pay")
    assert {name: payment[name] for name in seen} == seen


@pytest.mark.parametrize(("kind", "first"), [("processing", "created"), ("late_success", "failed")])
def test_a_payment_succeeds_later(
    client: Any, sandbox: Sandbox, receiver: Receiver, kind: str, first: str
) -> None:
    made = order_of(client)
    sandbox.fault(kind, payment=made["id"], ms=50)
    payment = act(sandbox, made, "pay" if kind == "processing" else "decline")
    assert payment["status"] == first
    receiver.wait(made["id"], "payment.captured")
    assert client.payment.fetch(payment["id"])["status"] == "captured"


def test_a_magic_amount_misbehaves_by_itself(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client, amount=666_01)
    assert act(sandbox, made, "pay")["status"] == "failed"
    assert act(sandbox, made, "pay")["status"] == "captured"
    with pytest.raises(ValueError, match="Expecting value"):
        order_of(client, amount=666_13, receipt="ORD-magic")
    assert client.order.all({"receipt": "ORD-magic"})["count"] == 1


def test_a_payment_is_found_by_any_of_its_names(client: Any, sandbox: Sandbox) -> None:
    made = order_of(client, receipt="ORD-names")
    payment = act(sandbox, made, "pay")
    for name in (made["id"], payment["id"], "ORD-names"):
        row = sandbox.control("GET", f"/payments/{name}")
        assert (row["bank"], row["id"], row["stage"]) == (BANK, made["id"], "paid")


def test_auto_pays_what_is_created(client: Any, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("PUT", "/settings", {"bank": BANK, "auto": True})
    try:
        made = order_of(client)
    finally:
        sandbox.control("PUT", "/settings", {"bank": BANK, "auto": False})
    receiver.wait(made["id"], "order.paid")


def test_kill_minus_9_forgets_neither_who_paid_nor_what_was_not_told(
    receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answer = lambda _body, _headers: 503
    config = SandboxConfig(port=free_port(), journal=tmp_path / "journal", shop_url=receiver.url)
    with running_sandbox(config) as before:
        client = client_of(before)
        made = order_of(client, receipt="ORD-kept")
        paid = act(before, made, "pay")
        refund = client.payment.refund(paid["id"], {}, headers={"X-Refund-Idempotency": "refund-0003"})
        client.session.close()
        assert before.stop(kill=True) == -9
    receiver.answer = lambda _body, _headers: 200
    with running_sandbox(config) as after:
        client = client_of(after)
        assert client.order.all({"receipt": "ORD-kept"})["items"][0]["status"] == "paid"
        again = client.payment.refund(paid["id"], {}, headers={"X-Refund-Idempotency": "refund-0003"})
        assert again["id"] == refund["id"]
        client.session.close()
        for kind in ("payment.captured", "refund.processed"):
            wait_for(lambda kind=kind: any(got.answered == 200 for got in receiver.of(made["id"], kind)))  # type: ignore[misc]

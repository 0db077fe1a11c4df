"""What a sandbox that was killed remembers."""

from pathlib import Path

import pytest
import stripe

from holdfast.sandbox.config import SandboxConfig
from tests.ports import free_port
from tests.providers.sandbox_server import Receiver, Sandbox, running_sandbox, start_process, wait_for
from tests.providers.sandbox_stripe.calls import client_of, pay

# Stripe's SDK hands its bodies to httpx in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def test_kill_minus_9_forgets_neither_who_paid_nor_what_was_not_told(
    receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answer = lambda _body, _headers: 503
    journal = tmp_path / "bank" / "journal"
    config = SandboxConfig(
        port=free_port(),
        journal=journal,
        shop_url=receiver.url,
        retry_scale=0.001,
    )
    options: stripe.RequestOptions = {"idempotency_key": "k-journal"}
    with running_sandbox(config) as before:
        client = client_of(before)
        made = client.v1.payment_intents.create({"amount": 900, "currency": "gbp"}, options)
        assert pay(before, made).json()["status"] == "succeeded"
        refund = client.v1.refunds.create({"payment_intent": made.id, "amount": 400})
        assert before.stop(kill=True) == -9
    with journal.open("ab") as torn:
        torn.write(b'{"bank":"stripe","kind":"Ref')
    receiver.answer = lambda _body, _headers: 200
    told_before = len(receiver.received)
    with running_sandbox(config) as after:
        client = client_of(after)
        paid = client.v1.payment_intents.retrieve(made.id)
        assert (paid.status, paid.amount_received) == ("succeeded", 900)
        assert client.v1.refunds.retrieve(refund.id).amount == 400
        replayed = client.v1.payment_intents.create({"amount": 900, "currency": "gbp"}, options)
        assert replayed.id == made.id
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create({"payment_intent": made.id, "amount": 501})
        for kind in ("payment_intent.created", "payment_intent.succeeded", "refund.created"):
            wait_for(lambda kind=kind: accepted(receiver, made.id, kind))  # type: ignore[misc]
        assert len(receiver.received) > told_before
        wait_for(lambda: after.control("GET", "/state")["stripe"]["deliveries_waiting"] == 0)
        assert after.stop() == 0
    told = len(receiver.received)
    with running_sandbox(config) as third:
        assert client_of(third).v1.payment_intents.retrieve(made.id).status == "succeeded"
        assert third.control("GET", "/state")["stripe"]["deliveries_waiting"] == 0
    assert len(receiver.received) == told, "what was accepted is not told again"


def test_a_second_sandbox_on_the_same_journal_does_not_start(tmp_path: Path) -> None:
    config = SandboxConfig(port=free_port(), journal=tmp_path / "journal", shop_url="")
    with running_sandbox(config):
        second = start_process(SandboxConfig(port=free_port(), journal=config.journal, shop_url=""))
        assert second.wait(timeout=20) == 1


def test_a_second_sandbox_on_the_same_port_does_not_start(sandbox: Sandbox) -> None:
    second = start_process(SandboxConfig(port=sandbox.config.port, shop_url=""))
    assert second.wait(timeout=20) == 1


def accepted(receiver: Receiver, payment: str, kind: str) -> bool:
    return any(got.answered == 200 for got in receiver.of(payment, kind))

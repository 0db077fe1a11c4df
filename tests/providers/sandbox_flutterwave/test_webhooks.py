"""What both APIs tell, how they sign it, and every fault at Flutterwave's bank (gateways.md §5, §12)."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any

import httpx
import pytest

from holdfast.sandbox.config import SandboxConfig
from holdfast.sandbox.providers.flutterwave.account import KEYS
from tests.ports import free_port
from tests.providers.sandbox_flutterwave.calls import (
    BANK,
    act,
    bad,
    charge_of,
    good,
    link_of,
    new_reference,
    v3_client,
)
from tests.providers.sandbox_server import Receiver, Sandbox, running_sandbox, wait_for

SECRET = KEYS["secret_hash"]
DONE = "charge.completed"


def signed(body: bytes) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()


def test_v3_tells_of_failure_and_success_and_proves_neither(
    v3: httpx.Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = link_of(v3)
    act(sandbox, made["tx_ref"], "decline")
    paid = act(sandbox, made["tx_ref"], "pay")
    came = receiver.wait(made["tx_ref"], DONE, times=2)
    assert sorted(got.event["data"]["status"] for got in came) == ["failed", "successful"]
    for got in came:
        assert got.path == "/webhooks/flutterwave"
        assert got.headers["verif-hash"] == SECRET, "in clear, whatever the body says"
        assert "flutterwave-signature" not in got.headers
        assert got.event["event.type"] == "CARD_TRANSACTION"
        assert got.event["meta_data"] == {"order_id": "ord_1"}
    told = next(got.event["data"] for got in came if got.event["data"]["status"] == "successful")
    assert told == paid


def test_v4_signs_the_body_and_names_the_event(
    v4: httpx.Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = charge_of(v4)
    act(sandbox, made["id"], "pay")
    (got,) = receiver.wait(made["reference"], DONE)
    assert got.headers["flutterwave-signature"] == signed(got.body)
    assert "verif-hash" not in got.headers
    assert got.event["webhook_id"].startswith("wbk_")
    assert got.event["timestamp"] > 10**12
    data = got.event["data"]
    assert (data["id"], data["status"], data["amount"]) == (made["id"], "succeeded", 2500.5)
    assert data["payment_method"]["type"] == "opay"


def test_only_v4_tells_of_refunds(
    v3: httpx.Client, v4: httpx.Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = charge_of(v4)
    act(sandbox, made["id"], "pay")
    refund = act(sandbox, made["id"], "refund", amount=100)
    (got,) = receiver.wait(made["id"], "refund.completed")
    assert got.event["data"] == refund
    link = link_of(v3)
    act(sandbox, link["tx_ref"], "pay")
    act(sandbox, link["tx_ref"], "refund", amount=100)
    receiver.wait(link["tx_ref"], DONE)
    assert len(receiver.of(link["tx_ref"])) == 1


def test_only_a_200_will_do_and_after_three_more_tries_it_gives_up(
    v3: httpx.Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    answers = iter((202, 500))
    receiver.answer = lambda _body, _headers: next(answers, 200)
    made = link_of(v3)
    act(sandbox, made["tx_ref"], "pay")
    came = receiver.wait(made["tx_ref"], DONE, times=3)
    assert [got.answered for got in came] == [202, 500, 200]
    receiver.answer = lambda _body, _headers: 503
    deaf = link_of(v3)
    act(sandbox, deaf["tx_ref"], "pay")
    receiver.wait(deaf["tx_ref"], DONE, times=4)
    wait_for(lambda: sandbox.control("GET", "/state")[BANK]["deliveries_waiting"] == 0)
    assert len(receiver.of(deaf["tx_ref"])) == 4


def test_a_transactions_webhook_is_sent_again_when_asked_for(
    v3: httpx.Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    made = link_of(v3)
    sandbox.fault("webhook_drop", payment=made["tx_ref"])
    paid = act(sandbox, made["tx_ref"], "pay")
    good(v3.post(f"/transactions/{paid['id']}/resend-hook"))
    (got,) = receiver.wait(made["tx_ref"], DONE)
    assert got.event["data"]["id"] == paid["id"]
    proving = link_of(v3)
    waiting = act(sandbox, proving["tx_ref"], "three_d_secure")
    bad(v3.post(f"/transactions/{waiting['id']}/resend-hook"))


def test_a_changed_body_still_carries_v3s_hash_and_no_longer_fits_v4s(
    v3: httpx.Client, v4: httpx.Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answer = lambda body, _headers: 401 if b'"amount":92500.5' in body else 200
    link, charge = link_of(v3), charge_of(v4)
    for name in (link["tx_ref"], charge["id"]):
        sandbox.fault("webhook_tamper", payment=name)
        act(sandbox, name, "pay")
    forged, true = receiver.wait(link["tx_ref"], DONE, times=2)
    assert (forged.event["data"]["amount"], true.event["data"]["amount"]) == (92500.5, 2500.5)
    assert forged.headers["verif-hash"] == true.headers["verif-hash"] == SECRET
    forged, true = receiver.wait(charge["reference"], DONE, times=2)
    assert forged.headers["flutterwave-signature"] != signed(forged.body)
    assert true.headers["flutterwave-signature"] == signed(true.body)


def test_a_wrong_secret_comes_first_and_the_right_one_after_its_refusal(
    v3: httpx.Client, v4: httpx.Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    def verify(body: bytes, headers: dict[str, str]) -> int:
        right = headers.get("verif-hash") == SECRET or headers.get("flutterwave-signature") == signed(body)
        return 200 if right else 401

    receiver.answer = verify
    names = {link["tx_ref"]: link["tx_ref"] for link in [link_of(v3)]}
    names |= {charge["id"]: charge["reference"] for charge in [charge_of(v4)]}
    for name, reference in names.items():
        sandbox.fault("webhook_wrong_secret", payment=name)
        act(sandbox, name, "pay")
        assert [got.answered for got in receiver.wait(reference, DONE, times=2)] == [401, 200]


def test_an_event_is_doubled_and_renamed(
    v3: httpx.Client, v4: httpx.Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    link, charge = link_of(v3), charge_of(v4)
    sandbox.fault("webhook_duplicate", payment=link["tx_ref"])
    sandbox.fault("webhook_new_event_id", payment=charge["id"])
    act(sandbox, link["tx_ref"], "pay")
    act(sandbox, charge["id"], "pay")
    twice = receiver.wait(link["tx_ref"], DONE, times=2)
    assert len({got.body for got in twice}) == 1
    renamed = receiver.wait(charge["reference"], DONE, times=2)
    assert len({got.event["webhook_id"] for got in renamed}) == 2
    assert all(got.headers["flutterwave-signature"] == signed(got.body) for got in renamed)


def test_calls_are_refused_lost_or_answered_with_junk_when_asked_for(
    v3: httpx.Client, sandbox: Sandbox
) -> None:
    for kind, status in (("error_500", 500), ("error_503", 503), ("error_429", 429), ("conflict_409", 409)):
        sandbox.fault(kind, bank=BANK, on="read")
        assert bad(v3.get("/transactions"), status)["data"] is None
    asked = {"tx_ref": new_reference(), "amount": 10, "redirect_url": "https://shop.example",
             "customer": {"email": "a@b.test"}}  # fmt: skip
    sandbox.fault("garbage", bank=BANK, on="create")
    assert not v3.post("/payments", json=asked).text.startswith("{")
    sandbox.fault("timeout_after_effect", bank=BANK, on="create", ms=3_000)
    with pytest.raises(httpx.ReadTimeout):
        v3.post("/payments", json=asked, timeout=0.3)
    latest = sandbox.control("GET", "/state")[BANK]["latest_payments"]
    assert [row["description"] for row in latest[:2]] == [asked["tx_ref"]] * 2, "both calls acted"


@pytest.mark.parametrize(
    ("kind", "options", "seen"),
    [
        ("decline", {"code": "lost_card"}, {"status": "failed", "processor_response": "Lost Card"}),
        ("three_d_secure", {}, {"status": "pending"}),
        ("wrong_amount", {"amount": 10_000}, {"status": "successful", "amount": 100}),
        ("wrong_currency", {}, {"status": "successful", "currency": "USD"}),
    ],
)
def test_a_payment_goes_wrong_when_asked_for(
    v3: httpx.Client, sandbox: Sandbox, kind: str, options: dict[str, Any], seen: dict[str, Any]
) -> None:
    made = link_of(v3)
    sandbox.fault(kind, payment=made["tx_ref"], **options)
    paid = act(sandbox, made["tx_ref"], "pay")
    assert {name: paid[name] for name in seen} == seen


@pytest.mark.parametrize(
    "asked", ["processing pay", "late_success decline", "late_success cancel", "late_success expire"]
)
def test_a_payment_succeeds_later(
    v3: httpx.Client, v4: httpx.Client, sandbox: Sandbox, receiver: Receiver, asked: str
) -> None:
    kind, verb = asked.split()
    link, charge = link_of(v3), charge_of(v4)
    for name in (link["tx_ref"], charge["id"]):
        sandbox.fault(kind, payment=name, ms=50)
        act(sandbox, name, verb)

    def succeeded(reference: str) -> bool:
        return any(
            got.event["data"]["status"] in ("successful", "succeeded") for got in receiver.of(reference, DONE)
        )

    for reference in (link["tx_ref"], charge["reference"]):
        wait_for(lambda reference=reference: succeeded(reference))  # type: ignore[misc]


def test_a_magic_amount_misbehaves_by_itself(v3: httpx.Client, v4: httpx.Client, sandbox: Sandbox) -> None:
    link = link_of(v3, amount=666.01)
    assert act(sandbox, link["tx_ref"], "pay")["status"] == "failed"
    assert act(sandbox, link["tx_ref"], "pay")["status"] == "successful"
    charge = charge_of(v4, amount=666.02)
    assert act(sandbox, charge["id"], "pay")["status"] == "pending"
    assert act(sandbox, charge["id"], "three_d_secure_ok")["status"] == "succeeded"


def test_a_payment_is_found_by_any_of_its_names(v3: httpx.Client, v4: httpx.Client, sandbox: Sandbox) -> None:
    link = link_of(v3)
    paid = act(sandbox, link["tx_ref"], "pay")
    for name in (link["tx_ref"], str(paid["id"])):
        row = sandbox.control("GET", f"/payments/{name}")
        assert (row["bank"], row["page"], row["stage"], row["amount"]) == (
            BANK,
            link["link"],
            "paid",
            250_050,
        )
    charge = charge_of(v4)
    for name in (charge["id"], charge["reference"]):
        assert sandbox.control("GET", f"/payments/{name}")["id"] == charge["id"]


def test_auto_pays_what_is_created(
    v3: httpx.Client, v4: httpx.Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.control("PUT", "/settings", {"bank": BANK, "auto": True})
    try:
        references = [link_of(v3)["tx_ref"], charge_of(v4)["reference"]]
    finally:
        sandbox.control("PUT", "/settings", {"bank": BANK, "auto": False})
    for reference in references:
        receiver.wait(reference, DONE)


def test_kill_minus_9_forgets_neither_who_paid_nor_what_was_not_told(
    receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answer = lambda _body, _headers: 503
    config = SandboxConfig(port=free_port(), journal=tmp_path / "journal", shop_url=receiver.url)
    with running_sandbox(config) as before, v3_client(before) as v3:
        made = link_of(v3)
        paid = act(before, made["tx_ref"], "pay")
        refund = good(
            v3.post(f"/transactions/{paid['id']}/refund", json={"amount": 100, "comments": "rfd_9"})
        )
        assert before.stop(kill=True) == -9
    receiver.answer = lambda _body, _headers: 200
    with running_sandbox(config) as after, v3_client(after) as v3:
        assert good(v3.get("/transactions/verify_by_reference", params={"tx_ref": made["tx_ref"]})) == paid
        (kept,) = good(v3.get("/refunds", params={"id": paid["id"]}))
        assert (kept["id"], kept["comment"]) == (refund["id"], "rfd_9")
        wait_for(lambda: any(got.answered == 200 for got in receiver.of(made["tx_ref"], DONE)))

"""Notifications, signed inside their bodies, and every fault at TeleBirr's bank (gateways.md §7.4, §7.6)."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from holdfast.sandbox.config import SandboxConfig
from holdfast.sandbox.providers.telebirr.account import KEYS
from holdfast.sandbox.providers.telebirr.signing import signed_text
from tests.ports import free_port
from tests.providers.sandbox_server import Receiver, Sandbox, running_sandbox, wait_for
from tests.providers.sandbox_telebirr.calls import (
    BANK,
    act,
    inside,
    order,
    paid,
    query,
    refund,
    verified,
    yes,
)

VECTORS = Path(__file__).parents[4] / "shared" / "webhook_vectors.json"


def test_the_signed_text_is_that_of_the_recorded_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip(f"the recorded vectors are not at {VECTORS}")
    seen = 0
    for vector in json.loads(VECTORS.read_text()):
        if vector["provider"] == "telebirr":
            fields = vector["params"] if "params" in vector else inside(vector["body"].encode())
            if "transId" in fields:
                fields["trans_id"] = fields.pop("transId")
            assert signed_text(fields) == vector["signed_message"]
            seen += 1
    assert seen >= 8


def test_a_success_is_told_at_the_address_that_came_with_the_order(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    made = order(sandbox, notify_url=f"{receiver.url}/elsewhere", callback_info="a b&c=d+አ")
    act(sandbox, made, "pay")
    (came,) = receiver.wait(made["merch_order_id"], "Completed")
    assert came.path == "/elsewhere"
    told, found = inside(came.body), query(sandbox, made["merch_order_id"])
    assert verified(told)
    assert not verified(told | {"total_amount": "1.00"})
    assert (told["appid"], told["merch_code"]) == (KEYS["merchant_app_id"], KEYS["merchant_code"])
    assert (told["transId"], told["payment_order_id"]) == (found["trans_id"], found["payment_order_id"])
    assert (told["total_amount"], told["callback_info"]) == ("1250.00", "a b&c=d+አ")
    assert "trans_id" not in told
    assert len(told["notify_time"]) == len(told["trans_end_time"]) == 13


@pytest.mark.parametrize(
    ("verb", "kind"), [("decline", "Failure"), ("expire", "Expired"), ("three_d_secure", "Paying")]
)
def test_what_else_happens_is_told_in_the_words_of_notifications(
    sandbox: Sandbox, receiver: Receiver, verb: str, kind: str
) -> None:
    made = order(sandbox)
    act(sandbox, made, verb)
    (came,) = receiver.wait(made["merch_order_id"], kind)
    assert verified(inside(came.body))


def test_nobody_is_told_of_a_refund(sandbox: Sandbox, receiver: Receiver) -> None:
    made = paid(sandbox)
    yes(refund(sandbox, made, "rfd8a", "1.00"))
    receiver.wait(made["merch_order_id"], "Completed")
    assert [inside(came.body)["trade_status"] for came in receiver.of(made["merch_order_id"])] == [
        "Completed"
    ]


def test_a_notification_may_be_wrapped_and_in_the_other_padding(sandbox: Sandbox, receiver: Receiver) -> None:
    keys = {"notice": "wrapped", "padding": "pkcs1v15"}
    made = order(sandbox)
    sandbox.control("PUT", "/settings", {"bank": BANK, "keys": keys})
    try:
        act(sandbox, made, "pay")
        (came,) = receiver.wait(made["merch_order_id"], "Completed")
    finally:
        sandbox.control("PUT", "/settings", {"bank": BANK, "keys": {"notice": "plain", "padding": "pss"}})
    assert set(came.event) == {"data"}
    assert verified(inside(came.body), PKCS1v15())
    assert not verified(inside(came.body))


def test_only_a_200_will_do_and_every_try_is_the_same(sandbox: Sandbox, receiver: Receiver) -> None:
    answers = iter((204, 500))
    receiver.answer = lambda _body, _headers: next(answers, 200)
    made = paid(sandbox)
    came = receiver.wait(made["merch_order_id"], "Completed", times=3)
    assert [got.answered for got in came] == [204, 500, 200]
    assert len({got.body for got in came}) == 1
    assert verified(inside(came[0].body))


@pytest.mark.parametrize("kind", ["webhook_tamper", "webhook_wrong_secret"])
def test_a_forged_notification_comes_first_and_the_true_one_after_its_refusal(
    sandbox: Sandbox, receiver: Receiver, kind: str
) -> None:
    receiver.answer = lambda body, _headers: 200 if verified(inside(body)) else 400
    made = order(sandbox)
    sandbox.fault(kind, payment=made["merch_order_id"])
    act(sandbox, made, "pay")
    came = receiver.wait(made["merch_order_id"], "Completed", times=2)
    assert [got.answered for got in came] == [400, 200]


def test_a_stale_notification_is_signed_well_and_an_hour_old(sandbox: Sandbox, receiver: Receiver) -> None:
    made = order(sandbox)
    sandbox.fault("webhook_stale", payment=made["merch_order_id"])
    act(sandbox, made, "pay")
    told = inside(receiver.wait(made["merch_order_id"], "Completed")[0].body)
    assert verified(told)
    assert int(told["trans_end_time"]) - int(told["notify_time"]) > 3_500_000


def test_a_notification_is_dropped_doubled_and_sent_again_by_hand(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    lost, twice = order(sandbox), order(sandbox)
    sandbox.fault("webhook_drop", payment=lost["merch_order_id"])
    sandbox.fault("webhook_duplicate", payment=twice["merch_order_id"])
    act(sandbox, lost, "pay")
    act(sandbox, twice, "pay")
    receiver.wait(twice["merch_order_id"], "Completed", times=2)
    assert receiver.of(lost["merch_order_id"]) == []
    (event,) = sandbox.control("GET", "/state")[BANK]["undelivered_events"][-1:]
    sandbox.control("POST", f"/webhooks/{event}/resend")
    receiver.wait(lost["merch_order_id"], "Completed")


def test_a_success_may_overtake_the_word_that_it_is_under_way(sandbox: Sandbox, receiver: Receiver) -> None:
    made = order(sandbox)
    sandbox.fault("webhook_reorder", payment=made["merch_order_id"], event="Paying")
    act(sandbox, made, "three_d_secure")
    act(sandbox, made, "three_d_secure_ok")
    receiver.wait(made["merch_order_id"], "Paying")
    came = [inside(got.body)["trade_status"] for got in receiver.of(made["merch_order_id"])]
    assert came == ["Completed", "Paying"]


def test_kill_minus_9_forgets_neither_who_paid_nor_what_was_not_told(
    receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answer = lambda _body, _headers: 503
    config = SandboxConfig(port=free_port(), journal=tmp_path / "journal", shop_url=receiver.url)
    with running_sandbox(config) as before:
        made = paid(before)
        given = yes(refund(before, made, "rfd9a", "1.00"))
        assert before.stop(kill=True) == -9
    receiver.answer = lambda _body, _headers: 200
    with running_sandbox(config) as after:
        found: Any = query(after, made["merch_order_id"])
        assert found["order_status"] == "REFUND_SUCCESS"
        again = yes(refund(after, made, "rfd9a", "1.00"))
        assert again == given | {"refund_status": "REFUND_DUPLICATED"}
        wait_for(lambda: any(got.answered == 200 for got in receiver.of(made["merch_order_id"], "Completed")))

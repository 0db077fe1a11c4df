"""Tokens, signatures, orders and queries as the documentation has them (gateways.md §7.2-7.5)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from holdfast.sandbox.providers.telebirr.account import KEYS
from tests.providers.sandbox_server import Sandbox, wait_for
from tests.providers.sandbox_telebirr.calls import (
    BANK,
    GATEWAY,
    act,
    call,
    order,
    order_fields,
    paid,
    query,
    refused,
    send,
    signed,
    token_of,
    verified,
    wish,
    yes,
)


def test_a_token_has_the_word_bearer_in_it_and_ends_after_an_hour(sandbox: Sandbox) -> None:
    answer = sandbox.http.post(
        f"{GATEWAY}/token",
        json={"appSecret": KEYS["app_secret"]},
        headers={"X-APP-Key": KEYS["fabric_app_id"]},
    ).json()
    assert set(answer) == {"token", "effectiveDate", "expirationDate"}
    assert answer["token"].startswith("Bearer ")
    begin, end = (datetime.strptime(answer[n], "%Y%m%d%H%M%S") for n in ("effectiveDate", "expirationDate"))  # noqa: DTZ007 - the wire's time has no zone
    assert end - begin == timedelta(hours=1)


@pytest.mark.parametrize(
    ("secret", "app"), [("another", KEYS["fabric_app_id"]), (KEYS["app_secret"], "another"), ("", "")]
)
def test_nobody_else_gets_a_token(sandbox: Sandbox, secret: str, app: str) -> None:
    headers = {"X-APP-Key": app}
    answer = sandbox.http.post(f"{GATEWAY}/token", json={"appSecret": secret}, headers=headers)
    refused(answer, "49401021001", 401)


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer another"}, {"Authorization": ""}, {"X-APP-Key": "another"}]
)
def test_a_call_wants_the_token_as_it_was_given(sandbox: Sandbox, headers: dict[str, str]) -> None:
    body = signed(wish("payment.preorder", order_fields(notify_url="https://shop.example/hook")))
    refused(send(sandbox, "preOrder", body, **headers), "49401021001", 401)
    twice = f"Bearer {token_of(sandbox)}"
    refused(send(sandbox, "preOrder", body, Authorization=twice), "49401021001", 401)


def test_an_order_waits_is_paid_and_is_queried(sandbox: Sandbox) -> None:
    made = order(sandbox)
    assert set(made) == {"merch_order_id", "prepay_id"}
    waiting = query(sandbox, made["merch_order_id"])
    assert (waiting["order_status"], waiting["trans_id"]) == ("WAIT_PAY", "")
    act(sandbox, made, "pay")
    found = query(sandbox, made["merch_order_id"])
    assert (found["order_status"], found["total_amount"], found["trans_currency"]) == (
        "PAY_SUCCESS", "1250.00", "ETB",
    )  # fmt: skip
    assert found["trans_id"]
    assert found["payment_order_id"] == waiting["payment_order_id"]
    other = call(sandbox, "orderQuery", "payment.queryorder", {"merch_order_id": made["merch_order_id"]})
    assert yes(other) == found, "one source calls the address so"
    sandbox.control("POST", f"/payments/{made['merch_order_id']}/pay", status=409)


def test_a_number_is_used_once(sandbox: Sandbox) -> None:
    made = order(sandbox)
    wanted = order_fields(notify_url="https://shop.example/hook", merch_order_id=made["merch_order_id"])
    refused(call(sandbox, "preOrder", "payment.preorder", wanted), "60200992")
    unknown = call(sandbox, "queryOrder", "payment.queryorder", {"merch_order_id": "nobodys"})
    refused(unknown, "60200991")


@pytest.mark.parametrize(
    ("verb", "status"),
    [
        ("decline", "PAY_FAILED"),
        ("cancel", "WAIT_PAY"),
        ("expire", "ORDER_CLOSED"),
        ("three_d_secure", "PAYING"),
    ],
)
def test_what_the_buyer_does_is_the_orders_status(sandbox: Sandbox, verb: str, status: str) -> None:
    made = order(sandbox)
    act(sandbox, made, verb)
    assert query(sandbox, made["merch_order_id"])["order_status"] == status


def test_an_order_has_one_try_and_money_may_come_late(sandbox: Sandbox) -> None:
    for verb in ("decline", "expire"):
        made = order(sandbox)
        act(sandbox, made, verb)
        sandbox.control("POST", f"/payments/{made['merch_order_id']}/pay", status=409)
        act(sandbox, made, "late_success")
        assert query(sandbox, made["merch_order_id"])["order_status"] == "PAY_SUCCESS"
        receipt = query(sandbox, made["merch_order_id"])["trans_id"]
        act(sandbox, made, "late_success")
        assert query(sandbox, made["merch_order_id"])["trans_id"] == receipt, "it comes once"


def test_the_pin_is_right_or_wrong(sandbox: Sandbox) -> None:
    for verb, status in (("three_d_secure_ok", "PAY_SUCCESS"), ("three_d_secure_fail", "PAY_FAILED")):
        made = order(sandbox)
        sandbox.control("POST", f"/payments/{made['merch_order_id']}/{verb}", status=409)
        act(sandbox, made, "three_d_secure")
        act(sandbox, made, verb)
        assert query(sandbox, made["merch_order_id"])["order_status"] == status


@pytest.mark.parametrize(
    "change",
    [
        {"total_amount": "1250"},
        {"total_amount": 1250},
        {"total_amount": "0.00"},
        {"total_amount": "-1.00"},
        {"trans_currency": "USD"},
        {"merch_order_id": "att_1"},
        {"timeout_express": "121m"},
        {"timeout_express": "15"},
        {"title": "Order #1"},
        {"trade_type": "Web"},
        {"notify_url": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_field_that_the_documentation_forbids_is_refused(sandbox: Sandbox, change: dict[str, Any]) -> None:
    wanted = order_fields(notify_url="https://shop.example/hook") | change
    refused(call(sandbox, "preOrder", "payment.preorder", wanted), "49401024995", 400)
    number = str(wanted["merch_order_id"]).replace("_", "")
    refused(call(sandbox, "queryOrder", "payment.queryorder", {"merch_order_id": number}), "60200991")


def test_a_request_that_the_merchant_has_not_signed_is_refused(sandbox: Sandbox) -> None:
    body = signed(wish("payment.preorder", order_fields(notify_url="https://shop.example/hook")))
    richer = body | {"biz_content": body["biz_content"] | {"total_amount": "1.00"}}
    newer = body | {"timestamp": "1"}
    encoded = body | {"sign": body["sign"].replace("=", "%3D")}
    for forged in (richer, newer, encoded, body | {"sign": ""}, body | {"sign": "***"}):
        refused(send(sandbox, "preOrder", forged), "60200099", 400)
    stranger = signed(wish("payment.preorder", body["biz_content"] | {"merch_code": "200002"}))
    refused(send(sandbox, "preOrder", stranger), "60200994")
    refused(send(sandbox, "queryOrder", body), "49401024995", 400)
    yes(send(sandbox, "preOrder", body))


def test_an_account_has_one_padding(sandbox: Sandbox) -> None:
    def sent(pad: Any) -> Any:
        wanted = order_fields(notify_url="https://shop.example/hook")
        unsigned = wish("payment.preorder", wanted)
        return send(sandbox, "preOrder", signed(unsigned, pad) if pad else signed(unsigned))

    refused(sent(PKCS1v15()), "60200099", 400)
    sandbox.control("PUT", "/settings", {"bank": BANK, "keys": {"padding": "pkcs1v15"}})
    try:
        refused(sent(None), "60200099", 400)
        assert verified(sent(PKCS1v15()).json(), PKCS1v15())
    finally:
        sandbox.control("PUT", "/settings", {"bank": BANK, "keys": {"padding": "pss"}})


def test_calls_are_refused_lost_or_answered_with_junk_when_asked_for(sandbox: Sandbox) -> None:
    made = order(sandbox)
    for kind, status in (("error_500", 500), ("error_503", 503), ("error_429", 429), ("conflict_409", 409)):
        sandbox.fault(kind, payment=made["merch_order_id"], on="read")
        content = {"merch_order_id": made["merch_order_id"]}
        answer = call(sandbox, "queryOrder", "payment.queryorder", content)
        assert answer.status_code == status
        assert set(answer.json()) == {"errorCode", "errorMsg", "errorSolution"}
    sandbox.fault("garbage", bank=BANK, on="create")
    wanted = order_fields(notify_url="https://shop.example/hook")
    assert "html" in call(sandbox, "preOrder", "payment.preorder", wanted).text
    assert query(sandbox, str(wanted["merch_order_id"]))["order_status"] == "WAIT_PAY", "it had acted"
    sandbox.fault("error_503", bank=BANK, on="token")
    with pytest.raises(AssertionError, match="fault that was asked"):
        token_of(sandbox)


@pytest.mark.parametrize(
    ("kind", "options", "seen"),
    [
        ("decline", {}, {"order_status": "PAY_FAILED"}),
        ("three_d_secure", {}, {"order_status": "PAYING"}),
        ("wrong_amount", {"amount": 100}, {"order_status": "PAY_SUCCESS", "total_amount": "1.00"}),
        ("wrong_currency", {}, {"order_status": "PAY_SUCCESS", "trans_currency": "USD"}),
    ],
)
def test_a_payment_goes_wrong_when_asked_for(
    sandbox: Sandbox, kind: str, options: dict[str, Any], seen: dict[str, Any]
) -> None:
    made = order(sandbox)
    sandbox.fault(kind, payment=made["merch_order_id"], **options)
    act(sandbox, made, "pay")
    found = query(sandbox, made["merch_order_id"])
    assert {name: found[name] for name in seen} == seen


@pytest.mark.parametrize(
    ("kind", "verb", "first"),
    [
        ("processing", "pay", "PAYING"),
        ("late_success", "decline", "PAY_FAILED"),
        ("late_success", "expire", "ORDER_CLOSED"),
        ("late_success", "cancel", "WAIT_PAY"),
    ],
)
def test_a_payment_succeeds_later(sandbox: Sandbox, kind: str, verb: str, first: str) -> None:
    made = order(sandbox)
    sandbox.fault(kind, payment=made["merch_order_id"], ms=150)
    assert act(sandbox, made, verb)["status"] == first
    wait_for(lambda: query(sandbox, made["merch_order_id"])["order_status"] == "PAY_SUCCESS")


def test_a_magic_amount_misbehaves_by_itself(sandbox: Sandbox) -> None:
    made = order(sandbox, total_amount="666.01")
    act(sandbox, made, "pay")
    assert query(sandbox, made["merch_order_id"])["order_status"] == "PAY_FAILED"


def test_a_payment_is_found_by_any_of_its_names(sandbox: Sandbox) -> None:
    made = paid(sandbox)
    found = query(sandbox, made["merch_order_id"])
    for name in (made["merch_order_id"], made["prepay_id"], found["payment_order_id"], found["trans_id"]):
        row = sandbox.control("GET", f"/payments/{name}")
        assert (row["bank"], row["id"], row["stage"]) == (BANK, made["merch_order_id"], "paid")


def test_auto_pays_what_is_created(sandbox: Sandbox) -> None:
    sandbox.control("PUT", "/settings", {"bank": BANK, "auto": True})
    try:
        made = order(sandbox)
    finally:
        sandbox.control("PUT", "/settings", {"bank": BANK, "auto": False})
    wait_for(lambda: query(sandbox, made["merch_order_id"])["order_status"] == "PAY_SUCCESS")

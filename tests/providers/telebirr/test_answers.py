"""What the adapter makes of TeleBirr's answers: HTTP's word is not enough (gateways.md §7.3, §7.5, §7.7)."""

import httpx
import pytest
from msgspec.structs import replace

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import RefundSaid, Refused, Said, Unknown
from tests.providers.sandbox_server import Sandbox
from tests.providers.telebirr.things import BANK, YES, Json, adapter, new_ask, order, paid, refund_of
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "answer",
    [
        {"biz_content": {}},
        {"biz_content": {"prepay_id": ""}},
        {"biz_content": {"prepay_id": None}},
        {"biz_content": None},
        {"biz_content": {"prepay_id": "1", "merch_order_id": "anothers"}},
        {"code": "1", "biz_content": {"prepay_id": "1"}},
        {"result": "OK", "biz_content": {"prepay_id": "1"}},
        {"result": "FAIL", "code": "49401021002"},
        {"result": "FAIL", "code": ""},
    ],
    ids=str,
)
async def test_a_200_alone_is_neither_a_yes_nor_a_no(
    script: Told, client: httpx.AsyncClient, answer: Json
) -> None:
    script.answer(200, YES | answer)
    telebirr = adapter(client, script.url)
    assert isinstance(await telebirr.create(new_ask()), Unknown)
    assert isinstance(await telebirr.look_up("att01JD0000000000000000000001"), Unknown)


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (200, {"result": "FAIL", "code": "60200099", "msg": "no"}, "60200099"),
        (200, {"result": "FAIL", "code": 60200099, "msg": None}, "60200099"),
        (400, {"errorCode": "60200099", "errorMsg": "no", "errorSolution": "?"}, "60200099"),
        (400, {"result": "FAIL", "code": "60200099", "msg": "no"}, "60200099"),
        (400, {"errorCode": "49401021002", "errorMsg": "quota"}, None),
        (400, {"error": "of a proxy"}, None),
        (429, {"errorCode": "60200099", "errorMsg": "no"}, None),
        (500, {"errorCode": "60200099", "errorMsg": "no"}, None),
    ],
    ids=str,
)
async def test_a_no_is_one_in_either_shape_and_a_used_up_quota_is_none(
    script: Told, client: httpx.AsyncClient, status: int, answer: Json, code: str | None
) -> None:
    telebirr, ask = adapter(client, script.url), new_ask()
    script.answer(200, YES | {"biz_content": order(ask)})
    assert isinstance(await telebirr.look_up(order(ask)["merch_order_id"]), Said), "it has a token now"
    script.answer(status, answer)
    for said in (await telebirr.create(new_ask()), await telebirr.look_up("att1")):
        assert isinstance(said, Unknown if code is None else Refused)
        assert code is None or (isinstance(said, Refused) and said.code == code)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"order_status": "ACCEPTED"}, AttemptState.PENDING),
        ({"order_status": "PAYING", "trans_id": None}, AttemptState.PENDING),
        ({"order_status": "PAY_SUCCESS", "total_amount": 1250.5, "trans_id": 77}, AttemptState.CAPTURED),
        ({"order_status": "", "trade_status": "PAY_SUCCESS"}, AttemptState.CAPTURED),
        ({"order_status": "PAY_FAILED"}, AttemptState.FAILED),
        ({"order_status": "ORDER_CLOSED"}, AttemptState.EXPIRED),
        *[
            ({"order_status": f"REFUND{end}"}, AttemptState.CAPTURED)
            for end in ("ING", "_SUCCESS", "_FAILED")
        ],
        ({"order_status": "FROZEN"}, None),
        ({"order_status": "PAY_SUCCESS", "merch_order_id": "anothers"}, None),
        ({"order_status": "PAY_SUCCESS", "total_amount": "a lot"}, None),
    ],
    ids=str,
)
async def test_a_query_says_where_an_order_stands(
    script: Told, client: httpx.AsyncClient, fields: Json, state: AttemptState | None
) -> None:
    ask = new_ask()
    script.answer(200, YES | {"biz_content": order(ask, **fields)})
    said = await adapter(client, script.url).look_up(order(ask)["merch_order_id"])
    if state is None:
        assert isinstance(said, Unknown)
        return
    assert isinstance(said, Said)
    assert (said.state, said.reference, said.currency) == (state, ask.attempt_id, "ETB")
    assert said.amount_minor == (125_050 if fields.get("total_amount") else 125_000)
    assert said.charge_ref == ("77" if fields.get("trans_id") else None)


async def test_an_order_that_waits_is_asked_for_again_and_its_number_is_used_once(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    telebirr, ask = adapter(client, bank.at(BANK)), new_ask()
    first = await telebirr.create(ask)
    assert isinstance(first, Said)
    assert await telebirr.find(ask.attempt_id) is None, "only another answer to create has its address"
    again = await telebirr.create(ask)
    assert again == replace(first, next_action=None), "this bank refuses, and the order waits"
    bank.control("POST", f"/payments/{first.provider_ref}/pay")
    found = await telebirr.find(ask.attempt_id)
    assert isinstance(found, Said)
    assert (found.state, await telebirr.create(ask)) == (AttemptState.CAPTURED, found)


@pytest.mark.parametrize(
    "setting",
    [{"padding": "pkcs1v15"}, {"query_call": "orderQuery"}, {"refund_amount_field": "refund_amount"}],
    ids=str,
)
async def test_what_sources_disagree_about_is_a_setting(
    bank: Sandbox, client: httpx.AsyncClient, setting: Json
) -> None:
    bank.control("PUT", "/settings", {"bank": BANK, "keys": {"padding": setting.get("padding", "pss")}})
    telebirr = adapter(client, bank.at(BANK), **setting)
    said = await paid(telebirr, bank)
    refunded = await telebirr.refund(refund_of(said, 100))
    assert isinstance(refunded, RefundSaid)
    if "padding" in setting:
        assert isinstance(await adapter(client, bank.at(BANK)).create(new_ask()), Refused)

"""What the adapter asks of TeleBirr: signed, in its units, under our number (gateways.md §7.2-7.4)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from holdfast import clock
from holdfast.errors.provider import SignatureInvalid
from holdfast.payment.provider import Refused, Said
from holdfast.payment.providers.telebirr.signing import check, read_public_key
from holdfast.sandbox.providers.telebirr.account import KEYS
from holdfast.sandbox.providers.telebirr.keys import MERCHANT, public_half
from tests.providers.telebirr.things import GATEWAY, HOOK, TOKEN, YES, Json, adapter, new_ask, order
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

CALLS = f"{GATEWAY}/payment/v1"


def merchant_signed(fields: Json) -> bool:
    key = read_public_key(public_half(MERCHANT))
    assert key is not None
    try:
        check(fields, keys=[key])
    except SignatureInvalid:
        return False
    return True


async def test_an_order_is_asked_for_as_the_documentation_says(
    script: Told, client: httpx.AsyncClient
) -> None:
    ask = new_ask(expires_at=clock.now() + timedelta(minutes=15, seconds=30))
    number = ask.attempt_id.replace("_", "")
    script.answer(200, YES | {"biz_content": {"merch_order_id": number, "prepay_id": "pre+1/2="}})
    said = await adapter(client, script.url).create(ask)
    (_, token_path, token_headers, token), (_, path, headers, asked) = script.asked
    assert (token_path, token) == (f"{CALLS}/token", {"appSecret": KEYS["app_secret"]})
    assert token_headers["x-app-key"] == headers["x-app-key"] == KEYS["fabric_app_id"]
    assert "authorization" not in token_headers
    assert (path, headers["authorization"]) == (f"{CALLS}/merchant/preOrder", "Bearer abc")
    content = asked.pop("biz_content")
    assert merchant_signed(asked | content)
    assert (asked["method"], asked["version"], asked["sign_type"]) == (
        "payment.preorder", "1.0", "SHA256WithRSA",
    )  # fmt: skip
    assert abs(int(asked["timestamp"]) - clock.now().timestamp()) < 5
    assert asked["nonce_str"].isalnum()
    assert len(asked["nonce_str"]) <= 32
    assert content == {
        "appid": KEYS["merchant_app_id"],
        "merch_code": KEYS["merchant_code"],
        "notify_url": HOOK,
        "redirect_url": ask.return_url,
        "merch_order_id": number,
        "trade_type": "Checkout",
        "title": "Order 1001",
        "total_amount": "1250.00",
        "trans_currency": "ETB",
        "timeout_express": "15m",
        "business_type": "BuyGoods",
        "payee_identifier": KEYS["merchant_code"],
        "payee_identifier_type": "04",
        "payee_type": "5000",
    }
    assert isinstance(said, Said)
    assert (said.provider_ref, said.reference, said.live) == (number, ask.attempt_id, False)


async def test_the_address_of_the_checkout_is_signed_over_five_fields_and_encoded(
    script: Told, client: httpx.AsyncClient
) -> None:
    ask = new_ask()
    script.answer(200, YES | {"biz_content": {"prepay_id": "pre+1/2="}})
    said = await adapter(client, script.url).create(ask)
    assert isinstance(said, Said)
    assert said.next_action is not None
    address = urlsplit(said.next_action["url"])
    assert "+" not in address.query
    fields = dict(parse_qsl(address.query, strict_parsing=True))
    assert [*fields] == [
        "appid", "merch_code", "nonce_str", "prepay_id", "timestamp",
        "sign", "sign_type", "version", "trade_type",
    ]  # fmt: skip
    assert fields["prepay_id"] == "pre+1/2="
    assert (fields.pop("version"), fields.pop("trade_type")) == ("1.0", "Checkout")
    assert merchant_signed(fields)


@pytest.mark.parametrize(
    ("left", "minutes"),
    [
        (None, "120m"),
        (timedelta(days=3), "120m"),
        (timedelta(seconds=59), "1m"),
        (timedelta(minutes=-5), "1m"),
        (timedelta(minutes=30), "30m"),
    ],
)
async def test_the_order_ends_with_the_hold_as_far_as_it_can(
    script: Told, client: httpx.AsyncClient, left: timedelta | None, minutes: str
) -> None:
    clock.stop(datetime(2026, 11, 21, tzinfo=UTC))
    try:
        script.answer(200, YES | {"biz_content": {"prepay_id": "1"}})
        ask = new_ask(expires_at=clock.now() + left if left else None)
        await adapter(client, script.url).create(ask)
    finally:
        clock.go()
    assert script.asked[-1][3]["biz_content"]["timeout_express"] == minutes


@pytest.mark.parametrize(("amount", "currency"), [(125_000, "USD"), (500, "JPY")])
async def test_only_birr_is_asked_for(
    script: Told, client: httpx.AsyncClient, amount: int, currency: str
) -> None:
    telebirr = adapter(client, script.url)
    assert not telebirr.can.fits(amount, currency, None)
    answer = await telebirr.create(new_ask(amount_minor=amount, currency=currency))
    assert isinstance(answer, Refused)
    assert (answer.code, script.asked) == ("amount_not_payable", [])


async def test_one_token_serves_many_calls_and_a_refused_one_is_replaced_once(
    script: Told, client: httpx.AsyncClient
) -> None:
    telebirr, ask = adapter(client, script.url), new_ask()
    script.answer(200, YES | {"biz_content": order(ask)})
    number = order(ask)["merch_order_id"]
    for _ in range(3):
        assert isinstance(await telebirr.look_up(number), Said)
    assert [path.rpartition("/")[2] for _, path, _, _ in script.asked] == ["token", *["queryOrder"] * 3]
    script.asked.clear()
    script.answer(401, {"errorCode": "49401021001", "errorMsg": "Authentication failed."})
    assert isinstance(await telebirr.look_up(number), Refused)
    assert [path.rpartition("/")[2] for _, path, _, _ in script.asked] == ["queryOrder", "token"]


async def test_a_token_that_has_ended_is_fetched_anew(script: Told, client: httpx.AsyncClient) -> None:
    telebirr, ask = adapter(client, script.url), new_ask()
    script.answer(200, YES | {"expirationDate": TOKEN["effectiveDate"], "biz_content": order(ask)})
    for _ in range(2):
        assert isinstance(await telebirr.look_up(order(ask)["merch_order_id"]), Said)
    assert [path.rpartition("/")[2] for _, path, _, _ in script.asked] == ["token", "queryOrder"] * 2

"""A TeleBirr adapter with the sandbox's keys, and notifications signed as the documentation says."""

import json
from base64 import b64decode, b64encode
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from msgspec.structs import replace

from holdfast.ids import mint
from holdfast.payment.provider import Ask, RefundAsk, Said, Wiring
from holdfast.payment.providers.telebirr.account import TeleBirrSettings
from holdfast.payment.providers.telebirr.adapter import TeleBirrProvider
from holdfast.sandbox.providers.telebirr.account import KEYS
from holdfast.sandbox.providers.telebirr.keys import TELEBIRR
from tests.providers.sandbox_server import Sandbox

HOOK = "http://127.0.0.1/webhooks/telebirr"
GATEWAY = "/apiaccess/payment/gateway"
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
TOKEN = {"token": "Bearer abc", "effectiveDate": "20261121100000", "expirationDate": "20261121110000"}
NUMBER = "att01JD0000000000000000000001"
BANK = "telebirr"
Json = dict[str, Any]
YES: Json = TOKEN | {"result": "SUCCESS", "code": "0", "msg": "success"}
"""A yes to whatever is asked, for a token too."""


def adapter(client: httpx.AsyncClient, host: str = "http://127.0.0.1:1", **changes: Any) -> TeleBirrProvider:
    """The sandbox's merchant, at this host."""
    given = {
        "fabric_app_id": KEYS["fabric_app_id"],
        "app_secret": KEYS["app_secret"],
        "merchant_app_id": KEYS["merchant_app_id"],
        "merchant_code": KEYS["merchant_code"],
        "private_key": KEYS["private_key"],
        "public_keys": (KEYS["public_key"],),
        "mode": "test",
        "api_base": host + GATEWAY,
        "page_url": f"{host}/payment/web/paygate",
    } | changes
    return TeleBirrProvider(TeleBirrSettings(**given), Wiring(client, 1, HOOK))


def private(text: str) -> rsa.RSAPrivateKey:
    key = serialization.load_der_private_key(b64decode(text), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def signed(fields: Json, *, key: str = TELEBIRR, pad: Any = PSS, **over: str) -> Json:
    """Fields with TeleBirr's signature, over others if they are signed under other names."""
    text = "&".join(f"{name}={value}" for name, value in sorted((over or fields).items()) if value != "")
    made = private(key).sign(text.encode(), pad, hashes.SHA256())
    return fields | {"sign": b64encode(made).decode(), "sign_type": "SHA256WithRSA"}


def notice(**changes: Any) -> Json:
    """A notification's fields, not signed yet."""
    return {
        "notify_url": HOOK,
        "appid": KEYS["merchant_app_id"],
        "notify_time": "1795000000000",
        "merch_code": KEYS["merchant_code"],
        "merch_order_id": NUMBER,
        "payment_order_id": "00801104C911443200001",
        "total_amount": "1250.00",
        "trans_id": "CKV0VEC001",
        "trans_currency": "ETB",
        "trade_status": "Completed",
        "trans_end_time": "1794999999500",
    } | changes


def sent(fields: Json) -> bytes:
    """As it comes over the wire."""
    return json.dumps(fields).encode()


def new_ask(**changes: Any) -> Ask:
    ask = Ask(mint("att"), mint("ord"), 1001, 125_000, "ETB", "https://shop.example/back?order=1")
    return replace(ask, **changes)


def refund_of(said: Said, amount_minor: int) -> RefundAsk:
    return RefundAsk(mint("rfd"), said.provider_ref, said.charge_ref, amount_minor, "ETB")


def order(ask: Ask, **changes: Any) -> Json:
    """An order as a query shows it."""
    return {
        "merch_order_id": ask.attempt_id.replace("_", ""),
        "order_status": "WAIT_PAY",
        "total_amount": "1250.00",
        "trans_currency": "ETB",
    } | changes


async def paid(telebirr: TeleBirrProvider, bank: Sandbox) -> Said:
    made = await telebirr.create(new_ask())
    assert isinstance(made, Said)
    bank.control("POST", f"/payments/{made.provider_ref}/pay")
    said = await telebirr.look_up(made.provider_ref)
    assert isinstance(said, Said)
    return said

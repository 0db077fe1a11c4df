"""What the tests here say again and again; TeleBirr has no SDK, so a merchant is written out by hand."""

import json
import secrets
import time
from base64 import b64decode, b64encode
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from holdfast.sandbox.providers.telebirr.account import KEYS
from tests.providers.sandbox_server import Sandbox

BANK = "telebirr"
GATEWAY = f"/{BANK}/apiaccess/payment/gateway/payment/v1"
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
UNSIGNED = ("sign", "sign_type", "biz_content")
Json = dict[str, Any]


def merchants_key() -> rsa.RSAPrivateKey:
    key = serialization.load_der_private_key(b64decode(KEYS["private_key"]), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def text_of(fields: Json) -> bytes:
    """The documentation's recipe, a line for each of its steps."""
    flat = {name: value for name, value in fields.items() if name not in UNSIGNED}
    flat |= {name: value for name, value in fields.get("biz_content", {}).items() if name not in UNSIGNED}
    pairs = [f"{name}={flat[name]}" for name in sorted(flat) if flat[name]]
    return "&".join(pairs).encode()


def signed(fields: Json, pad: Any = PSS) -> Json:
    """Fields as the merchant signs them."""
    made = merchants_key().sign(text_of(fields), pad, hashes.SHA256())
    return fields | {"sign": b64encode(made).decode(), "sign_type": "SHA256WithRSA"}


def verified(fields: Json, pad: Any = PSS) -> bool:
    """Whether TeleBirr has signed these fields; a receipt's number may come under its other name."""
    flat = dict(fields)
    if "transId" in flat:
        flat["trans_id"] = flat.pop("transId")
    key = serialization.load_der_public_key(b64decode(KEYS["public_key"]))
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        key.verify(b64decode(flat["sign"], validate=True), text_of(flat), pad, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def token_of(sandbox: Sandbox) -> str:
    """A new fabric token, the word Bearer in it."""
    answer = sandbox.http.post(
        f"{GATEWAY}/token",
        json={"appSecret": KEYS["app_secret"]},
        headers={"X-APP-Key": KEYS["fabric_app_id"]},
    )
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["token"]
    return token


def wish(method: str, content: Json) -> Json:
    """A request that is not signed yet."""
    mine = {"appid": KEYS["merchant_app_id"], "merch_code": KEYS["merchant_code"]}
    return {
        "timestamp": str(int(time.time())),
        "nonce_str": secrets.token_hex(16),
        "method": method,
        "version": "1.0",
        "biz_content": mine | content,
    }


def send(sandbox: Sandbox, path: str, body: object, **headers: str) -> httpx.Response:
    """A request with a good token, as it is."""
    given = {"X-APP-Key": KEYS["fabric_app_id"], "Authorization": token_of(sandbox)} | headers
    return sandbox.http.post(f"{GATEWAY}/merchant/{path}", json=body, headers=given)


def call(sandbox: Sandbox, path: str, method: str, content: Json) -> httpx.Response:
    """A request as it should be."""
    return send(sandbox, path, signed(wish(method, content)))


def yes(answer: httpx.Response) -> Json:
    """What a call said that was a yes: HTTP's word is not enough."""
    body: Json = answer.json()
    assert (answer.status_code, body["result"], body["code"]) == (200, "SUCCESS", "0"), answer.text
    assert verified(body), "TeleBirr signs its answers too"
    content: Json = body["biz_content"]
    return content


def order_fields(**fields: object) -> Json:
    """An order over ETB 1,250.00, or as the fields say."""
    return {
        "notify_url": "",
        "redirect_url": "https://shop.example/return?order=1",
        "merch_order_id": f"att{secrets.token_hex(12)}",
        "trade_type": "Checkout",
        "title": "Order 1001",
        "total_amount": "1250.00",
        "trans_currency": "ETB",
        "timeout_express": "15m",
        "business_type": "BuyGoods",
        "payee_identifier": KEYS["merchant_code"],
        "payee_identifier_type": "04",
        "payee_type": "5000",
    } | fields


def order(sandbox: Sandbox, **fields: object) -> Json:
    """An order that was made; it is told of at the shop's address."""
    wanted = order_fields(notify_url=sandbox.config.shop_url + "/webhooks/telebirr") | fields
    return yes(call(sandbox, "preOrder", "payment.preorder", wanted))


def query(sandbox: Sandbox, number: str) -> Json:
    """How an order stands."""
    return yes(call(sandbox, "queryOrder", "payment.queryorder", {"merch_order_id": number}))


def refund(sandbox: Sandbox, made: Json, number: str, amount: str, **fields: str) -> httpx.Response:
    """Ask for a refund; a field that is empty is left out."""
    wanted = {
        "merch_order_id": made["merch_order_id"],
        "refund_request_no": number,
        "actual_amount": amount,
        "trans_currency": "ETB",
        "refund_reason": "Returned",
    } | fields
    content = {name: text for name, text in wanted.items() if text}
    return call(sandbox, "refund", "payment.refund", content)


def act(sandbox: Sandbox, made: Json, verb: str, **told: object) -> Json:
    """Do as a buyer or a bank would."""
    answer: Json = sandbox.control("POST", f"/payments/{made['merch_order_id']}/{verb}", told)
    return answer


def paid(sandbox: Sandbox, **fields: object) -> Json:
    """An order that was paid."""
    made = order(sandbox, **fields)
    act(sandbox, made, "pay")
    return made


def refused(answer: httpx.Response, code: str, status: int = 200) -> None:
    """A refusal in one of TeleBirr's two shapes."""
    body = answer.json()
    assert answer.status_code == status, answer.text
    if status == 200:
        assert (body["result"], body["code"]) == ("FAIL", code)
        assert set(body) == {"result", "code", "msg"}
    else:
        assert body["errorCode"] == code, answer.text
        assert set(body) == {"errorCode", "errorMsg", "errorSolution"}


def page_of(made: Json, **changes: str) -> Json:
    """The query of the checkout's address: five fields are signed, two follow."""
    five = {
        "appid": KEYS["merchant_app_id"],
        "merch_code": KEYS["merchant_code"],
        "nonce_str": secrets.token_hex(16),
        "prepay_id": made["prepay_id"],
        "timestamp": str(int(time.time())),
    }
    return signed(five) | {"version": "1.0", "trade_type": "Checkout"} | changes


def inside(body: bytes) -> Json:
    """What a notification says, wrapped or not."""
    told: Json = json.loads(body)
    found: Json = told.get("data", told)
    return found


def subject(event: Any) -> tuple[str, str]:
    """The order that a notification is about, and its status."""
    told = event.get("data", event)
    return told["merch_order_id"], told["trade_status"]

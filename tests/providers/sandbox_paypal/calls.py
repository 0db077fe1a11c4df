"""What the tests here say again and again: a merchant of PayPal's, written out by hand."""

import json
import secrets
import zlib
from base64 import b64decode
from typing import Any

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from holdfast.sandbox.providers.paypal.account import KEYS
from tests.providers.sandbox_server import Received, Sandbox

BANK = "paypal"
ORDERS = f"/{BANK}/v2/checkout/orders"
PAYMENTS = f"/{BANK}/v2/payments"
Json = dict[str, Any]


def token_of(sandbox: Sandbox) -> str:
    answer = sandbox.http.post(
        f"/{BANK}/v1/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(KEYS["client_id"], KEYS["client_secret"]),
    )
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def headers_of(sandbox: Sandbox, request_id: str | None = None, *, whole: bool = True) -> dict[str, str]:
    """A good token, a new request id unless one is given, and the whole representation."""
    request_id = secrets.token_hex(8) if request_id is None else request_id
    given = {"Authorization": f"Bearer {token_of(sandbox)}", "PayPal-Request-Id": request_id}
    return given | ({"Prefer": "return=representation"} if whole else {})


def post(sandbox: Sandbox, path: str, body: object = None, request_id: str | None = None) -> httpx.Response:
    return sandbox.http.post(path, json=body or {}, headers=headers_of(sandbox, request_id))


def get(sandbox: Sandbox, path: str) -> httpx.Response:
    return sandbox.http.get(path, headers=headers_of(sandbox))


def order_form(intent: str = "CAPTURE", value: str = "25.99", currency: str = "GBP", **unit: object) -> Json:
    ways = {
        "return_url": "https://shop.example/back?order=1",
        "cancel_url": "https://shop.example/back?order=1",
    }
    made = {
        "amount": {"currency_code": currency, "value": value},
        "custom_id": f"att_{secrets.token_hex(8)}",
        "invoice_id": secrets.token_hex(8),
        **unit,
    }
    return {
        "intent": intent,
        "purchase_units": [made],
        "payment_source": {"paypal": {"experience_context": ways}},
    }


def order(sandbox: Sandbox, intent: str = "CAPTURE", **form: Any) -> Json:
    """A new order."""
    return yes(post(sandbox, ORDERS, order_form(intent, **form)), 201)


def act(sandbox: Sandbox, made: Json, verb: str, **told: object) -> Json:
    """Do as a buyer or a bank would."""
    answer: Json = sandbox.control("POST", f"/payments/{made['id']}/{verb}", told)
    return answer


def finish(sandbox: Sandbox, made: Json, way: str, request_id: str | None = None) -> httpx.Response:
    return post(sandbox, f"{ORDERS}/{made['id']}/{way}", {}, request_id)


def captured(sandbox: Sandbox, **form: Any) -> Json:
    """An order that was paid."""
    made = order(sandbox, **form)
    act(sandbox, made, "pay")
    return yes(finish(sandbox, made, "capture"), 201)


def authorised(sandbox: Sandbox) -> Json:
    """An order whose money is set aside."""
    made = order(sandbox, "AUTHORIZE")
    act(sandbox, made, "pay")
    return yes(finish(sandbox, made, "authorize"), 201)


def money_of(made: Json, kind: str) -> Json:
    """The only capture, authorisation or refund of an order."""
    (found,) = made["purchase_units"][0]["payments"][kind]
    thing: Json = found
    return thing


def read(sandbox: Sandbox, made: Json) -> Json:
    """An order as it stands."""
    return yes(get(sandbox, f"{ORDERS}/{made['id']}"), 200)


def yes(answer: httpx.Response, status: int) -> Json:
    assert answer.status_code == status, answer.text
    body: Json = answer.json()
    return body


def refused(answer: httpx.Response, status: int, issue: str) -> Json:
    """A refusal in PayPal's shape."""
    assert answer.status_code == status, answer.text
    body: Json = answer.json()
    assert body["details"][0]["issue"] == issue, answer.text
    assert body["debug_id"] == answer.headers["PayPal-Debug-Id"]
    return body


def verified(sandbox: Sandbox, came: Received, *, webhook: str = KEYS["webhook_id"]) -> bool:
    """Whether a delivery is signed, by the documentation's recipe."""
    served = sandbox.http.get(came.headers["paypal-cert-url"])
    key = x509.load_pem_x509_certificate(served.content).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    names = ("transmission-id", "transmission-time")
    parts = [*(came.headers[f"paypal-{name}"] for name in names), webhook, str(zlib.crc32(came.body))]
    signature = b64decode(came.headers["paypal-transmission-sig"], validate=True)
    try:
        key.verify(signature, "|".join(parts).encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def subject(event: Any) -> tuple[str, str]:
    """The order that an event is about, as far as it says so, and its type."""
    thing = event["resource"]
    related = thing.get("supplementary_data", {}).get("related_ids", {})
    return related.get("order_id") or thing.get("order_id") or thing.get("id", ""), event["event_type"]


def body_of(came: Received) -> Json:
    found: Json = json.loads(came.body)
    return found

"""What the tests here say again and again; Paystack has no Python SDK worth asking (gateways.md §4.7)."""

import hashlib
import hmac
from typing import Any

import httpx

from holdfast.sandbox.providers.paystack.account import KEYS
from tests.providers.sandbox_server import Sandbox

BANK = "paystack"
KEY = KEYS["secret_key"]
Json = dict[str, Any]


def call(sandbox: Sandbox, method: str, path: str, body: object = None, **query: object) -> httpx.Response:
    """One call of the API with the right key."""
    headers = {"Authorization": f"Bearer {KEY}"}
    params = {name: str(value) for name, value in query.items()}
    return sandbox.http.request(method, f"/{BANK}{path}", json=body, params=params, headers=headers)


def data(sandbox: Sandbox, method: str, path: str, body: object = None, **query: object) -> Any:
    """What a call answered that was a yes."""
    answer = call(sandbox, method, path, body, **query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] is True
    return answer.json()["data"]


def ask(sandbox: Sandbox, **fields: object) -> Json:
    """A transaction over NGN 2,500.00, or as the fields say."""
    body = {"email": "a@example.com", "amount": 2_500_00, "metadata": {"order_id": "ord_1"}} | fields
    made: Json = data(sandbox, "POST", "/transaction/initialize", body)
    return made


def verify(sandbox: Sandbox, made: Json) -> Json:
    """How a transaction stands."""
    found: Json = data(sandbox, "GET", f"/transaction/verify/{made['reference']}")
    return found


def act(sandbox: Sandbox, made: Json, verb: str, **told: object) -> Json:
    """Do as a buyer or a bank would."""
    answer: Json = sandbox.control("POST", f"/payments/{made['reference']}/{verb}", told)
    return answer


def paid(sandbox: Sandbox, **fields: object) -> Json:
    """A transaction that was paid."""
    return act(sandbox, ask(sandbox, **fields), "pay")


def refused(answer: httpx.Response, code: str, status: int = 400) -> Json:
    """The refusal, in Paystack's shape."""
    body: Json = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, False, code), answer.text
    assert set(body) == {"status", "message", "meta", "type", "code"}
    return body


def signature(body: bytes) -> str:
    """What the documentation says that the header holds."""
    return hmac.new(KEY.encode(), body, hashlib.sha512).hexdigest()


def subject(event: Any) -> tuple[str, str]:
    """The transaction that an event is about, and its type."""
    told = event["data"]
    if event["event"].startswith("refund."):
        return told["transaction_reference"], event["event"]
    return (told.get("transaction") or told)["reference"], event["event"]

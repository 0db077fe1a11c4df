"""What the tests here say again and again."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx

from holdfast.sandbox.providers.flutterwave.account import KEYS
from tests.providers.sandbox_server import Sandbox

BANK = "flutterwave"
TOKEN_PATH = "/realms/flutterwave/protocol/openid-connect/token"
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": KEYS["client_id"],
    "client_secret": KEYS["client_secret"],
}
Json = dict[str, Any]

_numbers = count(1)


@contextmanager
def v3_client(sandbox: Sandbox, key: str = KEYS["secret_key"]) -> Iterator[httpx.Client]:
    """A merchant of v3."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(
        base_url=f"{sandbox.at(BANK)}/v3", headers=headers, timeout=20, trust_env=False
    ) as client:
        yield client


@contextmanager
def v4_client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A merchant of v4 with a fresh token."""
    with httpx.Client(base_url=sandbox.at(BANK), timeout=20, trust_env=False) as client:
        token = client.post(TOKEN_PATH, data=CREDENTIALS).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def new_reference() -> str:
    """One that nobody has used, in the poorest alphabet."""
    return f"ord{next(_numbers):06}a1"


def good(answer: httpx.Response, status: int = 200) -> Any:
    """What is in the envelope of a yes."""
    assert answer.status_code == status, answer.text
    said = answer.json()
    assert said["status"] == "success"
    assert said["message"]
    return said["data"]


def bad(answer: httpx.Response, status: int = 400) -> Json:
    """What a no says."""
    assert answer.status_code == status, answer.text
    said: Json = answer.json()
    assert said["status"] in ("error", "failed")
    return said


def link_of(v3: httpx.Client, **fields: object) -> Json:
    """A hosted link over NGN 2,500.50 with the reference it was made under, or as the fields say."""
    asked = {
        "tx_ref": new_reference(),
        "amount": 2500.50,
        "currency": "NGN",
        "redirect_url": "https://shop.example/back?a=1",
        "customer": {"email": "ada@example.test", "name": "Ada Test"},
        "meta": {"order_id": "ord_1"},
    } | fields
    return {"tx_ref": asked["tx_ref"], **good(v3.post("/payments", json=asked))}


def charge_of(v4: httpx.Client, *, key: str = "", scenario: str = "", **fields: object) -> Json:
    """A charge over NGN 2,500.50 by OPay, or as the fields say."""
    asked = {
        "amount": 2500.50,
        "currency": "NGN",
        "reference": new_reference(),
        "customer": {"email": "ada@example.test", "name": {"first": "Ada", "last": "Test"}},
        "payment_method": {"type": "opay"},
        "redirect_url": "https://shop.example/back",
        "meta": {"order_id": "ord_1"},
    } | fields
    headers = {"X-Idempotency-Key": key} if key else {}
    headers |= {"X-Scenario-Key": scenario} if scenario else {}
    made: Json = good(v4.post("/orchestration/direct-charges", json=asked, headers=headers), 201)
    return made


def act(sandbox: Sandbox, name: str, verb: str, **told: object) -> Json:
    """Do as a buyer or a bank would to what has this id or reference."""
    answer: Json = sandbox.control("POST", f"/payments/{name}/{verb}", told)
    return answer


def press(sandbox: Sandbox, page: str, verb: str) -> httpx.Response:
    """A browser presses a button of a hosted page."""
    return sandbox.http.post(page, data={"action": verb})


def subject(event: Any) -> tuple[str, str]:
    """The reference, or the charge, that an event is about, and its type."""
    if "type" in event:
        about = event["data"].get("charge_id") or event["data"]["reference"]
        return about, event["type"]
    return event["data"]["tx_ref"], event["event"]


def id_of(link: Json) -> str:
    """The id of a hosted link."""
    return urlsplit(link["link"]).path.rpartition("/")[2]

"""What the tests here say again and again, through Razorpay's own SDK."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import razorpay
import requests

from holdfast.sandbox.providers.razorpay.account import KEYS
from tests.providers.sandbox_server import Sandbox

BANK = "razorpay"
AUTH = (KEYS["key_id"], KEYS["key_secret"])
WEBHOOK_SECRET = KEYS["webhook_secret"]
Json = dict[str, Any]


def client_of(sandbox: Sandbox, auth: tuple[str, str] = AUTH) -> Any:
    """The official SDK, pointed at a sandbox; it never tries again by itself."""
    session = requests.Session()
    session.trust_env = False
    return razorpay.Client(session=session, auth=auth, base_url=sandbox.at(BANK))


def order_of(client: Any, **fields: object) -> Json:
    """An order over INR 499.00, or as the fields say; they may be wrong on purpose."""
    made: Json = client.order.create(
        {"amount": 499_00, "currency": "INR", "receipt": "ORD-1-A1", "notes": {"order_id": "ord_1"}} | fields
    )
    return made


def link_of(client: Any, **fields: object) -> Json:
    """A payment link over INR 499.00, or as the fields say."""
    made: Json = client.payment_link.create({"amount": 499_00, "currency": "INR"} | fields)
    return made


def act(sandbox: Sandbox, thing: Json, verb: str, **told: object) -> Json:
    """Do as a buyer or a bank would; for the buyer's verbs it answers the payment."""
    answer: Json = sandbox.control("POST", f"/payments/{thing['id']}/{verb}", told)
    return answer


def press(sandbox: Sandbox, page: str, verb: str, **fields: str) -> Any:
    """A browser presses a button of a hosted page."""
    given = dict(parse_qsl(urlsplit(page).query)) | fields
    return sandbox.http.post(page.partition("?")[0], data=given | {"action": verb})


def subject(event: Any) -> tuple[str, str]:
    """The order that an event is about, and its type."""
    payload = event["payload"]
    if "payment" in payload:
        return payload["payment"]["entity"]["order_id"], event["event"]
    return payload["payment_link"]["entity"]["order_id"], event["event"]

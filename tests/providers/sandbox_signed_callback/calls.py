"""What the tests here say again and again; there is no SDK, so a merchant is written out by hand."""

import hashlib
import hmac
import secrets
from typing import Any

import httpx
from msgspec import Struct

from holdfast.sandbox.providers.signed_callback.account import AWASH, CBE_BIRR, Brand
from tests.providers.sandbox_server import Sandbox

Json = dict[str, Any]


class Merchant(Struct, frozen=True):
    """A merchant of one of the banks."""

    sandbox: Sandbox
    brand: Brand

    @property
    def name(self) -> str:
        return self.brand.name

    def post(self, wanted: Json, **headers: str) -> httpx.Response:
        """A wish to collect, as it is; a header that is empty is left out."""
        given = {"Authorization": f"Bearer {self.brand.keys['api_key']}"}
        given |= {"Idempotency-Key": f"create:{wanted.get('reference')}"}
        given |= {name.replace("_", "-"): text for name, text in headers.items()}
        given = {name: text for name, text in given.items() if text}
        return self.sandbox.http.post(f"/{self.name}/payments", json=wanted, headers=given)

    def made(self, **fields: object) -> Json:
        """A payment that waits for its buyer."""
        answer = self.post(self.wish(**fields))
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    def wish(self, **fields: object) -> Json:
        """ETB 1,250.00, told at the shop's address, or as the fields say."""
        return {
            "reference": f"att{secrets.token_hex(12)}",
            "amount": "1250.00",
            "currency": "ETB",
            "description": "Order 1001",
            "callback_url": f"{self.sandbox.config.shop_url}/webhooks/{self.name}",
            "return_url": "https://shop.example/return?order=1",
        } | fields

    def ask(self, reference: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.brand.keys['api_key']}"}
        return self.sandbox.http.get(f"/{self.name}/payments/{reference}", headers=headers)

    def query(self, made: Json) -> Json:
        """How a payment stands."""
        answer = self.ask(made["reference"])
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def act(self, made: Json, verb: str, **told: object) -> Json:
        """Do as a buyer or a bank would."""
        answer: Json = self.sandbox.control("POST", f"/payments/{made['reference']}/{verb}", told)
        return answer

    def set_up(self, **keys: str) -> None:
        """Set the account up otherwise; the fixture sets it back."""
        self.sandbox.control("PUT", "/settings", {"bank": self.name, "keys": keys})

    def verified(self, headers: dict[str, str], body: bytes, *, plain: bool = False) -> bool:
        """Whether the bank has signed these bytes, in the stronger form or the plain one."""
        stem = self.brand.header.lower()
        message = body if plain else f"{headers[f'{stem}-timestamp']}.".encode() + body
        secret = self.brand.keys["webhook_secret"].encode()
        wanted = hmac.new(secret, message, hashlib.sha256).hexdigest()
        return hmac.compare_digest(headers[f"{stem}-signature"], wanted)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert set(answer.json()) == {"code", "message"}


def subject(event: Any) -> tuple[str, str]:
    """The payment that a callback is about, and its kind."""
    return event["reference"], event["event"]


BRANDS = (CBE_BIRR, AWASH)

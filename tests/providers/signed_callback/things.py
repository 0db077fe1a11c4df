"""An adapter of such a bank with made-up settings, and callbacks signed as the convention says."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from msgspec.structs import replace

from holdfast.ids import mint
from holdfast.payment.provider import Ask, Wiring
from holdfast.payment.providers.signed_callback.account import CBE_BIRR, Brand, SignedCallbackSettings
from holdfast.payment.providers.signed_callback.adapter import SignedCallbackProvider

HOOK = "http://127.0.0.1/webhooks/cbe_birr"
SECRET = "a_shared_secret_of_two"
REFERENCE = "att01JD0000000000000000000001"
OURS = "att_01JD0000000000000000000001"
AT = datetime.fromtimestamp(1_795_000_000, UTC)
Json = dict[str, Any]


def adapter(
    client: httpx.AsyncClient, host: str = "http://127.0.0.1:1", *, brand: Brand = CBE_BIRR, **changes: Any
) -> SignedCallbackProvider:
    """A merchant of one of the banks, at this host."""
    given = {"api_base": host, "api_key": "key_1", "webhook_secrets": (SECRET,), "mode": "test"} | changes
    return SignedCallbackProvider(brand, SignedCallbackSettings(**given), Wiring(client, 1, HOOK))


def new_ask(**changes: Any) -> Ask:
    ask = Ask(mint("att"), mint("ord"), 1001, 125_000, "ETB", "https://shop.example/back?order=1")
    return replace(ask, **changes)


def made(ask: Ask, **changes: Any) -> Json:
    """What the bank answers to a wish."""
    return {
        "transaction_id": "FT1",
        "reference": ask.attempt_id.replace("_", ""),
        "status": "pending",
        "redirect_url": "https://bank.example/pay/1",
    } | changes


def payment(**changes: Any) -> Json:
    """A payment as a query shows it."""
    return {
        "transaction_id": "FT1",
        "reference": REFERENCE,
        "status": "succeeded",
        "amount": "1250.00",
        "currency": "ETB",
    } | changes


def callback(**changes: Any) -> Json:
    """A callback, not signed yet."""
    return {"event_id": "evt_1", "event": "payment.succeeded", **payment()} | changes


def sent(fields: object) -> bytes:
    """As it comes over the wire."""
    return json.dumps(fields).encode()


def signed(body: bytes, *, secret: str = SECRET, stem: str = "x-cbebirr", at: int = 0) -> Mapping[str, str]:
    """The headers of the stronger form, this many seconds off."""
    signed_at = str(int(AT.timestamp()) + at)
    return {
        f"{stem}-timestamp": signed_at,
        f"{stem}-signature": digest(f"{signed_at}.".encode() + body, secret),
    }


def plainly(body: bytes, *, secret: str = SECRET, stem: str = "x-cbebirr") -> Mapping[str, str]:
    """The header of the plain form."""
    return {f"{stem}-signature": digest(body, secret)}


def digest(message: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()

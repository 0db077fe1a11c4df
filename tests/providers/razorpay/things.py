"""A Razorpay adapter with the sandbox's keys, and Razorpay's objects as its API shows them."""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import httpx
from msgspec.structs import replace

from holdfast.ids import mint
from holdfast.payment.provider import Ask, Attempted, RefundAsk, Said, Wiring
from holdfast.payment.providers.razorpay.account import RazorpaySettings
from holdfast.payment.providers.razorpay.adapter import RazorpayProvider
from holdfast.sandbox.providers.razorpay.account import KEYS
from tests.providers.sandbox_server import Sandbox

BANK = "razorpay"
OURS = "att_01JD0000000000000000000001"
REFERENCE = "att01JD0000000000000000000001"
Json = dict[str, Any]


def adapter(client: httpx.AsyncClient, host: str = "http://127.0.0.1:1", **changes: Any) -> RazorpayProvider:
    """The sandbox's merchant, at this host."""
    given = {
        "key_id": KEYS["key_id"],
        "key_secret": KEYS["key_secret"],
        "webhook_secrets": (KEYS["webhook_secret"],),
        "api_base": host,
    } | changes
    return RazorpayProvider(
        RazorpaySettings(**given), Wiring(client, 1, "http://127.0.0.1/webhooks/razorpay")
    )


def new_ask(**changes: Any) -> Ask:
    ask = Ask(mint("att"), mint("ord"), 1001, 49_900, "INR", "https://shop.example/back?order=1")
    return replace(ask, **changes)


def attempted(said: Said, amount_minor: int) -> Attempted:
    return Attempted(said.reference or "", said.provider_ref, said.charge_ref, amount_minor, said.currency)


def to_refund(said: Said, amount_minor: int) -> RefundAsk:
    return RefundAsk(mint("rfd"), said.provider_ref, said.charge_ref, amount_minor, said.currency)


async def made(razorpay: RazorpayProvider, **changes: Any) -> Said:
    said = await razorpay.create(new_ask(**changes))
    assert isinstance(said, Said), said
    return said


async def seen(razorpay: RazorpayProvider, said: Said) -> Said:
    now = await razorpay.look_up(said.provider_ref)
    assert isinstance(now, Said), now
    return now


def press(bank: Sandbox, said: Said, *verbs: str) -> None:
    """What buyers and banks do, one after the other."""
    for verb in verbs:
        bank.control("POST", f"/payments/{said.provider_ref}/{verb}")


def order(**changes: Any) -> Json:
    return {
        "id": "order_1",
        "entity": "order",
        "amount": 49_900,
        "amount_paid": 0,
        "amount_due": 49_900,
        "currency": "INR",
        "receipt": OURS,
        "status": "created",
        "attempts": 0,
        "notes": [],
        "created_at": 1_795_000_000,
    } | changes


def payment(**changes: Any) -> Json:
    return {
        "id": "pay_1",
        "entity": "payment",
        "amount": 49_900,
        "currency": "INR",
        "status": "captured",
        "order_id": "order_1",
        "captured": True,
        "notes": [],
        "error_code": None,
        "error_reason": None,
        "created_at": 1_795_000_001,
    } | changes


def link(**changes: Any) -> Json:
    return {
        "id": "plink_1",
        "amount": 49_900,
        "amount_paid": 0,
        "currency": "INR",
        "status": "created",
        "reference_id": REFERENCE,
        "short_url": "https://rzp.test/i/1",
        "payments": None,
        "notes": [],
    } | changes


def refund(**changes: Any) -> Json:
    return {
        "id": "rfnd_1",
        "entity": "refund",
        "amount": 49_900,
        "currency": "INR",
        "payment_id": "pay_1",
        "status": "processed",
        "notes": {"refund_id": "rfd_1", "refund_of": "order_1"},
    } | changes


def event(kind: str, **parts: Json) -> bytes:
    """A webhook's body about these objects."""
    payload = {name: {"entity": thing} for name, thing in parts.items()}
    told = {"entity": "event", "account_id": "acc_1", "event": kind, "contains": [*parts], "payload": payload}
    return json.dumps(told | {"created_at": 1_795_000_002}).encode()


def signed(body: bytes, secret: str = KEYS["webhook_secret"]) -> Mapping[str, str]:
    """The headers that it comes with."""
    digest = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {"x-razorpay-signature": digest, "x-razorpay-event-id": "evt_1"}

"""A Paystack adapter with the sandbox's key, and Paystack's objects as its documentation shows them."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx
from msgspec.structs import replace

from holdfast.ids import mint
from holdfast.payment.provider import Ask, Attempted, ProviderEvent, RefundAsk, Said, Wiring
from holdfast.payment.providers.paystack.account import PaystackSettings
from holdfast.payment.providers.paystack.adapter import PaystackProvider
from holdfast.sandbox.providers.paystack.account import KEYS
from tests.providers.sandbox_server import Sandbox
from tests.providers.stripe_things import at_once

BANK = "paystack"
KEY = KEYS["secret_key"]
AT = datetime.fromtimestamp(1_795_000_000, UTC)
ATTEMPT = "att_01JD0000000000000000000001"
REFERENCE = "att01JD0000000000000000000001"
HELD = "att-01JD0000000000000000000001"
REFUND = "rfd_01JD0000000000000000000001"
Json = dict[str, Any]


def adapter(client: httpx.AsyncClient, host: str = "http://127.0.0.1:1", **changes: Any) -> PaystackProvider:
    """The sandbox's merchant, at this host."""
    settings = PaystackSettings(**{"secret_keys": (KEY,), "api_base": host} | changes)
    return PaystackProvider(settings, Wiring(client, 1, "http://127.0.0.1/webhooks/paystack"))


def yes(data: object, **more: object) -> Json:
    """An answer that was understood."""
    return {"status": True, "message": "it went well", "data": data} | more


def no(message: str = "no", **more: object) -> Json:
    """A refusal."""
    meta = {"nextStep": "Ensure that the value(s) you're passing are valid."}
    return {"status": False, "message": message, "meta": meta, "type": "validation_error"} | more


def transaction(**changes: Any) -> Json:
    """As ``verify`` answers it and ``charge.success`` tells it."""
    return {
        "id": 3090026842001,
        "domain": "test",
        "status": "success",
        "reference": REFERENCE,
        "receipt_number": None,
        "amount": 2599,
        "message": None,
        "gateway_response": "Successful",
        "channel": "card",
        "currency": "GHS",
        "metadata": "",
        "fees": 39,
        "customer": {"id": 1, "email": "ama@example.com"},
        "requested_amount": 2599,
    } | changes


def preauthorization(**changes: Any) -> Json:
    """As its verification answers it, with the least that it shows."""
    return {
        "id": 523,
        "domain": "test",
        "status": "authorized",
        "reference": HELD,
        "amount": 1600,
        "currency": "ZAR",
        "metadata": None,
        "fees": 100,
        "released_at": None,
        "expiry_date": "2026-11-25T19:00:26.000Z",
    } | changes


def refund_row(**changes: Any) -> Json:
    """A refund in a list."""
    return {
        "id": 3018284,
        "integration": 412829,
        "domain": "test",
        "transaction": 3090026842001,
        "dispute": None,
        "amount": 500,
        "currency": "GHS",
        "status": "pending",
        "customer_note": "Refund for transaction",
        "merchant_note": REFUND,
    } | changes


def refund_news(**changes: Any) -> Json:
    """A refund as its events tell of it."""
    return {
        "status": "processed",
        "transaction_reference": REFERENCE,
        "refund_reference": "132013318360",
        "amount": "500",
        "currency": "GHS",
        "processor": "mpgs_zen",
        "customer": {"email": "ama@example.com"},
        "integration": 412829,
        "domain": "test",
    } | changes


def dispute(**changes: Any) -> Json:
    """A dispute with its transaction inside."""
    return {
        "id": 358950,
        "refund_amount": 2599,
        "currency": "GHS",
        "status": "awaiting-merchant-feedback",
        "resolution": None,
        "domain": "test",
        "transaction": transaction(),
        "category": "chargeback",
    } | changes


def event(kind: str, data: object) -> bytes:
    """A webhook's body."""
    return json.dumps({"event": kind, "data": data}).encode()


def signed(body: bytes, key: str = KEY) -> dict[str, str]:
    """Its headers."""
    return {"x-paystack-signature": hmac.new(key.encode(), body, hashlib.sha512).hexdigest()}


def read(provider: PaystackProvider, kind: str, data: object) -> ProviderEvent:
    """A webhook that was signed well, as the adapter reads it."""
    body = event(kind, data)
    return at_once(provider.read_event(signed(body), body, AT))


def new_ask(**changes: Any) -> Ask:
    ask = Ask(
        mint("att"), mint("ord"), 1001, 2599, "GHS", "https://shop.example/back?order=1", "ama@example.com"
    )
    return replace(ask, **changes)


def to_refund(**changes: Any) -> RefundAsk:
    return replace(RefundAsk(REFUND, REFERENCE, "3090026842001", 500, "GHS"), **changes)


def held(**changes: Any) -> Attempted:
    return replace(Attempted(ATTEMPT, HELD, None, 1600, "ZAR"), **changes)


async def paid(paystack: PaystackProvider, bank: Sandbox, **changes: Any) -> Said:
    """What a buyer has paid at the sandbox, or what is set aside there."""
    made = await paystack.create(new_ask(**changes))
    assert isinstance(made, Said)
    bank.control("POST", f"/payments/{made.provider_ref}/pay")
    said = await paystack.look_up(made.provider_ref)
    assert isinstance(said, Said)
    return said

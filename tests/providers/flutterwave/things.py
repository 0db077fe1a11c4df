"""Flutterwave adapters with the sandbox's keys, and what its APIs answer, cut to what we read."""

import base64
import hmac
import json
from typing import Any

import httpx
from msgspec.structs import replace

from holdfast.ids import mint
from holdfast.payment.provider import Ask, Provider, RefundAsk, Said, Wiring
from holdfast.payment.providers.flutterwave.adapter import flutterwave
from holdfast.payment.providers.flutterwave.settings import FlutterwaveSettings
from holdfast.sandbox.providers.flutterwave.account import KEYS
from tests.providers.sandbox_server import Sandbox

BANK = "flutterwave"
HASH = KEYS["secret_hash"]
TOKEN_PATH = "/realms/flutterwave/protocol/openid-connect/token"
TX_REF = "att01JD0000000000000000000001-NGN-250050"
OURS = "att_01JD0000000000000000000001"
NONE_FOUND = {"status": "error", "message": "No transaction was found for this id", "data": None}
Json = dict[str, Any]


def v3(client: httpx.AsyncClient, host: str = "http://127.0.0.1:1", **changes: Any) -> Provider:
    """The sandbox's merchant as v3 knows it."""
    given = {"secret_hashes": (HASH,), "secret_key": KEYS["secret_key"], "api_base": f"{host}/v3"} | changes
    return flutterwave(FlutterwaveSettings(**given), wiring(client))


def v4(client: httpx.AsyncClient, host: str = "http://127.0.0.1:1", **changes: Any) -> Provider:
    """The same merchant as v4 knows it."""
    given = {
        "api": "v4",
        "secret_hashes": (HASH,),
        "client_id": KEYS["client_id"],
        "client_secret": KEYS["client_secret"],
        "mode": "test",
        "api_base": host,
        "token_url": host + TOKEN_PATH,
    } | changes
    return flutterwave(FlutterwaveSettings(**given), wiring(client))


def wiring(client: httpx.AsyncClient) -> Wiring:
    return Wiring(client, 1, "http://127.0.0.1/webhooks/flutterwave")


def new_ask(**changes: Any) -> Ask:
    ask = Ask(
        mint("att"),
        mint("ord"),
        1001,
        250_050,
        "NGN",
        "https://shop.example/back?order=1",
        "ada@example.test",
    )
    return replace(ask, **changes)


def refund_of(said: Said, amount_minor: int) -> RefundAsk:
    return RefundAsk(mint("rfd"), said.provider_ref, said.charge_ref, amount_minor, said.currency)


async def paid(provider: Provider, bank: Sandbox) -> Said:
    made = await provider.create(new_ask())
    assert isinstance(made, Said), made
    bank.control("POST", f"/payments/{made.provider_ref}/pay")
    said = await provider.look_up(made.provider_ref)
    assert isinstance(said, Said), said
    return said


def yes(data: object, **more: object) -> Json:
    return {"status": "success", "message": "fine", "data": data} | more


def transaction(**changes: object) -> Json:
    """A transaction of v3, with the fee on top."""
    return {
        "id": 408136501,
        "tx_ref": TX_REF,
        "amount": 2500.5,
        "charged_amount": 2535.51,
        "currency": "NGN",
        "status": "successful",
        "processor_response": "Approved",
    } | changes


def charge(**changes: object) -> Json:
    """A charge of v4."""
    return {
        "id": "chg_1",
        "amount": 2500.5,
        "currency": "NGN",
        "reference": OURS.replace("_", ""),
        "status": "succeeded",
        "processor_response": {"type": "approved", "code": "00"},
    } | changes


def v3_event(data: Json, /, **changes: object) -> bytes:
    return json.dumps(
        {"event": "charge.completed", "data": data, "event.type": "CARD_TRANSACTION"} | changes
    ).encode()


def v4_event(data: Json, /, **changes: object) -> bytes:
    body = {"webhook_id": "wbk_1", "timestamp": 1_795_000_000_000, "type": "charge.completed", "data": data}
    return json.dumps(body | changes).encode()


def signed(body: bytes, secret: str = HASH) -> dict[str, str]:
    """The header of a v4 webhook."""
    digest = hmac.new(secret.encode(), body, "sha256").digest()
    return {"flutterwave-signature": base64.b64encode(digest).decode()}

"""A PayPal adapter with the sandbox's keys, PayPal's objects as its API shows them, and signed deliveries."""

import json
from typing import Any

import httpx
from msgspec.structs import replace

from holdfast.ids import mint
from holdfast.payment.provider import Ask, Attempted, RefundAsk, Said, Wiring
from holdfast.payment.providers.paypal.account import PayPalSettings
from holdfast.payment.providers.paypal.adapter import PayPalProvider
from holdfast.sandbox.providers.paypal import certificates
from holdfast.sandbox.providers.paypal.account import KEYS
from tests.providers.sandbox_server import Sandbox

BANK = "paypal"
NOWHERE = "http://127.0.0.1:1"
ATTEMPT = "att_01JD0000000000000000000001"
REFUND = "rfd_01JD0000000000000000000001"
TIME = "2026-11-20T10:00:00Z"
Json = dict[str, Any]
TOKEN: Json = {"access_token": "A21AA", "expires_in": 32_400, "token_type": "Bearer"}
"""What makes of any answer a token as well."""


def adapter(client: httpx.AsyncClient, host: str = NOWHERE, **changes: Any) -> PayPalProvider:
    """The sandbox's merchant, at this host."""
    given: Json = {
        "client_id": KEYS["client_id"],
        "client_secret": KEYS["client_secret"],
        "webhook_id": KEYS["webhook_id"],
        "mode": "test",
        "api_base": host,
    } | changes
    return PayPalProvider(PayPalSettings(**given), Wiring(client, 1, "http://127.0.0.1/webhooks/paypal"))


def at_bank(client: httpx.AsyncClient, bank: Sandbox) -> PayPalProvider:
    return adapter(client, bank.at(BANK))


def money(value: str = "25.99", currency: str = "GBP") -> Json:
    return {"currency_code": currency, "value": value}


def order(status: str = "PAYER_ACTION_REQUIRED", *, intent: str = "CAPTURE", **payments: list[Json]) -> Json:
    """An order with this money on it."""
    unit = {"amount": money(), "custom_id": ATTEMPT, "invoice_id": ATTEMPT, "payments": payments}
    return {
        "id": "ORDER1",
        "status": status,
        "intent": intent,
        "purchase_units": [unit],
        "update_time": TIME,
        "links": [
            {"href": "https://api.paypal.test/v2/checkout/orders/ORDER1", "rel": "self", "method": "GET"},
            {"href": "https://paypal.test/checkoutnow?token=ORDER1", "rel": "payer-action", "method": "GET"},
        ],
    }


def moved(status: str, value: str = "25.99", **changes: Any) -> Json:
    """A capture or an authorisation."""
    return {
        "id": "MONEY1",
        "status": status,
        "amount": money(value),
        "custom_id": ATTEMPT,
        "supplementary_data": {"related_ids": {"order_id": "ORDER1"}},
    } | changes


def refund(status: str = "COMPLETED", **changes: Any) -> Json:
    up = {"href": "https://api.paypal.test/v2/payments/captures/MONEY1", "rel": "up", "method": "GET"}
    return {
        "id": "REFUND1",
        "status": status,
        "amount": money("5.00"),
        "custom_id": REFUND,
        "links": [up],
    } | changes


def dispute(status: str = "OPEN", outcome: str = "", **changes: Any) -> Json:
    return {
        "dispute_id": "PP-R-1",
        "status": status,
        "dispute_amount": money(),
        "disputed_transactions": [{"seller_transaction_id": "MONEY1"}],
        **({"dispute_outcome": {"outcome_code": outcome}} if outcome else {}),
    } | changes


def refusal(issue: str, name: str = "UNPROCESSABLE_ENTITY") -> Json:
    details = [{"issue": issue, "description": "no"}] if issue else []
    return {"name": name, "message": "no", "debug_id": "1", "details": details}


def event(kind: str, resource: Any) -> bytes:
    """A webhook's body."""
    return json.dumps({"id": "WH-1-1", "event_type": kind, "resource": resource, "links": []}).encode()


def headers(body: bytes, host: str, **changes: str) -> dict[str, str]:
    """The headers of a delivery that the sandbox's key has signed."""
    webhook = KEYS["webhook_id"]
    signature = certificates.sign(transmission="tr-1", time=TIME, webhook=webhook, body=body)
    given = {
        "paypal-transmission-id": "tr-1",
        "paypal-transmission-time": TIME,
        "paypal-transmission-sig": signature,
        "paypal-cert-url": f"{host}/v1/notifications/certs/CERT-1",
        "paypal-auth-algo": "SHA256withRSA",
        "paypal-auth-version": "v2",
    }
    return given | {f"paypal-{name.replace('_', '-')}": text for name, text in changes.items()}


def new_ask(**changes: Any) -> Ask:
    ask = Ask(mint("att"), mint("ord"), 1001, 2599, "GBP", "https://shop.example/back?order=1")
    return replace(ask, **changes)


def attempted(said: Said, amount_minor: int | None = None) -> Attempted:
    amount = said.amount_minor if amount_minor is None else amount_minor
    return Attempted(said.reference or "", said.provider_ref, said.charge_ref, amount, said.currency)


def refund_of(said: Said, amount_minor: int = 500) -> RefundAsk:
    return RefundAsk(mint("rfd"), said.provider_ref, said.charge_ref, amount_minor, said.currency)


async def approved(paypal: PayPalProvider, bank: Sandbox, verb: str = "pay", **changes: Any) -> Said:
    """An order that its buyer has approved."""
    made = await paypal.create(new_ask(**changes))
    assert isinstance(made, Said), made
    bank.control("POST", f"/payments/{made.provider_ref}/{verb}")
    return made


async def paid(paypal: PayPalProvider, bank: Sandbox, **changes: Any) -> Said:
    said = await paypal.finish(attempted(await approved(paypal, bank, **changes)))
    assert isinstance(said, Said), said
    return said

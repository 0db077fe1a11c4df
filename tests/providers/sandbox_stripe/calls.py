"""What the tests here say again and again: make an intent, pay it, through Stripe's own SDK."""

from typing import Any

import httpx
import stripe

from holdfast.sandbox.providers.stripe.account import KEYS
from tests.providers.sandbox_server import Sandbox

SECRET = KEYS["webhook_secret"]
KEY = KEYS["secret_key"]
PATIENT = stripe.HTTPXClient(timeout=10, allow_sync_methods=True)
IMPATIENT = stripe.HTTPXClient(timeout=1, allow_sync_methods=True)


def client_of(
    sandbox: Sandbox, key: str = KEY, http: stripe.HTTPXClient | None = None
) -> stripe.StripeClient:
    """The official SDK, pointed at a sandbox; it never tries again by itself."""
    return stripe.StripeClient(
        key, base_addresses={"api": sandbox.at("stripe")}, http_client=http or PATIENT, max_network_retries=0
    )


def create(client: stripe.StripeClient, **fields: object) -> stripe.PaymentIntent:
    """An intent over GBP 25.99, or as the fields say; they may be wrong on purpose."""
    params: Any = {"amount": 2599, "currency": "gbp", "metadata": {"order_id": "ord_1"}, **fields}
    return client.v1.payment_intents.create(params)


def pay(sandbox: Sandbox, intent: stripe.PaymentIntent, action: str = "pay") -> httpx.Response:
    """A program presses a button of the hosted page; the intent as JSON."""
    return sandbox.http.post(
        f"/stripe/pay/{intent.id}",
        params={"client_secret": intent.client_secret},
        data={"action": action},
        headers={"accept": "application/json"},
    )


def replayed(answer: stripe.StripeObject) -> bool:
    """Whether this is a first answer that was given once more."""
    assert answer.last_response is not None
    return answer.last_response.headers.get("idempotent-replayed") == "true"

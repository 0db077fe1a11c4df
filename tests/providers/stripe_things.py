"""An adapter with test keys, and Stripe's objects as its API shows them, cut to what we read."""

from typing import Any

import httpx

from holdfast.payment.providers.stripe import StripeProvider

KEY = "sk_test_" + "k" * 24
WEBHOOK_SECRET = "whsec_1"


def adapter(client: httpx.AsyncClient, api_base: str = "", page_url: str = "") -> StripeProvider:
    return StripeProvider(
        client,
        secret_key=KEY,
        webhook_secrets=(WEBHOOK_SECRET,),
        api_base=api_base,
        page_url=page_url,
        timeout_s=1,
    )


def intent(**changes: object) -> dict[str, Any]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "status": "requires_payment_method",
        "amount": 2599,
        "amount_received": 0,
        "currency": "gbp",
        "client_secret": "pi_1_secret_2",
        "livemode": False,
        "metadata": {"order_id": "ord_1", "attempt_id": "att_1"},
    } | changes


def refund(**changes: object) -> dict[str, Any]:
    return {
        "id": "re_1",
        "object": "refund",
        "status": "succeeded",
        "amount": 600,
        "currency": "gbp",
        "payment_intent": "pi_1",
        "metadata": {"refund_id": "rfd_1"},
    } | changes

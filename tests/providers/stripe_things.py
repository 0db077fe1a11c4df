"""An adapter with test keys, and Stripe's objects as its API shows them, cut to what we read."""

from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx

from holdfast.payment.provider import RefundAsk, Wiring
from holdfast.payment.providers.stripe.adapter import StripeProvider, StripeSettings

Answer = TypeVar("Answer")
KEY = "sk_test_" + "k" * 24
WEBHOOK_SECRET = "whsec_1"


def adapter(
    client: httpx.AsyncClient,
    api_base: str = "http://127.0.0.1:1",
    page_url: str = "",
    *,
    key: str = KEY,
    secrets: tuple[str, ...] = (WEBHOOK_SECRET,),
) -> StripeProvider:
    settings = StripeSettings(key, secrets, api_base, page_url=page_url)
    return StripeProvider(settings, Wiring(client, 1, "http://127.0.0.1/webhooks/stripe"))


def at_once(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine answers that waits for nobody."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        answer: Answer = done.value
        return answer
    raise AssertionError("it waited for somebody")


def to_refund(refund_id: str, payment_ref: str, amount_minor: int, currency: str) -> RefundAsk:
    return RefundAsk(refund_id, payment_ref, None, amount_minor, currency)


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


def session(**changes: object) -> dict[str, Any]:
    return {
        "id": "cs_1",
        "object": "checkout.session",
        "status": "open",
        "payment_status": "unpaid",
        "amount_total": 2599,
        "currency": "gbp",
        "livemode": False,
        "client_reference_id": "att_1",
        "payment_intent": None,
        "url": "https://checkout.test/cs_1",
    } | changes

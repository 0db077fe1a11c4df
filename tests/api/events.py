"""Stripe's events as the tests write and sign them, with the secret that the shop knows."""

import asyncio
import hmac
import json
from collections.abc import Sequence
from hashlib import sha256
from itertools import count

import httpx

from holdfast import clock
from tests.house import WEBHOOK_SECRET, Json, Shop

_numbers = count(1)


def signature(body: bytes, *, secret: str = WEBHOOK_SECRET, late_s: int = 0) -> str:
    moment = clock.unix() - late_s
    digest = hmac.new(secret.encode(), b"%d." % moment + body, sha256).hexdigest()
    return f"t={moment},v1={digest}"


def event(kind: str, thing: Json, **changes: object) -> bytes:
    """A snapshot event with an id of its own."""
    whole = {
        "id": f"evt_test_{next(_numbers):06}",
        "object": "event",
        "type": kind,
        "created": clock.unix(),
        "livemode": False,
        "data": {"object": thing},
    }
    return json.dumps(whole | changes).encode()


async def intent_of(shop: Shop, placed: Json, status: str, **changes: object) -> Json:
    """The intent of an order's newest attempt, in a state of the test's choice."""
    (attempt,) = await shop.fetch(
        "SELECT id, provider_ref, amount_minor FROM payment_attempts WHERE order_id = $1",
        placed["order"]["id"],
    )
    return {
        "id": attempt["provider_ref"],
        "object": "payment_intent",
        "status": status,
        "amount": attempt["amount_minor"],
        "amount_received": attempt["amount_minor"] if status == "succeeded" else 0,
        "currency": "gbp",
        "livemode": False,
        "metadata": {"attempt_id": attempt["id"]},
    } | changes


async def succeeded(shop: Shop, placed: Json) -> bytes:
    return event("payment_intent.succeeded", await intent_of(shop, placed, "succeeded"))


async def deliver(shop: Shop, body: bytes, header: str | None = None) -> httpx.Response:
    """POST an event, well signed unless a header is given."""
    headers = {"Stripe-Signature": signature(body) if header is None else header}
    return await shop.client.post("/webhooks/stripe", content=body, headers=headers)


async def delivered(shop: Shop, body: bytes) -> str:
    """What an event that is taken came to."""
    answer = await deliver(shop, body)
    assert answer.status_code == 200, answer.text
    state: str = answer.json()["state"]
    return state


async def delivered_at_once(shop: Shop, bodies: Sequence[bytes]) -> list[str]:
    return await asyncio.gather(*(delivered(shop, body) for body in bodies))


async def books(shop: Shop, placed: Json) -> tuple[str, int, int]:
    """(the order's state, what was captured, how many lines of the ledger say so)."""
    (row,) = await shop.fetch(
        "SELECT o.state, p.captured_minor,"
        " (SELECT count(*) FROM ledger l WHERE l.payment_id = p.id) AS lines"
        " FROM orders o JOIN payments p ON p.order_id = o.id WHERE o.id = $1",
        placed["order"]["id"],
    )
    return row["state"], row["captured_minor"], row["lines"]

"""Payments settled by the provider's webhooks, whose bodies are signed before the clock starts.

Their orders are placed over HTTP, in turns with them, to be paid on delivery; then their attempts
become Stripe's. The sandbox makes the events, so they are of the size and shape of real ones.
"""

import math
import time

import msgspec

from holdfast.bench.figures import Figure
from holdfast.bench.parts import loads
from holdfast.bench.parts.loads import Prepared
from holdfast.bench.rig import Load, Rig, Stand
from holdfast.bench.stage import Unsettled, ask, sql
from holdfast.sandbox.providers.stripe.account import KEYS, signature
from holdfast.sandbox.providers.stripe.events import API_VERSION
from holdfast.sandbox.providers.stripe.objects import Event, EventData, EventRequest, PaymentIntent

PLACING_S = 2


def measure(rig: Rig) -> list[Figure]:
    figures = []
    for processes in rig.plan.processes:
        with rig.fresh_shop(processes) as stand:
            settled = Prepared(stand, lambda count: _signed(stand, count), sql.settled_since)
            figures += stand.in_turns(
                [
                    loads.orders(stand, "webhooks.orders", "orders, in turns with webhooks"),
                    Load(
                        "webhooks.settled",
                        "payments settled by webhook",
                        processes,
                        rig.plan.connections,
                        settled,
                    ),
                ]
            )
    return figures


def _signed(stand: Stand, count: int) -> list[tuple[str, ...]]:
    """So many payments' events, signed now; places orders until there are enough."""
    while True:
        ask(stand.database_url, sql.turn_to_stripe)
        waiting = ask(stand.database_url, lambda c: sql.unsettled(c, rows_max=count))
        if len(waiting) == count:
            break
        stand.rig.say(f"orders to be settled: {len(waiting):,} of {count:,}")
        placed = loads.place(stand, stand.rig.plan.connections[0], PLACING_S)
        assert placed.answers, "placing leaves orders that wait for their money"
    ask(stand.database_url, sql.vacuum_payments)
    secret, at = KEYS["webhook_secret"], math.floor(time.time())
    return [webhook(payment, secret=secret, at=at) for payment in waiting]


def webhook(payment: Unsettled, *, secret: str, at: int) -> tuple[str, ...]:
    """The request that says that a payment was captured, signed at this Unix second."""
    body = msgspec.json.encode(_succeeded(payment, at))
    return (
        "POST",
        "/webhooks/stripe",
        body.decode(),
        "Stripe-Signature",
        signature(secret, body, at),
    )


def _succeeded(payment: Unsettled, at: int) -> Event:
    intent = PaymentIntent(
        id=payment.provider_ref,
        amount=payment.amount_minor,
        amount_received=payment.amount_minor,
        client_secret=f"{payment.provider_ref}_secret_bench",
        created=at,
        currency=payment.currency.lower(),
        metadata={"order_id": payment.order_id, "attempt_id": payment.attempt_id},
        status="succeeded",
    )
    return Event(
        id=f"evt_{payment.provider_ref}",
        api_version=API_VERSION,
        created=at,
        data=EventData(object=msgspec.Raw(msgspec.json.encode(intent))),
        pending_webhooks=1,
        request=EventRequest(),
        type="payment_intent.succeeded",
    )

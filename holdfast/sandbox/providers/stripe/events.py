"""Events: kept, listed, signed and sent (gateways.md §2.6), and what can go wrong with a webhook."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from holdfast.sandbox.deliver import Delivery, Post
from holdfast.sandbox.providers.stripe import errors
from holdfast.sandbox.providers.stripe.account import Account, new_id, newest, seconds
from holdfast.sandbox.providers.stripe.objects import (
    Charge,
    Dispute,
    Event,
    EventData,
    EventFate,
    PaymentIntent,
    Refund,
)
from holdfast.sandbox.providers.stripe.wire import Params

API_VERSION = "2026-10-28.endive"
STALE_SECONDS = 3_600
DELAY_MS = 1_000

Subject = PaymentIntent | Charge | Refund | Dispute
Forgery = Literal["webhook_tamper", "webhook_wrong_secret", "webhook_stale"]
_FORGERIES: tuple[Forgery, ...] = ("webhook_tamper", "webhook_wrong_secret", "webhook_stale")
_encode = msgspec.json.Encoder().encode


class EventList(Struct, frozen=True, kw_only=True):
    """A page of events, newest first."""

    object: Literal["list"] = "list"
    url: str = "/v1/events"
    has_more: bool
    data: list[Event]


def emit(
    account: Account, kind: str, subject: Subject, *, previous: Mapping[str, object] | None = None
) -> None:
    """Keep an event about `subject` as it is now, and send it if the endpoint wants its kind."""
    wanted = account.settings.enabled_events
    event = Event(
        id=new_id("evt"),
        api_version=API_VERSION,
        created=seconds(),
        data=EventData(object=Raw(_encode(subject)), previous_attributes=previous),
        pending_webhooks=int(not wanted or kind in wanted),
        request=account.cause,
        type=kind,
    )
    account.save(event)
    if event.pending_webhooks:
        payment = subject.id if isinstance(subject, PaymentIntent) else subject.payment_intent
        _send(account, event, payment)


def resume(account: Account) -> None:
    """Send again what had not arrived when the process ended."""
    for event_id, fate in account.fates.items():
        if fate == "pending":
            resend(account, account.events[event_id])


def resend(account: Account, event: Event) -> None:
    """Send an event once more, as the dashboard's button does."""
    account.deliverer.send(_delivery(account, event))


def read(account: Account, params: Params, event_id: str) -> Event:
    """One event; raises StripeError 404."""
    params.done()
    event = account.events.get(event_id)
    if event is None:
        raise errors.not_found("event", event_id)
    return event


def listing(account: Account, params: Params) -> EventList:
    """Events newest first, by type and by whether they arrived."""
    limit, after = params.page()
    kind = params.text("type")
    success = params.choice("delivery_success", ("true", "false"))
    params.done()
    ids = list(account.events)
    if after is not None:
        if after not in account.events:
            raise errors.no_such("event", after, param="starting_after")
        ids = ids[: ids.index(after)]
    found = newest(
        (
            account.events[event_id]
            for event_id in reversed(ids)
            if (kind is None or account.events[event_id].type == kind)
            and (
                success is None
                or (account.fates[event_id] in ("delivered", "not_sent")) == (success == "true")
            )
        ),
        limit=limit + 1,
    )
    return EventList(has_more=len(found) > limit, data=found[:limit])


def signature(secret: str, body: bytes, timestamp: int) -> str:
    """The value of Stripe-Signature: HMAC-SHA256 over `t.body` under the whole secret."""
    digest = hmac.new(secret.encode(), b"%d.%s" % (timestamp, body), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def _send(account: Account, event: Event, payment: str) -> None:
    take = partial(account.faults.take, payment=payment, event=event.type)
    if take("webhook_drop"):
        account.save(EventFate(id=event.id, fate="dropped"))
        return
    forgery = next((kind for kind in _FORGERIES if take(kind)), None)
    arrived: Callable[[], None] | None = None
    if take("webhook_before_answer"):
        waited = asyncio.Event()
        account.held_answer.append(waited)
        arrived = waited.set
    delivery = _delivery(account, event, forgery=forgery, arrived=arrived)
    if delay := take("webhook_delay"):
        account.deliverer.send(delivery, after_ms=DELAY_MS if delay.ms is None else delay.ms)
    elif take("webhook_reorder"):
        account.deliverer.send_after_next(delivery)
    else:
        account.deliverer.send(delivery)
    if take("webhook_duplicate"):
        account.deliverer.send(_delivery(account, event))
    if take("webhook_new_event_id"):
        account.deliverer.send(_delivery(account, replace(event, id=new_id("evt"))))


def _delivery(
    account: Account,
    event: Event,
    *,
    forgery: Forgery | None = None,
    arrived: Callable[[], None] | None = None,
) -> Delivery:
    def prepare(tries: int) -> Post | None:
        return _post(account, event, forgery if tries == 0 else None)

    def settle() -> None:
        if account.fates.get(event.id) in ("pending", "dropped"):
            account.save(EventFate(id=event.id, fate="delivered"))
        if arrived is not None:
            arrived()

    return Delivery(prepare=prepare, arrived=settle)


def _post(account: Account, event: Event, forgery: Forgery | None) -> Post | None:
    settings = account.settings
    if not settings.webhook_url:
        return None
    body = _encode(event)
    secret = settings.webhook_secret + ("_another" if forgery == "webhook_wrong_secret" else "")
    timestamp = seconds() - (STALE_SECONDS if forgery == "webhook_stale" else 0)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (holdfast sandbox)",
        "Stripe-Signature": signature(secret, body, timestamp),
    }
    if forgery == "webhook_tamper":
        body = body.replace(b'"amount":', b'"amount":9', 1)
    return Post(url=settings.webhook_url, headers=headers, body=body)

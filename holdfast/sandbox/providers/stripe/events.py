"""Events: what they say, and how they are read and listed (gateways.md §2.6)."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Raw, Struct

from holdfast.sandbox.bank.books import Notice, new_id, newest, seconds
from holdfast.sandbox.bank.gate import encode
from holdfast.sandbox.providers.stripe import errors
from holdfast.sandbox.providers.stripe.account import Account
from holdfast.sandbox.providers.stripe.objects import (
    Charge,
    CheckoutSession,
    Dispute,
    Event,
    EventData,
    PaymentIntent,
    Refund,
)
from holdfast.sandbox.providers.stripe.wire import Params

API_VERSION = "2026-10-28.endive"
Subject = PaymentIntent | CheckoutSession | Charge | Refund | Dispute


class EventList(Struct, frozen=True, kw_only=True):
    """A page of events, newest first."""

    object: Literal["list"] = "list"
    url: str = "/v1/events"
    has_more: bool
    data: list[Raw]


def emit(
    account: Account, kind: str, subject: Subject, *, previous: Mapping[str, object] | None = None
) -> None:
    """Keep an event about `subject` as it is now, and send it if the endpoint wants its kind."""
    wanted = account.hooks.wants(kind)
    named = subject.id if isinstance(subject, PaymentIntent | CheckoutSession) else subject.payment_intent
    event = Event(
        id=new_id("evt"),
        api_version=API_VERSION,
        created=seconds(),
        data=EventData(object=Raw(encode(subject)), previous_attributes=previous),
        pending_webhooks=int(wanted),
        request=account.cause,
        type=kind,
    )
    account.hooks.tell(
        Notice(
            id=event.id,
            kind=kind,
            payment=account.payment_of(named),
            created=event.created,
            body=Raw(encode(event)),
            wanted=wanted,
        )
    )


def read(account: Account, params: Params, event_id: str) -> Raw:
    """One event; raises Refused 404."""
    params.done()
    notice = account.books.notices.get(event_id)
    if notice is None:
        raise errors.not_found("event", event_id)
    return notice.body


def listing(account: Account, params: Params) -> EventList:
    """Events newest first, by type and by whether they arrived."""
    limit, after = params.page()
    kind = params.text("type")
    success = params.choice("delivery_success", ("true", "false"))
    params.done()
    notices = account.books.notices
    ids = list(notices)
    if after is not None:
        if after not in notices:
            raise errors.no_such("event", after, param="starting_after")
        ids = ids[: ids.index(after)]
    found = newest(
        (
            notice.body
            for notice in (notices[event_id] for event_id in reversed(ids))
            if (kind is None or notice.kind == kind)
            and (
                success is None
                or (account.hooks.fate(notice) in ("delivered", "not_sent")) == (success == "true")
            )
        ),
        limit=limit + 1,
    )
    return EventList(has_more=len(found) > limit, data=found[:limit])

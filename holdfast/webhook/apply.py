"""Apply provider events: stored by their key and carried out in one transaction, once.

An event whose payment we do not know yet, or that could not be applied, is stored all the
same, tried again at growing gaps, and shown to the staff when nothing helps. One whose signature
does not prove its body waits for its provider to be asked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from holdfast import clock
from holdfast.attention.matters import Kind, Matter, open_matters
from holdfast.db.group_commit import GroupCommit
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.db.transaction import Database, read, transaction
from holdfast.errors.problem import Problem
from holdfast.errors.running import DatabaseAway, Overloaded
from holdfast.jobs import Job, enqueue
from holdfast.limits import EVENT_TRIES_MAX, SWEEP_ROWS_MAX
from holdfast.payment.provider import (
    DisputeSaid,
    Proof,
    ProviderEvent,
    Providers,
    RefundSaid,
    Said,
    Unknown,
)
from holdfast.payment.settle import WEBHOOK, Outcome, record_outcomes
from holdfast.refund.disputes import record_dispute
from holdfast.refund.issue_refund import orders_of_refunds, record_refund
from holdfast.shop_settings.rules import ShopRules

log = structlog.get_logger()


class Received(msgspec.Struct, frozen=True):
    """An event whose signature fits, with the bytes it came in."""

    provider: str
    event: ProviderEvent
    body: bytes


class Stored(msgspec.Struct, frozen=True):
    """An event's key row: ``known`` is its state from before, None for a new one."""

    provider: str
    event_key: str
    known: str | None


class Waiting(msgspec.Struct, frozen=True):
    """A stored event that is to be tried again."""

    provider: str
    event_key: str
    body: bytes


class GivenUp(msgspec.Struct, frozen=True):
    """An event that will not be tried again by itself, though nobody has applied it."""

    provider: str
    event_key: str
    kind: str
    state: str


class EventRow(msgspec.Struct, frozen=True):
    """An event without its body: what became of it, and when it is tried again."""

    provider: str
    key: str
    kind: str
    state: str
    tries: int
    error: str | None
    received_at: datetime
    retry_at: datetime | None


class ShownEvent(EventRow, frozen=True):
    """The same with its bytes; None once they were dropped."""

    body: bytes | None


Inbox = GroupCommit[Received, str]


class sql(Queries):
    store: Many[Stored]
    mark: Many[GivenUp]
    fail: Do
    postpone: Many[GivenUp]
    waiting: Many[Waiting]
    one: Maybe[Waiting]
    page: Many[EventRow]
    shown: Maybe[ShownEvent]


async def apply_events(tx: Transaction, received: Sequence[Received], *, rules: ShopRules) -> list[str]:
    """Store and apply events.

    Answers each one's state: applied, ignored, unmatched, unconfirmed, or duplicate.
    """
    at = clock.now()
    firsts = {(r.provider, r.event.key): r for r in reversed(received)}
    ordered = [firsts[key] for key in sorted(firsts)]
    rows = await sql.store(
        tx,
        providers=[r.provider for r in ordered],
        keys=[r.event.key for r in ordered],
        kinds=[r.event.kind[:100] for r in ordered],
        bodies=[r.body for r in ordered],
        at=at,
    )
    known = {(row.provider, row.event_key): row.known for row in rows}
    fresh = [r for r in ordered if known[r.provider, r.event.key] not in ("applied", "ignored")]
    states = await _carry_out(tx, fresh, rules=rules, at=at)
    doubtful = [subject_of(*place) for place, state in states.items() if state == "unconfirmed"]
    await enqueue(tx, Job.CONFIRM_EVENT, doubtful)
    given_up = await sql.mark(
        tx,
        providers=[provider for provider, _ in states],
        keys=[key for _, key in states],
        states=list(states.values()),
        gaps=_GAPS,
        tries_max=EVENT_TRIES_MAX,
        at=at,
    )
    await _show(tx, given_up, at=at)
    return [
        states.get((r.provider, r.event.key), "duplicate")
        if firsts[r.provider, r.event.key] is r
        else "duplicate"
        for r in received
    ]


async def _carry_out(
    tx: Transaction, fresh: Sequence[Received], *, rules: ShopRules, at: datetime
) -> dict[tuple[str, str], str]:
    """Payments first and all together, then refunds and disputes one by one."""
    states = {(r.provider, r.event.key): "unconfirmed" if _is_doubtful(r.event) else "ignored" for r in fresh}
    believed = [r for r in fresh if not _is_doubtful(r.event)]
    said = [(r, r.event.facts) for r in believed if isinstance(r.event.facts, Said)]
    outcomes = [
        Outcome(r.provider, facts, _source(r), unchecked=r.event.proof is Proof.UNCHECKED)
        for r, facts in said
    ]
    refunded = [
        (r.provider, r.event.facts.payment_ref)
        for r in believed
        if isinstance(r.event.facts, RefundSaid | DisputeSaid)
    ]
    also = await orders_of_refunds(tx, payment_refs=refunded)
    settled = await record_outcomes(tx, outcomes=outcomes, rules=rules, at=at, also=also)
    for (r, _), outcome in zip(said, settled, strict=True):
        states[r.provider, r.event.key] = "unmatched" if outcome is None else "applied"
    for r in believed:
        match r.event.facts:
            case RefundSaid() as facts:
                found = await record_refund(tx, provider=r.provider, said=facts, source=_source(r), at=at)
                states[r.provider, r.event.key] = "applied" if found else "unmatched"
            case DisputeSaid() as facts:
                found = await record_dispute(tx, provider=r.provider, said=facts, source=_source(r), at=at)
                states[r.provider, r.event.key] = "applied" if found else "unmatched"
            case _:
                pass
    return states


def _is_doubtful(event: ProviderEvent) -> bool:
    return event.proof is Proof.ASK and event.facts is not None


def _source(received: Received) -> str:
    return f"{WEBHOOK}{received.event.key}"[:100]


def subject_of(provider: str, key: str) -> str:
    """An event as the subject of a job."""
    return f"{provider}/{key}"


async def receive(database: Database, inbox: Inbox, received: Received) -> str:
    """Have an event applied with its neighbours; one that cannot be applied is stored as failed on its own.

    Raises DatabaseAway or Overloaded: the provider is asked to send it again.
    """
    try:
        return await inbox.submit(received)
    except (DatabaseAway, Overloaded):  # the whole shop is away or busy, not this event
        raise
    except Problem as problem:
        await _keep_failed(database, received, error=str(problem))
    except Exception as error:
        log.exception("webhook.apply_failed", provider=received.provider, key=received.event.key)
        await _keep_failed(database, received, error=type(error).__name__)
    return "failed"


async def retry_waiting(database: Database, providers: Providers, *, rules: ShopRules) -> int:
    """Try stored events again whose moment has come; answers how many were tried."""
    at = clock.now()
    waiting = await read(database, lambda c: sql.waiting(c, at=at, rows_max=SWEEP_ROWS_MAX))
    for row in waiting:
        await retry(database, providers, row, rules=rules)
    return len(waiting)


async def retry(
    database: Database, providers: Providers, row: Waiting, *, rules: ShopRules, counts: bool = True
) -> str:
    """Apply one stored event again; its signature was verified when it came.

    Where that does not prove its body, the provider is asked first; while it is silent, or not
    set up here, the event waits. ``counts``: whether that was one of its tries.
    """
    provider = providers.get(row.provider)
    if provider is None:
        await _postpone(database, row, counts=counts)
        return "unmatched"
    try:
        event = provider.translate(row.body)
        if _is_doubtful(event):
            confirmed = await provider.confirm(event)
            if isinstance(confirmed, Unknown):
                await _postpone(database, row, counts=counts)
                return "unconfirmed"
            event = msgspec.structs.replace(event, facts=confirmed, proof=Proof.SIGNED)
        received = Received(row.provider, event, row.body)
        (state,) = await transaction(database, lambda tx: apply_events(tx, [received], rules=rules))
    except DatabaseAway:
        raise
    except Exception as error:
        log.exception("webhook.retry_failed", provider=row.provider, key=row.event_key)
        name = type(error).__name__
        await transaction(database, lambda tx: _fail(tx, row.provider, row.event_key, error=name))
        return "failed"
    return state


async def confirm_waiting(
    database: Database, providers: Providers, subject: str, *, rules: ShopRules
) -> bool:
    """Have a provider confirm one event and apply it; False while nobody could be asked.

    It is for whoever is in a hurry, and takes none of the tries that the timetable has.
    """
    provider, _, key = subject.partition("/")
    row = await read(database, lambda c: find_event(c, provider=provider, event_key=key))
    if row is None:
        return True
    return await retry(database, providers, row, rules=rules, counts=False) != "unconfirmed"


async def waiting_events(connection: Connection, *, rows_max: int) -> list[EventRow]:
    """Events that are unmatched, unconfirmed or failed, oldest first, without their bodies."""
    return await sql.page(connection, rows_max=rows_max)


async def find_event(connection: Connection, *, provider: str, event_key: str) -> Waiting | None:
    """One event that has not been applied."""
    return await sql.one(connection, provider=provider, key=event_key)


async def read_event(connection: Connection, *, provider: str, event_key: str) -> ShownEvent | None:
    """One event, applied or not."""
    return await sql.shown(connection, provider=provider, key=event_key)


async def _keep_failed(database: Database, received: Received, *, error: str) -> None:
    """Store an event as failed; where even that fails the provider is asked to send it again."""
    provider, key, at = received.provider, received.event.key, clock.now()

    async def work(tx: Transaction) -> None:
        kind = received.event.kind[:100]
        await sql.store(tx, providers=[provider], keys=[key], kinds=[kind], bodies=[received.body], at=at)
        await _fail(tx, provider, key, error=error)

    try:
        await transaction(database, work)
    except Exception as second:
        log.exception("webhook.store_failed", provider=provider, key=key)
        raise DatabaseAway from second


async def _postpone(database: Database, row: Waiting, *, counts: bool) -> None:
    """Nobody could be asked about it: the next try comes later."""
    at = clock.now()

    async def work(tx: Transaction) -> None:
        given_up = await sql.postpone(
            tx, provider=row.provider, key=row.event_key, gaps=_GAPS, tries_max=EVENT_TRIES_MAX, at=at
        )
        await _show(tx, given_up, at=at)

    if counts:
        await transaction(database, work)


async def _show(tx: Transaction, given_up: Sequence[GivenUp], *, at: datetime) -> None:
    """Money of which this shop knows nothing after the last try is a matter for the staff."""
    matters = [
        Matter(
            Kind.EVENT_UNMATCHED,
            event.event_key[:200],
            {"provider": event.provider, "kind": event.kind, "state": event.state},
        )
        for event in given_up
    ]
    await open_matters(tx, matters=matters, at=at)


async def _fail(tx: Transaction, provider: str, key: str, *, error: str) -> None:
    """One more try of a stored event has failed; somebody should look."""
    at = clock.now()
    await sql.fail(
        tx, provider=provider, key=key, error=error[:1000], gaps=_GAPS, tries_max=EVENT_TRIES_MAX, at=at
    )
    matter = Matter(Kind.EVENT_FAILED, key[:200], {"provider": provider, "error": error[:500]})
    await open_matters(tx, matters=[matter], at=at)


_GAPS = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60, 240, 720, 1440)]

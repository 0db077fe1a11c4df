"""Provider events: those that could not be applied, what one of them says, and trying it again."""

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import QueryParameter

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.db.transaction import read, transaction
from holdfast.errors.request import NotFound
from holdfast.limits import AUDIT_SUBJECT_CHARS_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX
from holdfast.web.session import Asked, PathId, principal_of, process_of
from holdfast.webhook import apply
from holdfast.webhook.apply import EventRow
from holdfast.webhook.shown import masked


class EventPage(msgspec.Struct, frozen=True):
    """Events that wait for another try or a person, oldest first."""

    data: list[EventRow]


class EventWithBody(msgspec.Struct, frozen=True):
    """An event and what it said, without secrets; null once its body was dropped."""

    event: EventRow
    body: Any


@get("/events", opt={"action": Action.READ_EVENTS})
async def list_events(
    request: Asked, limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT
) -> EventPage:
    """Events that are unmatched, unconfirmed or failed, oldest first."""
    rows = await read(process_of(request).database, lambda c: apply.waiting_events(c, rows_max=limit))
    return EventPage(rows)


@get("/events/{provider:str}/{event_key:str}", opt={"action": Action.READ_EVENTS})
async def read_one(request: Asked, provider: PathId, event_key: PathId) -> EventWithBody:
    """One event as it came, applied or not; secrets and card numbers in it are masked."""
    row = await read(
        process_of(request).database, lambda c: apply.read_event(c, provider=provider, event_key=event_key)
    )
    if row is None:
        raise NotFound(kind="event", id=event_key)
    told = {name: getattr(row, name) for name in EventRow.__struct_fields__}
    return EventWithBody(EventRow(**told), None if row.body is None else masked(row.body))


@post("/events/{provider:str}/{event_key:str}/retry", status_code=200, opt={"action": Action.REPLAY_EVENTS})
async def retry(request: Asked, provider: PathId, event_key: PathId) -> dict[str, str]:
    """Try one now; applying twice has the effect of once.

    The audit has it before the provider may be asked, which no transaction waits for.
    """
    process, actor, at = process_of(request), principal_of(request).id, clock.now()
    row = await read(process.database, lambda c: apply.find_event(c, provider=provider, event_key=event_key))
    if row is None:
        raise NotFound(kind="event", id=event_key)
    subject = f"{provider}/{event_key}"[:AUDIT_SUBJECT_CHARS_MAX]
    await transaction(
        process.database,
        lambda tx: audit.record(tx, actor=actor, action="retry_event", subject=subject, at=at),
    )
    return {"state": await apply.retry(process.database, process.providers, row, rules=process.rules)}


ROUTES = [list_events, read_one, retry]

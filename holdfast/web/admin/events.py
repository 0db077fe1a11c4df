"""Provider events that could not be applied: list them, and try one again."""

from typing import Annotated

from litestar import get, post
from litestar.params import QueryParameter

from holdfast.accounts.roles import Action
from holdfast.db.transaction import read
from holdfast.errors import NotFound
from holdfast.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX
from holdfast.web.session import Asked, PathId, process_of
from holdfast.webhook import apply


@get("/events", opt={"action": Action.READ_EVENTS})
async def list_events(
    request: Asked, limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT
) -> dict[str, list[object]]:
    """Events that are unmatched or failed, oldest first."""
    rows = await read(process_of(request).database, lambda c: apply.waiting_events(c, rows_max=limit))
    return {"data": rows}


@post("/events/{provider:str}/{event_key:str}/retry", status_code=200, opt={"action": Action.REPLAY_EVENTS})
async def retry(request: Asked, provider: PathId, event_key: PathId) -> dict[str, str]:
    """Try one now; applying twice has the effect of once."""
    process = process_of(request)
    row = await read(process.database, lambda c: apply.find_event(c, provider=provider, event_key=event_key))
    if row is None:
        raise NotFound(kind="event", id=event_key)
    return {"state": await apply.retry(process.database, process.providers, row, rules=process.rules)}


ROUTES = [list_events, retry]

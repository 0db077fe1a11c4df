"""The audit for admins: who did what to which, and when."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter

from holdfast import audit
from holdfast.accounts.roles import Action
from holdfast.audit import Deed
from holdfast.db.transaction import read
from holdfast.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX
from holdfast.web.guard.moments import Moment, moment_of
from holdfast.web.session import Asked, process_of

Named = Annotated[str | None, QueryParameter(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Place = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]


class DeedPage(msgspec.Struct, frozen=True):
    """Deeds, newest first, and where the next page begins."""

    data: list[Deed]
    next_cursor: int | None


@get("/audit", opt={"action": Action.READ_AUDIT})
async def list_deeds(
    request: Asked,
    *,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: Place = None,
    actor: Named = None,
    action: Named = None,
    subject: Named = None,
    since: Annotated[
        str | None, QueryParameter(name="from", max_length=40, description="The first moment (RFC 3339).")
    ] = None,
    until: Moment = None,
) -> DeedPage:
    """Deeds, newest first, by who did them, what it was, on which subject, and when."""
    first, behind = moment_of(since, field="from"), moment_of(until, field="until")
    rows = await read(
        process_of(request).database,
        lambda connection: audit.find(
            connection,
            actor=actor,
            action=action,
            subject=subject,
            since=first,
            until=behind,
            before=cursor,
            rows_max=limit + 1,
        ),
    )
    more = len(rows) > limit
    return DeedPage(rows[:limit], rows[limit - 1].id if more else None)


ROUTES = [list_deeds]

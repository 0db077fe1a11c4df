"""Accounts and places that have to wait after failed log-ins: list them, and let somebody try at once."""

from typing import Annotated

import msgspec
from litestar import delete, get
from litestar.params import QueryParameter

from holdfast import audit, clock
from holdfast.accounts.login import lockout
from holdfast.accounts.login.lockout import Lockout
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read, transaction
from holdfast.errors.request import NotFound
from holdfast.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX
from holdfast.web.session import Asked, Cursor, PathId, principal_of, process_of


class LockoutPage(msgspec.Struct, frozen=True):
    """Who has to wait, in the order of their first failure."""

    data: list[Lockout]
    next_cursor: str | None


class Lifted(msgspec.Struct, frozen=True):
    """Who may try at once."""

    id: str


@get("/lockouts", opt={"action": Action.READ_LOCKOUTS})
async def list_lockouts(
    request: Asked,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
) -> LockoutPage:
    """Accounts and places whose next log-in has to wait."""
    at = clock.now()
    rows = await read(
        process_of(request).database,
        lambda c: lockout.blocked_page(c, after=cursor or "", rows_max=limit + 1, at=at),
    )
    return LockoutPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


@delete("/lockouts/{lockout_id:str}", status_code=200, opt={"action": Action.LIFT_LOCKOUTS})
async def lift(request: Asked, lockout_id: PathId) -> Lifted:
    """Forget the failures of one; its next log-in is looked at at once."""
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> None:
        whom = await lockout.lift(tx, lockout_id=lockout_id)
        if whom is None:
            raise NotFound(kind="lockout", id=lockout_id)
        await audit.record(tx, actor=actor, action="lockout.lifted", subject=whom, at=at)

    await transaction(process_of(request).database, effect)
    return Lifted(lockout_id)


ROUTES = [list_lockouts, lift]

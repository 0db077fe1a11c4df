"""Those who work here, what they are granted, and everybody's API keys: for admins, by a log-in."""

from typing import Annotated

import msgspec
from litestar import delete, get, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from holdfast import clock
from holdfast.accounts.keys import page_of_keys
from holdfast.accounts.people import Person, change_permissions, page_of_people
from holdfast.accounts.roles import GRANTED, Action, Permission
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read, transaction
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX
from holdfast.web.api.account.keys import NEWEST_KEY, KeyPage, Revoked, revoke
from holdfast.web.session import Asked, Cursor, PathId, principal_of, process_of

RowsMax = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)]


class PeoplePage(msgspec.Struct, frozen=True):
    """Admins and staff, in the order in which they came, and where the next page begins."""

    data: list[Person]
    next_cursor: str | None


class PermissionsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All permissions that they have from now on."""

    permissions: Annotated[list[Permission], Meta(max_length=len(Permission))]


@get("/people", opt={"action": Action.MANAGE_PEOPLE})
async def list_people(
    request: Asked, limit: RowsMax = PAGE_ROWS_DEFAULT, cursor: Cursor = None
) -> PeoplePage:
    """Those who work here; admins hold every permission without being granted it."""
    rows = await read(
        process_of(request).database, lambda c: page_of_people(c, after=cursor or "", rows_max=limit + 1)
    )
    return PeoplePage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


@put("/people/{user_id:str}/permissions", opt={"action": Action.MANAGE_PEOPLE})
async def set_permissions(request: Asked, user_id: PathId, data: JSONBody[PermissionsBody]) -> Person:
    """Grant a member of the staff these permissions and no other; it counts at once, for their keys too."""
    for place, word in enumerate(data.permissions):
        if word not in GRANTED:
            raise FieldInvalid(field=f"permissions[{place}]", reason="is everybody's, and is not granted")
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Person:
        wanted = set(data.permissions)
        person = await change_permissions(
            tx, user_id=user_id, grant=wanted, revoke=GRANTED - wanted, actor=actor, at=at
        )
        if person is None:
            raise NotFound(kind="member of the staff", id=user_id)
        return person

    return await transaction(process_of(request).database, effect)


@get("/keys", opt={"action": Action.MANAGE_PEOPLE})
async def list_keys(request: Asked, limit: RowsMax = PAGE_ROWS_DEFAULT, cursor: Cursor = None) -> KeyPage:
    """Everybody's API keys, newest first."""
    rows = await read(
        process_of(request).database,
        lambda c: page_of_keys(c, before=cursor or NEWEST_KEY, rows_max=limit + 1),
    )
    return KeyPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


@delete("/keys/{key_id:str}", status_code=200, opt={"action": Action.MANAGE_PEOPLE})
async def revoke_any(request: Asked, key_id: PathId) -> Revoked:
    """Revoke anybody's key, at once and for good."""
    return await revoke(request, key_id, user_id=None)


ROUTES = [list_people, set_permissions, list_keys, revoke_any]

"""One's own API keys: made by a log-in, shown once, narrowed to scopes, revoked."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from holdfast import clock
from holdfast.accounts.keys import KeyView, create_own_key, keys_of, revoke_key
from holdfast.accounts.roles import Action, Permission
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read, transaction
from holdfast.errors.request import NotFound
from holdfast.limits import KEY_LABEL_CHARS_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX
from holdfast.web.api.account.login import PRIVATE
from holdfast.web.session import Asked, Cursor, PathId, principal_of, process_of

NEWEST_KEY = "key_~"


class NewKeyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the key is for, what it may do at most, and when it ends; null: never."""

    name: Annotated[str, Meta(min_length=1, max_length=KEY_LABEL_CHARS_MAX, pattern=r"^[^\x00]*$")]
    scopes: Annotated[list[Permission], Meta(min_length=1, max_length=len(Permission))]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class NewKey(msgspec.Struct, frozen=True):
    """The key, which nobody can show again."""

    id: str
    key: str


class KeyPage(msgspec.Struct, frozen=True):
    """Keys, newest first, and where the next page begins."""

    data: list[KeyView]
    next_cursor: str | None


class Revoked(msgspec.Struct, frozen=True):
    """Which key does not work any more."""

    id: str


@post("/account/keys", status_code=201, opt={"action": Action.MANAGE_ACCOUNT})
async def make(request: Asked, data: JSONBody[NewKeyBody]) -> Response[NewKey]:
    """Make a key; its scopes are permissions that one has. It is shown this once."""
    owner, at = principal_of(request), clock.now()
    made = await transaction(
        process_of(request).database,
        lambda tx: create_own_key(
            tx, owner=owner, label=data.name, scopes=data.scopes, expires_at=data.expires_at, at=at
        ),
    )
    return Response(NewKey(made.id, made.secret), status_code=201, headers=PRIVATE)


@get("/account/keys", opt={"action": Action.MANAGE_ACCOUNT})
async def list_own(
    request: Asked,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
) -> KeyPage:
    """One's own keys, also those that are over; last uses are written down once a minute."""
    user_id = principal_of(request).id
    rows = await read(
        process_of(request).database,
        lambda c: keys_of(c, user_id=user_id, before=cursor or NEWEST_KEY, rows_max=limit + 1),
    )
    return KeyPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


@delete("/account/keys/{key_id:str}", status_code=200, opt={"action": Action.MANAGE_ACCOUNT})
async def revoke_own(request: Asked, key_id: PathId) -> Revoked:
    """Revoke one of one's own keys, at once and for good."""
    return await revoke(request, key_id, user_id=principal_of(request).id)


async def revoke(request: Asked, key_id: str, *, user_id: str | None) -> Revoked:
    """Revoke a key of this user, or of anybody; raises NotFound."""
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> None:
        if not await revoke_key(tx, key_id=key_id, user_id=user_id, actor=actor, at=at):
            raise NotFound(kind="key", id=key_id)

    await transaction(process_of(request).database, effect)
    return Revoked(key_id)


ROUTES = [make, list_own, revoke_own]

"""Sessions: a row for each log-in, found by the hash of its token, and ended by a date.

The token is a cookie in a browser and a bearer token elsewhere. A row can be revoked at once, and a role that
was taken away counts at once, which no token that explains itself could offer.
"""

from datetime import datetime, timedelta

import msgspec

from holdfast import ids
from holdfast.accounts.roles import Principal, Role, permissions_of
from holdfast.accounts.secret import SESSION_PREFIX, hash_secret, mint_secret
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.limits import (
    CLIENT_CHARS_MAX,
    SESSION_HOURS,
    SESSION_HOURS_STAFF,
    SESSION_TOUCH_MINUTES,
    SESSIONS_PER_USER_MAX,
)
from holdfast.shop_settings.rules import ShopRules


class Visitor(msgspec.Struct, frozen=True):
    """Where a request comes from: ``place`` is a network address (``lockout.place_of``)."""

    place: str
    client: str


class Opened(msgspec.Struct, frozen=True):
    """A new session; its token is to be seen this once."""

    id: str
    token: str
    expires_at: datetime


class SessionView(msgspec.Struct, frozen=True):
    """A session as its owner sees it."""

    id: str
    client: str
    place: str
    created_at: datetime
    used_at: datetime
    """Give or take SESSION_TOUCH_MINUTES."""
    expires_at: datetime


class SessionOwner(msgspec.Struct, frozen=True):
    """Whose session it is."""

    session_id: str
    user_id: str
    role: str
    permissions: list[str]
    vendor_id: str | None


class sql(Queries):
    owner: Maybe[SessionOwner]
    open: Do
    end_oldest: Do
    living: Many[SessionView]
    end_one: Do
    end_by_token: Do
    end_all: Do
    sweep: Do


async def open_session(
    tx: Transaction, *, user_id: str, role: Role, visitor: Visitor, at: datetime
) -> Opened:
    """A session with a fresh token, for 30 days, or 12 hours for those who may do more than buy."""
    hours = SESSION_HOURS if role is Role.CUSTOMER else SESSION_HOURS_STAFF
    opened = Opened(ids.mint("ses"), mint_secret(SESSION_PREFIX), at + timedelta(hours=hours))
    await sql.open(
        tx,
        id=opened.id,
        user_id=user_id,
        token_hash=hash_secret(opened.token),
        client=visitor.client[:CLIENT_CHARS_MAX],
        place=visitor.place,
        expires_at=opened.expires_at,
        at=at,
    )
    await sql.end_oldest(tx, user_id=user_id, sessions_max=SESSIONS_PER_USER_MAX, at=at)
    return opened


async def find_session(
    connection: Connection, *, token: str, rules: ShopRules, at: datetime
) -> Principal | None:
    """Who a session's token belongs to; None for one that is unknown, over, revoked, or unused for too long.

    That it was used is written down every few minutes, by the same statement.
    """
    found = await sql.owner(
        connection,
        token_hash=hash_secret(token),
        touched_before=at - timedelta(minutes=SESSION_TOUCH_MINUTES),
        at=at,
        **_used_since(rules, at),
    )
    if found is None:
        return None
    held = permissions_of(found.role, found.permissions)
    return Principal(found.user_id, Role(found.role), found.session_id, held, vendor_id=found.vendor_id)


async def living_sessions(
    connection: Connection, *, user_id: str, rules: ShopRules, at: datetime
) -> list[SessionView]:
    """Where somebody is logged in, newest first."""
    return await sql.living(connection, user_id=user_id, at=at, **_used_since(rules, at))


def _used_since(rules: ShopRules, at: datetime) -> dict[str, datetime]:
    """Since when a log-in has to have been used, by who it is."""
    return {
        "used_since": at - timedelta(minutes=rules.session_idle_minutes),
        "used_by_staff_since": at - timedelta(minutes=rules.staff_session_idle_minutes),
    }


async def end_session(tx: Transaction, *, user_id: str, session_id: str, at: datetime) -> bool:
    """End one of somebody's own; whether it was there and living."""
    return await sql.end_one(tx, user_id=user_id, id=session_id, at=at) == 1


async def end_sessions(tx: Transaction, *, user_id: str, but: str | None, at: datetime) -> int:
    """End all of somebody's but one; how many that were."""
    return await sql.end_all(tx, user_id=user_id, kept=but, at=at)


async def end_token(tx: Transaction, *, token: str, at: datetime) -> None:
    """End the session of a token that was shown where another one is opened; any other text is nothing."""
    await sql.end_by_token(tx, token_hash=hash_secret(token), at=at)


async def sweep(tx: Transaction, *, before: datetime) -> int:
    """Forget sessions that are over since then."""
    return await sql.sweep(tx, before=before)

"""Growing delays after failed log-ins, per account and per place, counted by the database.

An attempt counts before its password is hashed and is taken back when it succeeds, so a thousand at once
get no further than one after the other, and cost no hashes. Nobody is locked out for long: a delay has an
end (LOGIN_DELAYS_S), what is refused meanwhile does not prolong it, and a person at a place where they have
logged in before waits for the failures of that place only. Addresses without an account are delayed alike.
"""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from holdfast import audit, ids
from holdfast.db.queries import Connection, Do, Many, Maybe, One, Queries, Transaction
from holdfast.errors.people import LoginDelayed
from holdfast.limits import (
    LOGIN_DELAYS_S,
    LOGIN_FORGET_MINUTES,
    LOGIN_PLACES_KEEP_DAYS,
    PLACE_DELAYS_S,
)

ACCOUNT, PLACE = "account", "place"
DELAYS_S = {ACCOUNT: LOGIN_DELAYS_S, PLACE: PLACE_DELAYS_S}
_NETWORK_BITS = 64  # one customer of a provider has a whole network of IPv6 (RFC 6177)


class Counted(msgspec.Struct, frozen=True):
    """A row that has counted this attempt."""

    id: str
    scope: str
    failures: int


class Lockout(msgspec.Struct, frozen=True):
    """Who has to wait, until when; an account that is none has no user."""

    id: str
    scope: str
    place: str | None
    user_id: str | None
    email: str | None
    failures: int
    last_at: datetime
    blocked_until: datetime


class sql(Queries):
    count: Many[Counted]
    block: Do
    blocked_until: One[datetime]
    clear_account: Do
    take_back: Do
    blocked: Many[Lockout]
    lift: Maybe[str]
    sweep: Do
    sweep_places: Do


def place_of(address: str | None) -> str:
    """What counts as one place: an IPv4 address, or the network (/64) of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _NETWORK_BITS), strict=False))


def delay_s(scope: str, failures: int) -> int:
    """Seconds to wait after so many failures."""
    delays = DELAYS_S[scope]
    return delays[min(failures, len(delays) - 1)]


async def count_attempt(
    tx: Transaction, *, email: str, user_id: str | None, place: str, known: bool, at: datetime
) -> None:
    """Count an attempt as failed until ``take_back`` says otherwise.

    Raises LoginDelayed while the account or the place is blocked (the place only, where ``known``).
    """
    scopes, subjects = [ACCOUNT, PLACE], [account_key(email), place]
    counted = await sql.count(
        tx,
        ids=[ids.mint("lck"), ids.mint("lck")],
        scopes=scopes,
        subjects=subjects,
        users=[user_id, None],
        heeded=[PLACE] if known else scopes,
        forget_before=at - timedelta(minutes=LOGIN_FORGET_MINUTES),
        at=at,
    )
    if len(counted) < len(scopes):
        until = await sql.blocked_until(tx, scopes=scopes, subjects=subjects)
        raise LoginDelayed(seconds=max(1, -((at - until) // timedelta(seconds=1))))
    await _block(tx, counted, user_id=user_id, at=at)


async def take_back(tx: Transaction, *, email: str, place: str, at: datetime) -> None:
    """The attempt succeeded: the account starts anew, and the place has one failure less.

    Its other failures stay, or whoever has one account could guess at all others between two log-ins.
    """
    await sql.clear_account(tx, subject=account_key(email))
    free = sum(1 for seconds in PLACE_DELAYS_S if seconds == 0)
    await sql.take_back(tx, subject=place, free=free, at=at)


async def clear_account(tx: Transaction, *, email: str) -> None:
    """Who has proved to own the address starts anew."""
    await sql.clear_account(tx, subject=account_key(email))


async def blocked_page(connection: Connection, *, after: str, rows_max: int, at: datetime) -> list[Lockout]:
    """Accounts and places that have to wait, in the order of their first failure."""
    return await sql.blocked(connection, after=after, rows_max=rows_max, at=at)


async def lift(tx: Transaction, *, lockout_id: str) -> str | None:
    """Let somebody try at once; whom (a user, or the lockout itself), or None if there is no such row."""
    return await sql.lift(tx, id=lockout_id)


async def sweep(tx: Transaction, *, at: datetime) -> None:
    """Forget failures that do not count any more, and places that nobody was seen at for long."""
    await sql.sweep(tx, before=at - timedelta(minutes=LOGIN_FORGET_MINUTES))
    await sql.sweep_places(tx, before=at - timedelta(days=LOGIN_PLACES_KEEP_DAYS))


def account_key(email: str) -> str:
    """The name under which failures of an account are counted: a hash, whether there is an account or not."""
    return sha256(email.lower().encode("utf-8", "surrogateescape")).hexdigest()


async def _block(tx: Transaction, counted: Sequence[Counted], *, user_id: str | None, at: datetime) -> None:
    """Let the next attempt wait, and write down the first of a series that has to."""
    waits = [(row, delay_s(row.scope, row.failures)) for row in counted]
    delayed = [(row, seconds) for row, seconds in waits if seconds]
    if not delayed:
        return
    await sql.block(
        tx,
        ids=[row.id for row, _ in delayed],
        untils=[at + timedelta(seconds=seconds) for _, seconds in delayed],
    )
    for row, _ in delayed:
        if delay_s(row.scope, row.failures - 1) == 0:
            subject = user_id if row.scope == ACCOUNT and user_id else row.id
            detail = {"scope": row.scope, "failures": row.failures}
            await audit.record(
                tx, actor="guest", action="login.delayed", subject=subject, detail=detail, at=at
            )

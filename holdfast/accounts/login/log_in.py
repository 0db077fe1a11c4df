"""Logging in: an e-mail address, a password, and a code where the second factor is on.

Three phases: count the attempt and read the account; compare the password outside of any transaction; open
the session. An address without an account goes the same way, against a hash that nothing fits.
"""

from datetime import datetime

import msgspec

from holdfast import audit
from holdfast.accounts import sessions
from holdfast.accounts.login import lockout, totp
from holdfast.accounts.login.password import Hasher
from holdfast.accounts.roles import Role
from holdfast.accounts.sessions import Opened, Visitor
from holdfast.db.queries import Do, Maybe, Queries, Transaction
from holdfast.db.transaction import Database, transaction
from holdfast.errors.people import LoginRefused
from holdfast.vault import Vault


class Attempt(msgspec.Struct, frozen=True):
    """What somebody types to log in; ``replaced`` is the token of a session that this one takes over from."""

    email: str
    password: str
    code: str | None
    visitor: Visitor
    replaced: str | None = None


class Candidate(msgspec.Struct, frozen=True):
    """An account as it stands; ``known`` is whether its owner has logged in at this place before."""

    user_id: str
    email: str
    role: str
    password_hash: str | None
    known: bool


class LoggedIn(msgspec.Struct, frozen=True):
    """Who has logged in, and the session."""

    user_id: str
    email: str
    role: Role
    session: Opened


class sql(Queries):
    candidate: Maybe[Candidate]
    still: Maybe[str]
    rehash: Do
    be_seen: Do


async def log_in(
    database: Database, hasher: Hasher, vault: Vault, attempt: Attempt, *, at: datetime
) -> LoggedIn:
    """A new session.

    Raises LoginDelayed before anything is compared, LoginRefused for a wrong address, password or code (and
    does not say which), CodeNeeded for a right password without the code that is needed, Overloaded.
    """
    found = await transaction(database, lambda tx: _count(tx, attempt, at=at))
    verified = await hasher.verify(found.password_hash if found else None, attempt.password)
    if found is None or not verified.fits:
        raise LoginRefused

    async def enter(tx: Transaction) -> LoggedIn | None:
        role = await sql.still(tx, user_id=found.user_id, password_hash=found.password_hash)
        if role is None:
            return None  # the password was changed while we compared
        if not await totp.check_code(tx, vault, user_id=found.user_id, code=attempt.code, at=at):
            return None
        if verified.better_hash:
            await sql.rehash(tx, user_id=found.user_id, password_hash=verified.better_hash)
        opened = await enter_account(tx, found.user_id, found.email, Role(role), attempt, at=at)
        return LoggedIn(found.user_id, found.email, Role(role), opened)

    entered = await transaction(database, enter)
    if entered is None:
        raise LoginRefused
    return entered


async def enter_account(
    tx: Transaction, user_id: str, email: str, role: Role, attempt: Attempt, *, at: datetime
) -> Opened:
    """Open a session for somebody who has proved who they are; the one before it in this browser ends."""
    place = attempt.visitor.place
    await lockout.take_back(tx, email=email, place=place, at=at)
    await sql.be_seen(tx, user_id=user_id, place=place, at=at)
    if attempt.replaced is not None:
        await sessions.end_token(tx, token=attempt.replaced, at=at)
    opened = await sessions.open_session(tx, user_id=user_id, role=role, visitor=attempt.visitor, at=at)
    await audit.record(
        tx, actor=user_id, action="login", subject=user_id, detail={"session": opened.id}, at=at
    )
    return opened


async def _count(tx: Transaction, attempt: Attempt, *, at: datetime) -> Candidate | None:
    place = attempt.visitor.place
    found = await sql.candidate(tx, email=attempt.email, place=place)
    await lockout.count_attempt(
        tx,
        email=attempt.email,
        user_id=found.user_id if found else None,
        place=place,
        known=found is not None and found.known,
        at=at,
    )
    return found

"""A new password: by the old one, or by a link for who has forgotten it. Every other log-in ends."""

from datetime import datetime

import msgspec

from holdfast import audit
from holdfast.accounts import letters, sessions
from holdfast.accounts.letters import LetterKind
from holdfast.accounts.login import lockout
from holdfast.accounts.login.password import Hasher
from holdfast.accounts.roles import Principal
from holdfast.db.queries import Do, Maybe, Queries, Transaction
from holdfast.db.transaction import Database, read, transaction
from holdfast.errors.people import LinkInvalid, LoginRefused


class Holder(msgspec.Struct, frozen=True):
    """Whose password it is."""

    user_id: str
    email: str


class Kept(msgspec.Struct, frozen=True):
    """An account's address and the hash that is kept."""

    email: str
    password_hash: str | None


class sql(Queries):
    kept: Maybe[Kept]
    change: Do
    reset: Maybe[Holder]
    give: Do


async def prove_password(
    database: Database, hasher: Hasher, *, user_id: str, password: str, place: str, at: datetime
) -> Kept:
    """The account of somebody who is logged in and types the password again; counted like a log-in.

    Raises LoginDelayed, LoginRefused or Overloaded.
    """

    async def count(tx: Transaction) -> Kept:
        kept = await sql.kept(tx, user_id=user_id)
        if kept is None:
            raise LoginRefused  # erased meanwhile
        await lockout.count_attempt(tx, email=kept.email, user_id=user_id, place=place, known=False, at=at)
        return kept

    kept = await transaction(database, count)
    if not (await hasher.verify(kept.password_hash, password)).fits:
        raise LoginRefused
    await transaction(database, lambda tx: lockout.take_back(tx, email=kept.email, place=place, at=at))
    return kept


async def change_password(
    database: Database,
    hasher: Hasher,
    who: Principal,
    *,
    current: str,
    wanted: str,
    place: str,
    at: datetime,
) -> int:
    """Change it by the old one; how many other log-ins have ended.

    Raises what ``prove_password`` raises, PasswordTooWeak or FieldInvalid.
    """
    kept = await prove_password(database, hasher, user_id=who.id, password=current, place=place, at=at)
    made = await hasher.hash(wanted, about=(kept.email,), field="new_password")

    async def effect(tx: Transaction) -> int:
        changed = await sql.change(tx, user_id=who.id, old=kept.password_hash, new=made)
        if not changed:
            raise LoginRefused  # somebody was faster
        return await _end(
            tx, Holder(who.id, kept.email), but=who.session_id, action="password.changed", at=at
        )

    return await transaction(database, effect)


async def reset_password(
    database: Database, hasher: Hasher, *, token: str, password: str, at: datetime
) -> None:
    """Set it by a link, which proves the address; logs nobody in, so a second factor is asked for as ever.

    Raises LinkInvalid (also for the second of two at once), PasswordTooWeak, FieldInvalid or Overloaded.
    """
    kind = LetterKind.RESET_PASSWORD
    link = await read(database, lambda c: letters.find_link(c, kind=kind, token=token, at=at))
    made = await hasher.hash(password, about=(link.email,))

    async def effect(tx: Transaction) -> None:
        used = await letters.use_link(tx, kind=kind, token=token, at=at)
        holder = await sql.reset(tx, email=used.email, password_hash=made, at=at)
        if holder is None:
            raise LinkInvalid  # the account has another address by now
        await letters.spend_links(tx, kind=kind, email=used.email, at=at)
        await lockout.clear_account(tx, email=used.email)
        await _end(tx, holder, but=None, action="password.reset", at=at)

    await transaction(database, effect)


async def give_password(tx: Transaction, *, user_id: str, password_hash: str, at: datetime) -> None:
    """Set it without being asked by anybody, for whoever runs the shop; every log-in ends."""
    await sql.give(tx, user_id=user_id, password_hash=password_hash, at=at)
    await sessions.end_sessions(tx, user_id=user_id, but=None, at=at)


async def _end(tx: Transaction, holder: Holder, *, but: str | None, action: str, at: datetime) -> int:
    """What every change of a password brings with it."""
    ended = await sessions.end_sessions(tx, user_id=holder.user_id, but=but, at=at)
    detail = {"sessions_ended": ended}
    await audit.record(tx, actor=holder.user_id, action=action, subject=holder.user_id, detail=detail, at=at)
    await letters.ask_letter(
        tx, kind=LetterKind.PASSWORD_CHANGED, email=holder.email, user_id=holder.user_id, at=at
    )
    return ended

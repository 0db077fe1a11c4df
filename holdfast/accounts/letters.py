"""Letters to people about their accounts, and the links in them, each of which works once.

Who asks for a letter learns nothing: the row is the same whether the address has an account or not, and
what is written, if anything, is decided when the job sends it. The secret of a link is made then too, so
that it is in no job and no row: what is kept is its hash. A letter that is sent again has a new link.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from holdfast import audit, ids
from holdfast.accounts.secret import hash_secret, mint_secret
from holdfast.db.queries import Connection, Do, Maybe, Queries, Transaction
from holdfast.errors.people import LinkInvalid
from holdfast.jobs import Job, enqueue
from holdfast.limits import LETTERS_PER_HOUR_MAX, LINK_MINUTES


class LetterKind(StrEnum):
    """What a letter is about; the first three have a link."""

    REGISTER = "register"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a kind of letter
    CHANGE_EMAIL = "change_email"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of letter
    TOTP_CHANGED = "totp_changed"


class Waiting(msgspec.Struct, frozen=True):
    """A letter that nobody has used, and who has an account with its address now."""

    kind: str
    email: str
    user_id: str | None
    owner_id: str | None
    has_password: bool
    asked: bool
    """Whether it was sent, or tried, before."""


class Ready(msgspec.Struct, frozen=True):
    """What is to be written to whom: ``account_exists`` instead of a second registration."""

    name: str
    email: str
    token: str | None = None
    minutes: int | None = None


class Link(msgspec.Struct, frozen=True):
    """What a link stands for."""

    id: str
    email: str
    user_id: str | None


class sql(Queries):
    ask: Maybe[str]
    waiting: Maybe[Waiting]
    arm: Do
    find: Maybe[Link]
    use: Maybe[Link]
    spend: Do
    sweep: Do


async def ask_letter(
    tx: Transaction, *, kind: LetterKind, email: str, user_id: str | None = None, at: datetime
) -> None:
    """Have a letter sent once this commits; above LETTERS_PER_HOUR_MAX to one address nothing happens."""
    made = await sql.ask(
        tx,
        id=ids.mint("let"),
        kind=kind,
        email=email,
        user_id=user_id,
        since=at - timedelta(hours=1),
        letters_max=LETTERS_PER_HOUR_MAX,
        at=at,
    )
    if made:
        await enqueue(tx, Job.ACCOUNT_LETTER, [made])


async def prepare_letter(tx: Transaction, *, letter_id: str, at: datetime) -> Ready | None:
    """What to send, with a fresh link where there is one; None when there is nothing to say."""
    waiting = await sql.waiting(tx, id=letter_id)
    if waiting is None:
        return None
    kind = LetterKind(waiting.kind)
    match kind:
        case LetterKind.REGISTER if waiting.owner_id and waiting.has_password:
            return Ready("account_exists", waiting.email)
        case LetterKind.RESET_PASSWORD if waiting.owner_id is None:
            return None
        case LetterKind.CHANGE_EMAIL if waiting.owner_id not in (None, waiting.user_id):
            return None
        case LetterKind.EMAIL_CHANGED | LetterKind.PASSWORD_CHANGED | LetterKind.TOTP_CHANGED:
            return Ready(kind, waiting.email)
        case _:
            if kind is LetterKind.RESET_PASSWORD and waiting.owner_id and not waiting.asked:
                who = waiting.owner_id
                await audit.record(tx, actor="guest", action="password.reset_asked", subject=who, at=at)
            token, minutes = mint_secret(), LINK_MINUTES[kind]
            ends = at + timedelta(minutes=minutes)
            await sql.arm(tx, id=letter_id, token_hash=hash_secret(token), expires_at=ends)
            return Ready(kind, waiting.email, token, minutes)


async def find_link(connection: Connection, *, kind: LetterKind, token: str, at: datetime) -> Link:
    """What a link stands for, before anything costly is done for it; raises LinkInvalid."""
    found = await sql.find(connection, kind=kind, token_hash=hash_secret(token), at=at)
    if found is None:
        raise LinkInvalid
    return found


async def use_link(
    tx: Transaction, *, kind: LetterKind, token: str, at: datetime, user_id: str | None = None
) -> Link:
    """Use a link (of this user, if one is given), once; raises LinkInvalid for every time after the first."""
    used = await sql.use(tx, kind=kind, token_hash=hash_secret(token), user_id=user_id, at=at)
    if used is None:
        raise LinkInvalid
    return used


async def spend_links(tx: Transaction, *, kind: LetterKind, email: str, at: datetime) -> None:
    """The other links of this kind to this address work no more."""
    await sql.spend(tx, kind=kind, email=email, at=at)


async def sweep(tx: Transaction, *, before: datetime) -> int:
    """Forget letters that were asked for before then."""
    return await sql.sweep(tx, before=before)

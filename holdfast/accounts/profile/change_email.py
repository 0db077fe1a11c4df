"""A new e-mail address: in force when it was confirmed from there, and told to the old one."""

from datetime import datetime

import msgspec

from holdfast import audit
from holdfast.accounts import letters
from holdfast.accounts.letters import LetterKind
from holdfast.db.queries import Connection, Maybe, One, Queries, Transaction
from holdfast.errors.request import NotFound


class AccountView(msgspec.Struct, frozen=True):
    """An account as its owner sees it."""

    id: str
    email: str
    email_verified: bool
    role: str
    has_password: bool
    second_factor: bool


class sql(Queries):
    account: Maybe[AccountView]
    move: One[str]


async def read_account(connection: Connection, *, user_id: str) -> AccountView:
    """The account of somebody who is logged in."""
    found = await sql.account(connection, user_id=user_id)
    if found is None:
        raise NotFound(kind="account", id=user_id)
    return found


async def ask_change(tx: Transaction, *, user_id: str, email: str, at: datetime) -> None:
    """Send a link to the new address; whether it is somebody else's already is not told."""
    await letters.ask_letter(tx, kind=LetterKind.CHANGE_EMAIL, email=email, user_id=user_id, at=at)


async def confirm_change(tx: Transaction, *, user_id: str, token: str, at: datetime) -> None:
    """Move the account to the address that the link was sent to, and tell the one before.

    Raises LinkInvalid, also for a link of another account, and PromiseKept where the address has one by now.
    """
    used = await letters.use_link(tx, kind=LetterKind.CHANGE_EMAIL, token=token, user_id=user_id, at=at)
    former = await sql.move(tx, user_id=user_id, email=used.email, at=at)
    await audit.record(tx, actor=user_id, action="email.changed", subject=user_id, at=at)
    await letters.ask_letter(tx, kind=LetterKind.EMAIL_CHANGED, email=former, user_id=user_id, at=at)

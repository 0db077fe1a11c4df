"""Registering: an address asks for a letter, and whoever can read it chooses the password.

So an account exists only with a proved address, nobody can wait in an account for its owner with a password
of their own, and the answer is the same whether there was an account before or not.
"""

from datetime import datetime

import msgspec

from holdfast import audit, ids
from holdfast.accounts import letters
from holdfast.accounts.letters import LetterKind
from holdfast.accounts.login.log_in import Attempt, LoggedIn, enter_account
from holdfast.accounts.login.password import Hasher
from holdfast.accounts.roles import Role
from holdfast.accounts.sessions import Visitor
from holdfast.db.queries import Maybe, Queries, Transaction
from holdfast.db.transaction import Database, read, transaction
from holdfast.errors.people import LinkInvalid


class Born(msgspec.Struct, frozen=True):
    """Whose account it is now."""

    user_id: str
    email: str
    role: str


class sql(Queries):
    bear: Maybe[Born]


async def register(
    database: Database,
    hasher: Hasher,
    *,
    token: str,
    password: str,
    visitor: Visitor,
    at: datetime,
) -> LoggedIn:
    """Make the account that the letter's link stands for, and log it in.

    Raises LinkInvalid, PasswordTooWeak, FieldInvalid or Overloaded.
    """
    kind = LetterKind.REGISTER
    link = await read(database, lambda c: letters.find_link(c, kind=kind, token=token, at=at))
    made = await hasher.hash(password, about=(link.email,))

    async def effect(tx: Transaction) -> LoggedIn:
        used = await letters.use_link(tx, kind=kind, token=token, at=at)
        born = await sql.bear(tx, id=ids.mint("usr"), email=used.email, password_hash=made, at=at)
        if born is None:
            raise LinkInvalid  # another link of the same address was used first
        await letters.spend_links(tx, kind=kind, email=used.email, at=at)
        await audit.record(tx, actor=born.user_id, action="register", subject=born.user_id, at=at)
        attempt = Attempt(born.email, password, None, visitor)
        opened = await enter_account(tx, born.user_id, born.email, Role(born.role), attempt, at=at)
        return LoggedIn(born.user_id, born.email, Role(born.role), opened)

    return await transaction(database, effect)

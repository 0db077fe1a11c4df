"""Who a person is in the books: an account, the addresses they have proved or given, and the orders."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from holdfast.db.queries import Connection, Many, Maybe, Queries

NOBODY = "nobody"


class Account(msgspec.Struct, frozen=True):
    """An account, as far as it says who somebody is."""

    user_id: str
    email: str
    proved: bool
    role: str


class Person(msgspec.Struct, frozen=True):
    """Whom it is about; ``emails`` as they were written, none that nobody has proved."""

    account: Account | None
    emails: tuple[str, ...]
    order_ids: tuple[str, ...] = ()

    @property
    def user_id(self) -> str | None:
        return self.account.user_id if self.account else None

    @property
    def subject(self) -> str:
        """What the audit calls them: an id, since it holds no personal data."""
        return self.user_id or next(iter(self.order_ids), NOBODY)


Finder = Callable[[Connection], Awaitable[Person]]
"""How a person is found, and found again once nobody can add to them."""


class sql(Queries):
    account: Maybe[Account]
    account_of: Maybe[Account]
    orders: Many[str]


async def find_user(connection: Connection, *, user_id: str) -> Person:
    """The person of an account; one that was erased meanwhile has nothing left."""
    account = await sql.account(connection, user_id=user_id)
    emails: Sequence[str] = [account.email] if account and account.proved else ()
    return await _with_orders(connection, Person(account, tuple(emails)))


async def find_by_email(connection: Connection, *, email: str) -> Person:
    """The person behind an address: their account if they have one, and what guests ordered under it."""
    account = await sql.account_of(connection, email=email)
    return await _with_orders(connection, Person(account, (email,)))


async def _with_orders(connection: Connection, person: Person) -> Person:
    lowered = [email.lower() for email in person.emails]
    found = await sql.orders(connection, user_id=person.user_id, emails=lowered)
    return msgspec.structs.replace(person, order_ids=tuple(found))

"""Those who may do more than buy: who they are, their role, and the permissions of the staff."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from holdfast import audit, ids
from holdfast.accounts.roles import USUAL, Permission, Role
from holdfast.db.queries import Connection, Many, Maybe, One, Queries, Transaction


class Person(msgspec.Struct, frozen=True):
    """A user, what they are, and what they were granted; admins hold every permission without it."""

    id: str
    email: str
    role: str
    permissions: list[str]
    created_at: datetime


class sql(Queries):
    create: One[Person]
    grant: Maybe[Person]
    find: Maybe[Person]
    lock_staff: Maybe[Person]
    set_permissions: One[Person]
    join_vendor: Maybe[Person]
    leave_vendor: Maybe[Person]
    of_vendor: Many[Person]
    page: Many[Person]


async def create_user(
    tx: Transaction,
    *,
    email: str,
    role: Role | None,
    permissions: Collection[Permission] | None = None,
    at: datetime,
) -> Person:
    """The user of this address, made if there is none; role and permissions count from now on, if given.

    Who becomes staff without any named gets the usual ones; nobody else has any.
    """
    return await sql.create(
        tx,
        id=ids.mint("usr"),
        email=email,
        role=role,
        permissions=None if permissions is None else sorted(set(permissions)),
        usual=sorted(USUAL),
        at=at,
    )


async def grant_role(
    tx: Transaction, *, email: str, role: Role, permissions: Collection[Permission] | None = None
) -> Person | None:
    """What somebody is from now on, also in log-ins and keys they have; None for nobody.

    Permissions as in ``create_user``.
    """
    named = None if permissions is None else sorted(set(permissions))
    return await sql.grant(tx, email=email, role=role, permissions=named, usual=sorted(USUAL))


async def find_person(connection: Connection, *, email: str) -> Person | None:
    """Whose address it is."""
    return await sql.find(connection, email=email)


async def change_permissions(
    tx: Transaction,
    *,
    user_id: str,
    grant: Collection[Permission] = (),
    revoke: Collection[Permission] = (),
    actor: str,
    at: datetime,
) -> Person | None:
    """Grant and revoke permissions of a member of the staff, in force at once; None for anybody else."""
    person = await sql.lock_staff(tx, user_id=user_id)
    if person is None:
        return None
    held = sorted((set(person.permissions) | set(grant)) - set(revoke))
    detail = {
        "granted": sorted(set(held) - set(person.permissions)),
        "revoked": sorted(set(person.permissions) - set(held)),
    }
    if held != sorted(person.permissions):
        person = await sql.set_permissions(tx, user_id=user_id, permissions=held)
        await audit.record(
            tx, actor=actor, action="change_permissions", subject=user_id, detail=detail, at=at
        )
    return person


async def join_vendor(tx: Transaction, *, email: str, vendor_id: str, at: datetime) -> Person | None:
    """Who has this address, or is made with it, sells for a vendor from now on; None for who works here."""
    return await sql.join_vendor(tx, id=ids.mint("usr"), email=email, vendor_id=vendor_id, at=at)


async def leave_vendor(tx: Transaction, *, user_id: str, vendor_id: str) -> Person | None:
    """Somebody does not sell for a vendor any more, at once; None for who did not."""
    return await sql.leave_vendor(tx, user_id=user_id, vendor_id=vendor_id)


async def people_of_vendor(connection: Connection, *, vendor_id: str) -> list[Person]:
    """Those who sell for a vendor, in the order in which they came."""
    return await sql.of_vendor(connection, vendor_id=vendor_id)


async def page_of_people(connection: Connection, *, after: str, rows_max: int) -> list[Person]:
    """Those who work here, admins and staff, in the order in which they came."""
    return await sql.page(connection, after=after, rows_max=rows_max)

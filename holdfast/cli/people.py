"""``user create``, ``grant``, ``revoke``, ``drop-totp``: people and machines that may do more than buy."""

from collections.abc import Collection
from typing import Annotated

import msgspec
import typer

from holdfast import audit, clock
from holdfast.accounts.keys import create_key
from holdfast.accounts.login import totp
from holdfast.accounts.login.password import Hasher
from holdfast.accounts.people import Person, change_permissions, create_user, find_person, grant_role
from holdfast.accounts.profile.change_password import give_password
from holdfast.accounts.roles import GRANTED, Permission, Role
from holdfast.cli.books.prove import with_database
from holdfast.cli.options import AsJson, DatabaseUrl, DataDir, settings_from
from holdfast.cli.options import database_url as where
from holdfast.db.queries import Transaction
from holdfast.db.transaction import Database, transaction
from holdfast.errors.problem import Problem

ACTOR = "command line"

Words = Annotated[
    list[Permission] | None,
    typer.Option("--permission", help="Of staff: what they may do; repeat it for several."),
]


class MadeKey(msgspec.Struct, frozen=True):
    """A key, to be seen this once, and what it may do."""

    key: str
    role: str


def create(
    email: Annotated[str, typer.Option(help="Who it is.")],
    role: Annotated[
        Role | None, typer.Option(help="What they may do; staff for somebody new, else as it is.")
    ] = None,
    permission: Words = None,
    scope: Annotated[
        list[Permission] | None,
        typer.Option(help="What the key may do at most; all that its owner may, if none is named."),
    ] = None,
    label: Annotated[str, typer.Option(help="What the key is for.")] = "made on the command line",
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password to log in by, instead of making a key.")
    ] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Create a user with an API key, which is shown once and never again, or with a password."""
    if role is Role.GUEST:
        raise typer.BadParameter("a guest needs no account", param_hint="--role")
    if "@" not in email.strip("@"):
        raise typer.BadParameter("must be an e-mail address", param_hint="--email")
    words = _granted(permission, role=role)
    typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
    with where(settings_from(database_url=database_url, data_dir=data_dir)) as url:
        if typed is not None:
            try:
                given = with_database(
                    url,
                    lambda database: make_person(
                        database, email=email, role=role, password=typed, permissions=words
                    ),
                )
            except Problem as problem:
                typer.echo(str(problem), err=True)
                raise typer.Exit(1) from problem
            typer.echo(msgspec.json.encode({"email": email, "role": given}) if as_json else f"Role: {given}.")
            return
        made = with_database(
            url,
            lambda database: make_key(
                database, email=email, role=role, label=label, permissions=words, scopes=scope
            ),
        )
    if as_json:
        typer.echo(msgspec.json.encode({"email": email, "role": made.role, "api_key": made.key}))
    else:
        typer.echo(made.key)
        typer.echo(f"Role: {made.role}. The key is not shown again.", err=True)


def grant(
    email: Annotated[str, typer.Argument(help="Who it is.")],
    role: Annotated[Role | None, typer.Argument(help="What they are from now on, if that changes.")] = None,
    permission: Words = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Give somebody another role, or more permissions, at once, for the keys and log-ins they have too."""
    if role is Role.GUEST:
        raise typer.BadParameter("a guest needs no account", param_hint="ROLE")
    words = _granted(permission, role=role)
    if role is None and words is None:
        raise typer.BadParameter("name a role, or permissions", param_hint="ROLE")
    with where(settings_from(database_url=database_url, data_dir=data_dir)) as url:
        person = with_database(
            url, lambda database: change_person(database, email=email, role=role, grant=words or [])
        )
    _tell(person, email=email)


def revoke(
    email: Annotated[str, typer.Argument(help="Who it is.")],
    permission: Annotated[list[Permission], typer.Option(help="What they may not do any more.")],
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Take permissions away from a member of the staff, at once."""
    with where(settings_from(database_url=database_url, data_dir=data_dir)) as url:
        person = with_database(
            url, lambda database: change_person(database, email=email, role=None, revoke=permission)
        )
    _tell(person, email=email)


def _granted(words: list[Permission] | None, *, role: Role | None) -> list[Permission] | None:
    """The permissions that were named; raises BadParameter for those that are not granted."""
    if not words:
        return None
    if role not in (None, Role.STAFF) or not GRANTED.issuperset(words):
        raise typer.BadParameter(
            f"staff may be granted {', '.join(sorted(GRANTED))}", param_hint="--permission"
        )
    return words


def _tell(person: Person | None, *, email: str) -> None:
    if person is None:
        typer.echo(f"There is no user {email} who could have that.", err=True)
        raise typer.Exit(1)
    held = (
        f" with the permissions {', '.join(person.permissions) or 'none'}" if person.role == "staff" else ""
    )
    typer.echo(f"{email} is {person.role} now{held}.")


def drop_totp(
    email: Annotated[str, typer.Argument(help="Who it is.")],
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Turn off the second factor of somebody who has lost it, once you are sure who asks."""
    with where(settings_from(database_url=database_url, data_dir=data_dir)) as url:
        had = with_database(url, lambda database: take_factor(database, email=email))
    if not had:
        typer.echo(f"There is no user {email} with a second factor.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{email} logs in by the password alone now.")


async def make_key(
    database: Database,
    *,
    email: str,
    role: Role | None,
    label: str,
    permissions: list[Permission] | None = None,
    scopes: list[Permission] | None = None,
) -> MadeKey:
    """A new key for the user of this address, who is made if there is none."""
    at = clock.now()

    async def work(tx: Transaction) -> MadeKey:
        owner = await create_user(tx, email=email, role=role, permissions=permissions, at=at)
        await audit.record(tx, actor=ACTOR, action="create_api_key", subject=owner.id, at=at)
        made = await create_key(tx, user_id=owner.id, label=label, scopes=scopes or None, at=at)
        return MadeKey(made.secret, owner.role)

    return await transaction(database, work)


async def make_person(
    database: Database,
    *,
    email: str,
    role: Role | None,
    password: str,
    permissions: list[Permission] | None = None,
) -> str:
    """A password for the user of this address, who is made if there is none; answers the role.

    Raises PasswordTooWeak or FieldInvalid.
    """
    at, hasher = clock.now(), Hasher()
    try:
        made = await hasher.hash(password, about=(email,))
    finally:
        hasher.close()

    async def work(tx: Transaction) -> str:
        owner = await create_user(tx, email=email, role=role, permissions=permissions, at=at)
        await give_password(tx, user_id=owner.id, password_hash=made, at=at)
        await audit.record(tx, actor=ACTOR, action="give_password", subject=owner.id, at=at)
        return owner.role

    return await transaction(database, work)


async def change_person(
    database: Database,
    *,
    email: str,
    role: Role | None,
    grant: Collection[Permission] = (),
    revoke: Collection[Permission] = (),
) -> Person | None:
    """Give somebody a role, and grant or revoke permissions; None for nobody, or who cannot have them."""
    at = clock.now()

    async def work(tx: Transaction) -> Person | None:
        person = await find_person(tx, email=email)
        if person is not None and role is not None:
            # Who becomes staff has what is named; who is staff already keeps what they have.
            named = grant if grant and person.role != Role.STAFF else None
            person = await grant_role(tx, email=email, role=role, permissions=named)
            detail = {"role": role}
            subject = person.id if person else ""
            await audit.record(tx, actor=ACTOR, action="grant_role", subject=subject, detail=detail, at=at)
        if person is None or not (grant or revoke):
            return person
        return await change_permissions(tx, user_id=person.id, grant=grant, revoke=revoke, actor=ACTOR, at=at)

    return await transaction(database, work)


async def take_factor(database: Database, *, email: str) -> bool:
    """Turn somebody's second factor off; False for somebody who has none, and for nobody."""
    at = clock.now()

    async def work(tx: Transaction) -> bool:
        user_id = await totp.user_with_factor(tx, email=email)
        return user_id is not None and await totp.take_away(tx, user_id=user_id, actor=ACTOR, at=at)

    return await transaction(database, work)

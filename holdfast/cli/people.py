"""``user create``, ``user grant``, ``user drop-totp``: people and machines that may do more than buy."""

from typing import Annotated

import msgspec
import typer

from holdfast import audit, clock
from holdfast.accounts.keys import create_key, create_user, grant_role
from holdfast.accounts.login import totp
from holdfast.accounts.login.password import Hasher
from holdfast.accounts.profile.change_password import give_password
from holdfast.accounts.roles import Role
from holdfast.cli.books.prove import with_database
from holdfast.cli.options import AsJson, DatabaseUrl, DataDir, settings_from
from holdfast.cli.options import database_url as where
from holdfast.db.queries import Transaction
from holdfast.db.transaction import Database, transaction
from holdfast.errors.problem import Problem

ACTOR = "command line"


class MadeKey(msgspec.Struct, frozen=True):
    """A key, to be seen this once, and what it may do."""

    key: str
    role: str


def create(
    email: Annotated[str, typer.Option(help="Who it is.")],
    role: Annotated[
        Role | None, typer.Option(help="What they may do; staff for somebody new, else as it is.")
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
    typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
    with where(settings_from(database_url=database_url, data_dir=data_dir)) as url:
        if typed is not None:
            try:
                given = with_database(
                    url, lambda database: make_person(database, email=email, role=role, password=typed)
                )
            except Problem as problem:
                typer.echo(str(problem), err=True)
                raise typer.Exit(1) from problem
            typer.echo(msgspec.json.encode({"email": email, "role": given}) if as_json else f"Role: {given}.")
            return
        made = with_database(url, lambda database: make_key(database, email=email, role=role, label=label))
    if as_json:
        typer.echo(msgspec.json.encode({"email": email, "role": made.role, "api_key": made.key}))
    else:
        typer.echo(made.key)
        typer.echo(f"Role: {made.role}. The key is not shown again.", err=True)


def grant(
    email: Annotated[str, typer.Argument(help="Who it is.")],
    role: Annotated[Role, typer.Argument(help="What they may do from now on.")],
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Give somebody another role; it counts at once, for the keys and log-ins they have too."""
    if role is Role.GUEST:
        raise typer.BadParameter("a guest needs no account", param_hint="ROLE")
    with where(settings_from(database_url=database_url, data_dir=data_dir)) as url:
        known = with_database(url, lambda database: change_role(database, email=email, role=role))
    if not known:
        typer.echo(f"There is no user {email}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{email} is {role} now.")


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


async def make_key(database: Database, *, email: str, role: Role | None, label: str) -> MadeKey:
    """A new key for the user of this address, who is made if there is none."""
    at = clock.now()

    async def work(tx: Transaction) -> MadeKey:
        owner = await create_user(tx, email=email, role=role, at=at)
        await audit.record(tx, actor=ACTOR, action="create_api_key", subject=owner.user_id, at=at)
        return MadeKey(await create_key(tx, user_id=owner.user_id, label=label, at=at), owner.role)

    return await transaction(database, work)


async def make_person(database: Database, *, email: str, role: Role | None, password: str) -> str:
    """A password for the user of this address, who is made if there is none; answers the role.

    Raises PasswordTooWeak or FieldInvalid.
    """
    at, hasher = clock.now(), Hasher()
    try:
        made = await hasher.hash(password, about=(email,))
    finally:
        hasher.close()

    async def work(tx: Transaction) -> str:
        owner = await create_user(tx, email=email, role=role, at=at)
        await give_password(tx, user_id=owner.user_id, password_hash=made, at=at)
        await audit.record(tx, actor=ACTOR, action="give_password", subject=owner.user_id, at=at)
        return owner.role

    return await transaction(database, work)


async def change_role(database: Database, *, email: str, role: Role) -> bool:
    """Give a role to somebody; False for nobody."""
    at = clock.now()

    async def work(tx: Transaction) -> bool:
        user_id = await grant_role(tx, email=email, role=role)
        if user_id is not None:
            detail = {"role": role}
            await audit.record(tx, actor=ACTOR, action="grant_role", subject=user_id, detail=detail, at=at)
        return user_id is not None

    return await transaction(database, work)


async def take_factor(database: Database, *, email: str) -> bool:
    """Turn somebody's second factor off; False for somebody who has none, and for nobody."""
    at = clock.now()

    async def work(tx: Transaction) -> bool:
        user_id = await totp.user_with_factor(tx, email=email)
        return user_id is not None and await totp.take_away(tx, user_id=user_id, actor=ACTOR, at=at)

    return await transaction(database, work)

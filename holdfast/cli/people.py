"""``user create``: people and machines that may do more than buy."""

from typing import Annotated

import msgspec
import typer

from holdfast import audit, clock
from holdfast.accounts.keys import create_key, create_user
from holdfast.accounts.roles import Role
from holdfast.cli.books.prove import with_database
from holdfast.cli.options import AsJson, DatabaseUrl, DataDir, settings_from
from holdfast.cli.options import database_url as where
from holdfast.db.queries import Transaction
from holdfast.db.transaction import Database, transaction


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
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Create a user with an API key; the key is shown once, and never again."""
    if role is Role.GUEST:
        raise typer.BadParameter("a guest needs no key", param_hint="--role")
    if "@" not in email.strip("@"):
        raise typer.BadParameter("must be an e-mail address", param_hint="--email")
    with where(settings_from(database_url=database_url, data_dir=data_dir)) as url:
        made = with_database(url, lambda database: make_key(database, email=email, role=role, label=label))
    if as_json:
        typer.echo(msgspec.json.encode({"email": email, "role": made.role, "api_key": made.key}))
    else:
        typer.echo(made.key)
        typer.echo(f"Role: {made.role}. The key is not shown again.", err=True)


async def make_key(database: Database, *, email: str, role: Role | None, label: str) -> MadeKey:
    """A new key for the user of this address, who is made if there is none."""
    at = clock.now()

    async def work(tx: Transaction) -> MadeKey:
        owner = await create_user(tx, email=email, role=role, at=at)
        await audit.record(tx, actor="command line", action="create_api_key", subject=owner.user_id, at=at)
        return MadeKey(await create_key(tx, user_id=owner.user_id, label=label, at=at), owner.role)

    return await transaction(database, work)

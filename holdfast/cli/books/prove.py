"""``migrate``, ``seed``, ``audit`` and ``doctor``: bring the books up to date, and prove them."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import asyncpg
import msgspec
import typer
from rich.console import Console
from rich.table import Table

from holdfast import audit as deeds
from holdfast import clock
from holdfast.cli.books.examine import examine
from holdfast.cli.goods.seed_shop import Seeded, seed
from holdfast.cli.options import AsJson, DatabaseUrl, DataDir, settings_from
from holdfast.cli.options import database_url as where
from holdfast.db import roles
from holdfast.db.migrate import MigrationFailed, migrate, pending
from holdfast.db.transaction import Database, connect, read, transaction
from holdfast.watch.truths import TRUTHS, Broken, check_truths

T = TypeVar("T")

_SEAL = re.compile(r"^[1-9][0-9]{0,18}:[0-9a-f]{64}$")


class Books(msgspec.Struct, frozen=True):
    """What proving the books found: truths that are broken, and the chain of the audit's seals."""

    broken: list[Broken]
    chain: deeds.Chain


def migrate_command(
    database_url: DatabaseUrl = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Bring the database to the newest schema; several at once wait for each other."""
    with where(settings_from(database_url=database_url, data_dir=data_dir), migrated=False) as url:
        try:
            applied = migrate(url)
        except MigrationFailed as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
        asyncio.run(roles.grant_again(url))
    if as_json:
        typer.echo(msgspec.json.encode({"applied": applied}))
    else:
        typer.echo(
            "\n".join(f"Applied {name}" for name in applied) or "Nothing to do: the schema is the newest."
        )


def database_roles_command(database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """Make the roles for the shop's processes and for reports, and grant what they may; run it as the owner.

    Running it again grants anew. No login and no password is made: those are yours.
    """
    with where(settings_from(database_url=database_url, data_dir=data_dir), migrated=False) as url:
        with_database(url, _grant)
    typer.echo(
        f"{roles.APPLICATION} and {roles.REPORT} may do their part in this database now. Make logins:\n"
        f"  CREATE ROLE shop LOGIN IN ROLE {roles.APPLICATION};  -- and a password, by \\password shop"
    )


def seed_command(database_url: DatabaseUrl = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Fill the shop with the demo's goods; a second run changes nothing."""
    with where(settings_from(database_url=database_url, data_dir=data_dir)) as url:
        seeded: Seeded = with_database(url, seed_database)
    if as_json:
        typer.echo(msgspec.json.encode(seeded))
    else:
        typer.echo(f"{seeded.products} products, {seeded.variants} variants; {seeded.units} units brought.")


def audit(
    seal: Annotated[
        str | None,
        typer.Option(help="A seal that was kept elsewhere, POSITION:HASH as printed or logged before."),
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Prove the books: every truth holds, and no deed was changed. Exit code 1 when something is broken."""
    kept = None if seal is None else _seal_in(seal)
    with where(settings_from(database_url=database_url, data_dir=data_dir), migrated=False) as url:
        try:
            books = with_database(url, lambda database: prove_books(database, kept=kept))
        except asyncpg.UndefinedTableError as error:
            typer.echo("This database has no books yet: is it the right one? (holdfast migrate)", err=True)
            raise typer.Exit(1) from error
    if as_json:
        chain = {"head": _shown(books.chain.head), "unsealed": books.chain.unsealed}
        found = {"truths": len(TRUTHS), "broken": books.broken, "chain": chain}
        typer.echo(msgspec.json.encode(found, enc_hook=str))
    else:
        print_audit(books.broken, Console())
        typer.echo(
            f"Sealed deeds end with {_shown(books.chain.head)}; {books.chain.unsealed} wait for a seal."
        )
    if books.broken:
        raise typer.Exit(1)


def doctor(
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Look at everything a shop needs to run; exit code 1 when something is wrong."""
    settings = settings_from(database_url=database_url, data_dir=data_dir)
    with where(settings, migrated=False) as url:
        try:
            waiting = pending(url)
        except MigrationFailed:
            waiting = []  # the findings say that the database does not answer
        findings = asyncio.run(examine(settings, url, waiting))
    if as_json:
        typer.echo(msgspec.json.encode(findings))
    else:
        table = Table("", "What", "Found", show_header=False, box=None)
        for finding in findings:
            table.add_row("[green]ok[/]" if finding.well else "[red]!![/]", finding.what, finding.found)
        Console().print(table)
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def print_audit(broken: list[Broken], console: Console) -> None:
    """One line when all is well, else each broken truth with its first rows."""
    if not broken:
        console.print(f"Audit: all {len(TRUTHS)} truths hold.")
        return
    for truth in broken:
        console.print(f"[red]Broken:[/] {truth.name}")
        for row in truth.rows:
            console.print(f"    {row}")


async def seed_database(database: Database) -> Seeded:
    """Seed in one transaction."""
    at = clock.now()
    return await transaction(database, lambda tx: seed(tx, actor="seed", at=at))


async def audit_database(database: Database) -> list[Broken]:
    """Everything that is broken: truths, and the chain of the audit as one more."""
    return (await prove_books(database)).broken


async def prove_books(database: Database, *, kept: deeds.Seal | None = None) -> Books:
    """Check the truths at one moment, and walk the chain; ``kept``: a seal known from elsewhere."""
    broken = await read(database, check_truths)
    chain = await read(database, lambda connection: deeds.walk(connection, kept=kept))
    if chain.broken is not None:
        broken = [*broken, Broken("the_audit_is_a_chain", [{"broken": chain.broken}])]
    return Books(broken, chain)


async def _grant(database: Database) -> None:
    async with database.pool.acquire() as connection:
        await roles.grant(connection)


def _seal_in(text: str) -> deeds.Seal:
    if not _SEAL.match(text):
        raise typer.BadParameter("must be POSITION:HASH", param_hint="--seal")
    position, _, digest = text.partition(":")
    return deeds.Seal(int(position), bytes.fromhex(digest))


def _shown(seal: deeds.Seal) -> str:
    return f"{seal.position}:{seal.hash.hex()}"


def with_database(url: str, use: Callable[[Database], Awaitable[T]]) -> T:
    """Run something that needs a database, from a command that is not async."""

    async def work() -> T:
        database = await connect(url, pool_size=2)
        try:
            return await use(database)
        finally:
            await database.close()

    return asyncio.run(work())

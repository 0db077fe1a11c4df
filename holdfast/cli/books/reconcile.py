"""``reconcile``: compare a provider's settlement file with the books."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from holdfast import audit, clock, ids
from holdfast.cli.books.prove import with_database
from holdfast.cli.options import AsJson, DatabaseUrl, DataDir, settings_from
from holdfast.cli.options import database_url as where
from holdfast.db.transaction import Database, read, transaction
from holdfast.payment.providers.offered import NAMES
from holdfast.payment.reconcile.match import Import, Reconciled, find_unsettled, match_lines
from holdfast.payment.reconcile.statement import KNOWN_COLUMNS, Columns, read_lines
from holdfast.shop_settings.keep_settings import read_rules

ACTOR = "command line"


def reconcile_command(
    provider: Annotated[str, typer.Option(help="Whose file it is, for example stripe.")],
    file: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The settlement file, CSV.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="What a column is called, for example amount=Gross. There are amount, currency, reference, "
            "id, kind, fee, net and date; an empty name says that the file has none."
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The files so far know every payment begun since…"),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="… and before this day (UTC).")
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare a provider's settlement file with the books; differences wait for a person."""
    if provider not in NAMES:
        raise typer.BadParameter(f"must be one of {', '.join(sorted(NAMES))}", param_hint="--provider")
    if (since is None) != (until is None):
        raise typer.BadParameter("--from and --until go together", param_hint="--until")
    columns = _columns(provider, column or [])
    stretch = (since.date(), until.date()) if since and until else None
    with where(settings_from(database_url=database_url, data_dir=data_dir)) as url:
        found = with_database(
            url,
            lambda database: reconcile(
                database, provider=provider, file=file, columns=columns, stretch=stretch
            ),
        )
    if as_json:
        typer.echo(msgspec.json.encode(found))
        return
    console = Console()
    console.print(f"{found.lines} lines, {found.new} of them new, {found.matched} as the books have them.")
    for kind, count in sorted(found.differences.items()):
        console.print(f"  {kind}: {count}")
    if found.differences:
        console.print("Each waits for a person: GET /api/v1/admin/differences")


async def reconcile(
    database: Database,
    *,
    provider: str,
    file: Path,
    columns: Columns,
    stretch: tuple[date, date] | None = None,
) -> Reconciled:
    """Match a file; then, for a stretch of days that the files cover, show what no file has named."""
    at = clock.now()
    rules = await read(database, read_rules)
    brought = Import(provider, file.name[:200], ACTOR)
    with file.open(encoding="utf-8-sig", newline="") as rows:
        found = await match_lines(database, read_lines(rows, columns), brought=brought, rules=rules, at=at)
    if stretch:
        first, last = (_first_id(day) for day in stretch)
        missing = await transaction(
            database,
            lambda tx: find_unsettled(tx, provider=provider, first_id=first, last_id=last, at=at),
        )
        if missing:
            found.differences["unsettled"] = len(missing)
    await transaction(
        database,
        lambda tx: audit.record(
            tx,
            actor=ACTOR,
            action="reconcile",
            subject=provider,
            at=at,
            detail={"file": brought.file, "lines": found.lines},
        ),
    )
    return found


def _columns(provider: str, given: list[str]) -> Columns:
    changes = dict(pair.partition("=")[::2] for pair in given)
    unknown = sorted(set(changes) - set(Columns.__struct_fields__))
    if unknown:
        raise typer.BadParameter(f"there is no {', '.join(unknown)}", param_hint="--column")
    return msgspec.structs.replace(KNOWN_COLUMNS.get(provider, Columns()), **changes)


def _first_id(day: date) -> str:
    """The smallest id of an attempt that could be born on this day (UTC)."""
    return ids.first_of("att", datetime.combine(day, time(), UTC))

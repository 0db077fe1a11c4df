"""``replay``: play a real shop's year through the HTTP API, and prove the books afterwards."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from holdfast.accounts.roles import Role
from holdfast.cli.books.prove import audit_database, print_audit, with_database
from holdfast.cli.crew import UNCOUNTED, crew, free_port
from holdfast.cli.options import settings_from
from holdfast.cli.people import make_key
from holdfast.cli.signals import unwind_on_sigterm
from holdfast.db import embedded
from holdfast.replay.play import replay
from holdfast.replay.read import UnknownFormatError
from holdfast.replay.report import Report, rendered
from holdfast.replay.send import NobodyAnswersError
from holdfast.replay.stocking import Stocking
from holdfast.replay.street import Progress as Step
from holdfast.replay.street import ShopRefusesError
from holdfast.watch.truths import TRUTHS, Broken

_HOST = "127.0.0.1"


class Outcome(msgspec.Struct, frozen=True):
    """What a replay came to, and whether the books are proved; ``broken`` is None where nobody could look."""

    report: Report
    truths: int
    broken: list[Broken] | None


class Shop(msgspec.Struct, frozen=True):
    """Where to play."""

    url: str
    api_key: str
    database_url: str


def replay_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The order lines, .csv or .csv.xz.")
    ],
    stock: Annotated[
        Stocking, typer.Option(help="'plenty' for what the file needs, 'scarce' for half of it.")
    ] = "plenty",
    url: Annotated[str, typer.Option(help="A running shop; without it one is started for the replay.")] = "",
    api_key: Annotated[
        str, typer.Option(help="A staff key of the shop at --url.", envvar="HOLDFAST_API_KEY")
    ] = "",
    database_url: Annotated[
        str,
        typer.Option(
            help="The database of the shop at --url, for the audit.", envvar="HOLDFAST_DATABASE_URL"
        ),
    ] = "",
    workers: Annotated[int, typer.Option(help="HTTP processes of a shop started for the replay.")] = 1,
    concurrency: Annotated[int, typer.Option(help="Orders in flight.")] = 32,
    ship: Annotated[bool, typer.Option(help="Send what was paid, everything of an order at once.")] = True,
    data_dir: Annotated[Path | None, typer.Option(help="Where a shop started for the replay lives.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result to this file, too.")
    ] = None,
) -> None:
    """Play a real shop's orders through the HTTP API: placed, paid at the sandbox, settled, shipped."""
    if url and not api_key:
        raise typer.BadParameter(
            "is needed with --url (holdfast user create makes one)", param_hint="--api-key"
        )
    unwind_on_sigterm()
    console = Console()
    own = _own_shop(data_dir, workers=workers)
    place = _given(Shop(url, api_key, database_url)) if url else own
    try:
        with place as shop, _bar(console) as progress:
            report = asyncio.run(
                replay(
                    file,
                    url=shop.url,
                    api_key=shop.api_key,
                    stock=stock,
                    concurrency=concurrency,
                    ship=ship,
                    progress=progress,
                )
            )
            broken = with_database(shop.database_url, audit_database) if shop.database_url else None
    except (UnknownFormatError, ShopRefusesError, NobodyAnswersError, OSError) as error:
        typer.echo(f"The replay ended early: {error}", err=True)
        raise typer.Exit(1) from error
    console.print(rendered(report))
    if broken is None:
        console.print("Audit: give --database-url to have the books proved, or run holdfast audit there.")
    else:
        print_audit(broken, console)
    if json_file:
        outcome = Outcome(report, len(TRUTHS), broken)
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(outcome, enc_hook=str)))
    if broken or not report.went_well:
        raise typer.Exit(1)


@contextmanager
def _given(shop: Shop) -> Iterator[Shop]:
    yield shop


@contextmanager
def _own_shop(data_dir: Path | None, *, workers: int) -> Iterator[Shop]:
    """A fresh shop that is thrown away afterwards."""
    folder = settings_from(data_dir=data_dir).data_dir / "replay"
    throw_away(folder)
    try:
        with crew(
            folder, host=_HOST, port=free_port(_HOST), sandbox_port=free_port(_HOST), workers=workers,
            settings={"HOLDFAST_LOG_LEVEL": "warning", **UNCOUNTED},
        ) as people:  # fmt: skip
            key = with_database(
                people.database_url,
                lambda database: make_key(
                    database, email="replay@example.com", role=Role.STAFF, label="replay"
                ),
            ).key
            yield Shop(people.url, key, people.database_url)
    finally:
        throw_away(folder)


def throw_away(folder: Path) -> None:
    """Remove what a replay left, also where root's data had to lie elsewhere."""
    if folder.exists():
        server = embedded.start(folder)
        server.stop()
        shutil.rmtree(server.home, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[Step], None]]:
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress)


class Bar:
    """A progress bar with a line per phase."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks = {phase: progress.add_task(phase, total=None, visible=False) for phase in PHASES}

    def __call__(self, step: Step) -> None:
        self._progress.update(
            self._tasks[step.phase], completed=step.done, total=step.total or None, visible=True
        )


PHASES = ("reading", "importing", "stocking", "playing", "settling", "shipping")

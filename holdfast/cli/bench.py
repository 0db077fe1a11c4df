"""``bench``: measure a shop of its own and its database side by side, against the bars."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from holdfast import clock
from holdfast.bench.measure import PARTS, measure
from holdfast.bench.report import rendered
from holdfast.bench.rig import Plan, Rig
from holdfast.bench.wrk import find_wrk
from holdfast.bench.wrong import BenchError
from holdfast.cli.crew import UNCOUNTED, Crew, free_port, hired, own_server
from holdfast.cli.options import settings_from
from holdfast.cli.play import throw_away
from holdfast.cli.signals import unwind_on_sigterm
from holdfast.db.embedded import EmbeddedServer
from holdfast.settings import DEV_SECRET

_HOST = "127.0.0.1"
_QUICK = Plan(seconds=3, warm_s=1, rounds=1, connections=(64,), clients=(16,), processes=(2,))
_LONG = ("growth", "memory")
WIDTH = 160  # of tables that go into a file
LOG = "bench.log"


def bench_command(
    only: Annotated[
        str, typer.Option(help=f"Parts to measure, comma separated: {', '.join(PARTS)}. None: all.")
    ] = "",
    quick: Annotated[
        bool, typer.Option("--quick", help="One short run each, without growth and memory: does it work?")
    ] = False,
    seconds: Annotated[int | None, typer.Option(min=1, max=600, help="Seconds of a run.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, max=20, help="Runs of which the best counts.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the shop under test lives for a while.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result to this file, too.")
    ] = None,
) -> None:
    """Measure Holdfast over HTTP, and beside it the same database written one by one.

    Needs wrk (sudo apt-get install wrk). Exit code 1 when answers were wrong or a truth broke.
    """
    unwind_on_sigterm()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    plan = _changed(_QUICK if quick else Plan(), seconds=seconds, rounds=rounds)
    parts = _parts(only, quick=quick)
    home = settings_from(data_dir=data_dir).data_dir
    try:
        find_wrk()
        with _own_rig(home, plan, console) as rig:
            report = measure(rig, parts, at=clock.now())
    except BenchError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    console.print(rendered(report))
    if json_file:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    for part in report.wrong:
        typer.echo(f"Measured nothing: {part}\nWhat the processes said stands in {home / LOG}", err=True)
    if report.wrong:
        raise typer.Exit(1)


def _parts(only: str, *, quick: bool) -> list[str]:
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        raise typer.BadParameter(
            f"{', '.join(unknown)}: choose among {', '.join(PARTS)}", param_hint="--only"
        )
    return wanted or [name for name in PARTS if not (quick and name in _LONG)]


def _changed(plan: Plan, **given: int | None) -> Plan:
    return msgspec.structs.replace(plan, **{name: n for name, n in given.items() if n is not None})


@contextmanager
def _own_rig(home: Path, plan: Plan, console: Console) -> Iterator[Rig]:
    """A durable server of its own, thrown away afterwards."""
    folder, log = home / "bench", home / LOG
    throw_away(folder)
    log.unlink(missing_ok=True)
    try:
        with own_server(folder) as server, TemporaryDirectory() as papers, console.status("") as status:
            yield Rig(
                server,
                lambda database, processes: _shop(server, database, processes, log),
                folder=Path(papers),
                plan=plan,
                say=status.update if console.is_terminal else _tell,
            )
    finally:
        throw_away(folder)


def _tell(what: str) -> None:
    """Progress where nobody watches a line change: one line each, with the time."""
    typer.echo(f"{clock.now():%H:%M:%S} {what}", err=True)


def _shop(server: EmbeddedServer, database: str, processes: int, log: Path) -> AbstractContextManager[Crew]:
    """A shop whose bank keeps nothing and pays at once; the tokens of its buyers are made by a known key.

    It believes the load generator as it would a proxy, so that requests come from any address.
    """
    return hired(
        server, database, host=_HOST, port=free_port(_HOST), sandbox_port=free_port(_HOST), workers=processes,
        bank=["--auto", "succeed"], log=log,
        settings={"HOLDFAST_LOG_LEVEL": "warning", "HOLDFAST_SECRET_KEY": DEV_SECRET,
                  "HOLDFAST_TRUSTED_PROXIES": _HOST, **UNCOUNTED},
    )  # fmt: skip

"""The options that several commands share, and what they lead to: settings and a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from holdfast.db import embedded
from holdfast.db.migrate import migrate
from holdfast.errors.running import SettingsInvalid
from holdfast.settings import Settings, read_settings

DATABASE = "holdfast"

DatabaseUrl = Annotated[
    str | None,
    typer.Option(help="PostgreSQL to use; without it the embedded one (env HOLDFAST_DATABASE_URL)."),
]
DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the embedded PostgreSQL lives (env HOLDFAST_DATA_DIR, default .holdfast)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def settings_from(
    *, database_url: str | None = None, data_dir: Path | None = None, **given: object
) -> Settings:
    """The environment's settings with what was given on the command line; exits 1 naming what is wrong."""
    try:
        settings = read_settings()
    except SettingsInvalid as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from problem
    changes = {"database_url": database_url, "data_dir": data_dir, **given}
    return msgspec.structs.replace(settings, **{k: v for k, v in changes.items() if v is not None})


@contextmanager
def database_url(settings: Settings, *, migrated: bool = True) -> Iterator[str]:
    """The address of a running database; an embedded server that we had to start is stopped afterwards."""
    if settings.database_url:
        yield settings.database_url
        return
    with embedded_server(settings.data_dir) as server:
        server.ensure_database(DATABASE)
        url = server.url(DATABASE)
        if migrated:
            migrate(url)
        yield url


@contextmanager
def embedded_server(data_dir: Path) -> Iterator[embedded.EmbeddedServer]:
    """A running embedded server; one that was running before goes on running."""
    was_running = embedded.is_running(data_dir)
    server = embedded.start(data_dir)
    try:
        yield server
    finally:
        if not was_running:
            server.stop()

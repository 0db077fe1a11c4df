"""The options that several commands share, and how they override the environment."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from holdfast.errors import SettingsInvalid
from holdfast.settings import Settings, read_settings

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

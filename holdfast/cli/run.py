"""``serve``, ``work`` and ``sandbox``: the processes of a shop."""

import asyncio
import os
import signal
import socket
from pathlib import Path
from typing import Annotated, Literal

import structlog
import typer
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from litestar import Litestar

from holdfast import work
from holdfast.cli.options import DatabaseUrl, DataDir, settings_from
from holdfast.cli.options import database_url as where
from holdfast.cli.signals import end_with
from holdfast.errors.running import DatabaseAway
from holdfast.limits import CONNECTIONS_MAX
from holdfast.process import open_process
from holdfast.sandbox import serve as sandbox_serve
from holdfast.sandbox.app import BANKS
from holdfast.sandbox.config import SandboxConfig, SettingsChange
from holdfast.settings import Settings, read_settings
from holdfast.watch.logs import set_up_logs
from holdfast.web.app import create_app
from holdfast.web.guard.server import allow_connections, http1

log = structlog.get_logger()

_AGAIN_AFTER_S = 1
_STOP_WITHIN_S = 10  # a worker that is told to stop while it still starts does not hear it


def application() -> Litestar:
    """What every HTTP process runs; its settings come by the environment."""
    settings = read_settings()
    set_up_logs(settings.log_level, secrets=settings.secrets())
    return create_app(settings, settings.database_url)


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on (env HOLDFAST_HOST, default 127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Port to listen on (env HOLDFAST_PORT, default 8000)."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="HTTP processes (env HOLDFAST_WORKERS, default 1).")
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the shop's HTTP API."""
    settings = settings_from(
        database_url=database_url, data_dir=data_dir, host=host, port=port, workers=workers
    )
    _see_that_the_port_is_free(settings)
    end_with(settings.parent_pid)
    with where(settings) as url:
        os.environ["HOLDFAST_DATABASE_URL"] = url
        allow_connections()
        os.environ.pop("HOLDFAST_DATABASE_URL_FILE", None)
        os.environ["HOLDFAST_HOST"], os.environ["HOLDFAST_PORT"] = settings.host, str(settings.port)
        typer.echo(f"Holdfast serves http://{settings.host}:{settings.port} (reference at /docs)", err=True)
        Granian(
            "holdfast.cli.run:application",
            factory=True,
            address=settings.host,
            port=settings.port,
            workers=settings.workers,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=_STOP_WITHIN_S,
            backpressure=CONNECTIONS_MAX,
            http=HTTPModes.http1,
            http1_settings=http1(),
            log_level=LogLevels.error,
        ).serve()


def work_command(database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """Do the jobs and keep the timetable; run as many as you like."""
    settings = settings_from(database_url=database_url, data_dir=data_dir)
    set_up_logs(settings.log_level, secrets=settings.secrets())
    end_with(settings.parent_pid)
    with where(settings) as url:
        asyncio.run(_work(settings, url))


def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8002,
    shop_url: Annotated[
        str, typer.Option(help="The shop that is told: signed events go to its /webhooks/{bank}.")
    ] = "http://127.0.0.1:8000",
    journal: Annotated[
        Path | None, typer.Option(help="A file to remember payments in; none: memory.")
    ] = None,
    auto: Annotated[
        Literal["succeed"] | None, typer.Option(help="Pay every payment at once, for load.")
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these event types of a bank: stripe=charge.succeeded,refund.failed (repeatable)."
        ),
    ] = None,
    retry_scale: Annotated[
        float, typer.Option(help="Multiplies the gaps of each provider's own webhook retries.")
    ] = 0.001,
) -> None:
    """Run the test bank: it speaks the protocols of payment providers, and misbehaves on demand."""
    config = SandboxConfig(
        host=host,
        port=port,
        shop_url=shop_url,
        journal=journal,
        auto=auto == "succeed",
        retry_scale=retry_scale,
        banks=dict(_subscribed(text) for text in events or ()),
    )
    end_with(settings_from().parent_pid)
    typer.echo(f"The sandbox answers at http://{host}:{port}", err=True)
    try:
        sandbox_serve.run(config)
    except OSError as error:
        typer.echo(f"The sandbox cannot start: {error}", err=True)
        raise typer.Exit(1) from error


def _subscribed(text: str) -> tuple[str, SettingsChange]:
    bank, given, events = text.partition("=")
    if not given or bank not in BANKS:
        hint = f"{text}: say BANK=TYPE,TYPE, where the bank is one of {', '.join(BANKS)}"
        raise typer.BadParameter(hint, param_hint="--events")
    return bank, SettingsChange(enabled_events=tuple(event for event in events.split(",") if event))


async def _work(settings: Settings, url: str) -> None:
    """Work until told to stop; a database that went away is waited for."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            async with open_process(settings, url) as process:
                log.info("work.started")
                await work.run(process, stop)
        except DatabaseAway:
            log.warning("work.database_away")
        except Exception:
            log.exception("work.interrupted")
        if not stop.is_set():
            await asyncio.sleep(_AGAIN_AFTER_S)


def _see_that_the_port_is_free(settings: Settings) -> None:
    """On Linux the port is shared: a second server would start silently and take half the requests."""
    try:
        with socket.create_server((settings.host, settings.port)):
            return
    except OSError as error:
        typer.echo(f"{settings.host}:{settings.port} is taken ({error.strerror}); try --port", err=True)
        raise typer.Exit(1) from error

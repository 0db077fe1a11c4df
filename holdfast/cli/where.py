"""Where the database is: the URL that was given, or the embedded PostgreSQL of the data directory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdfast.db import embedded
from holdfast.db.migrate import migrate
from holdfast.settings import Settings

DATABASE = "holdfast"


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

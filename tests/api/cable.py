"""The cable between a shop and its database, which a test can cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from tests.ports import free_port


class Cable:
    """A relay on a port of its own; while it is cut, nobody listens there."""

    def __init__(self, database_url: str) -> None:
        self._there = urlsplit(database_url)
        self._port = free_port()
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The database as it is reached through the cable."""
        netloc = self._there.netloc.replace(f":{self._there.port}", f":{self._port}")
        return self._there._replace(netloc=netloc).geturl()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)

    async def cut(self) -> None:
        assert self._server is not None, "it is whole"
        self._server.close()
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(self._there.hostname, self._there.port)
        self._ends |= {writer, there_writer}
        for source, target in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(_carry(source, target))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.close()


@asynccontextmanager
async def cable(database_url: str) -> AsyncIterator[Cable]:
    """A whole cable, until the block ends."""
    laid = Cable(database_url)
    await laid.mend()
    try:
        yield laid
    finally:
        await laid.cut()

"""A server that gives exactly the answer it was told to, and remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

HANG, HANG_UP, TRICKLE = b"hang", b"hang up", b"trickle"


class Told:
    """A server that gives one answer, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, str, dict[str, str], dict[str, Any]]] = []
        self.status = 200
        self.body = b""

    def answer(self, status: int, body: object) -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._hear(reader)
            await self._reply(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client gave up, before it asked or while it was answered, as some tests want
        finally:
            writer.close()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        method, path, _ = first.split(" ")
        is_json = headers.get("content-type") == "application/json"
        asked = json.loads(body) if is_json else dict(parse_qsl(body, strict_parsing=bool(body)))
        self.asked.append((method, path, headers, asked))

    async def _reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.body == HANG_UP:
            return
        if self.body == HANG:
            await reader.read()
            return
        if self.body == TRICKLE:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
            while not reader.at_eof():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
            return
        head = f"HTTP/1.1 {self.status} Told\r\nRequest-Id: req_1\r\nContent-Length: {len(self.body)}\r\n"
        writer.write(head.encode() + b"Location: /elsewhere\r\nConnection: close\r\n\r\n" + self.body)
        await writer.drain()


@asynccontextmanager
async def told() -> AsyncGenerator[Told]:
    """The server on a free port, with its address in ``url``."""
    script = Told()
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield script
    server.close()
    await server.wait_closed()

"""Bytes on a socket, as a well-behaved client would never send them."""

import asyncio
import re
from contextlib import suppress
from urllib.parse import urlsplit

from tests.house import Shop

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


class Heard:
    """What a server sent until it hung up, or until nothing more came."""

    def __init__(self, data: bytes, *, hung_up: bool) -> None:
        self.data, self.hung_up = data, hung_up

    @property
    def statuses(self) -> list[int]:
        """Of every answer in it."""
        return [int(status) for status in _STATUS.findall(self.data)]


async def connect(shop: Shop) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to a shop's port."""
    where = urlsplit(shop.url)
    assert where.hostname is not None
    return await asyncio.open_connection(where.hostname, where.port)


async def listen(reader: asyncio.StreamReader, *, within_s: float) -> Heard:
    """Everything until the end, or until the time is over."""
    data = b""
    try:
        async with asyncio.timeout(within_s):
            while part := await reader.read(65_536):
                data += part
    except TimeoutError:
        return Heard(data, hung_up=False)
    except ConnectionError:
        pass  # hung up while we still wrote
    return Heard(data, hung_up=True)


async def say(shop: Shop, data: bytes, *, within_s: float = 1.0) -> Heard:
    """Send bytes on a connection of its own."""
    reader, writer = await connect(shop)
    try:
        with suppress(ConnectionError):  # refused before it was all sent
            writer.write(data)
            await writer.drain()
        return await listen(reader, within_s=within_s)
    finally:
        writer.close()


def head(line: str, *headers: str) -> bytes:
    """A request line and headers as they go over the wire."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: shop.example", *headers, "", ""]).encode("latin-1")

"""Sending webhooks: a bounded number in flight, tried again until it is accepted or given up.

Owns the queue and the connections; leaves to each provider when it tries again, what is sent and how it
is signed, anew for every try. The order of arrival is promised to nobody. The HTTP client is written out
here because a webhook needs no more than an answer's status, and a general client costs fifty times the
CPU, on cores that a load test shares with the shop.
"""

import asyncio
import ssl
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

REORDER_SECONDS_MAX = 2.0
"""How long a held-back event waits for another to overtake it."""
ANSWER_HEAD_BYTES_MAX = 65_536
ANSWER_BODY_BYTES_MAX = 1_048_576
HUNG_UP = 0
TIMED_OUT = -1


class Post(Struct, frozen=True):
    """One try: where to, with which headers and which bytes."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Delivery(Struct, eq=False):
    """One event on its way to one endpoint."""

    prepare: Callable[[int], Post | None]
    """Makes the try with this number, counted from 0; none: there is no endpoint now."""
    settle: Callable[[bool], None]
    """Told once: true after an answer that is accepted, false after the last try."""
    accepts: Container[int]
    """The statuses that are a yes."""
    patience_seconds: float
    """How long an answer is waited for."""
    gap_seconds: Callable[[int], float | None]
    """The wait after so many tries; none: it was the last."""
    tries: int = 0


class Deliverer:
    """A queue of deliveries and the workers that empty it."""

    def __init__(self, *, in_flight: int) -> None:
        """At most `in_flight` posts at once."""
        self._in_flight = in_flight
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        self._held: list[Delivery] = []
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the workers on the running loop."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._in_flight)]

    async def stop(self) -> None:
        """Stop the workers; what has not arrived is the journal's matter."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def send(self, delivery: Delivery, *, after_ms: int = 0) -> None:
        """Deliver, now or later."""
        self._enqueue(delivery, after_ms / 1000)

    def send_after_next(self, delivery: Delivery) -> None:
        """Deliver only when another event has arrived, so that the two change places."""
        self._held.append(delivery)
        asyncio.get_running_loop().call_later(REORDER_SECONDS_MAX, self._release_held)

    def _enqueue(self, delivery: Delivery, seconds: float) -> None:
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, self._queue.put_nowait, delivery)
        else:
            self._queue.put_nowait(delivery)

    def _release_held(self) -> None:
        held, self._held = self._held, []
        for delivery in held:
            self._queue.put_nowait(delivery)

    async def _work(self) -> None:
        line = _Line()
        try:
            while True:
                delivery = await self._queue.get()
                post = delivery.prepare(delivery.tries)
                status = HUNG_UP if post is None else await line.send(post, delivery.patience_seconds)
                delivery.tries += 1
                if status in delivery.accepts:
                    delivery.settle(True)
                    self._release_held()
                elif (gap := delivery.gap_seconds(delivery.tries)) is not None:
                    self._enqueue(delivery, gap)
                else:
                    delivery.settle(False)
        finally:
            line.close()


class _Line:
    """One kept-alive connection of one worker."""

    def __init__(self) -> None:
        self._peer: tuple[str, str] | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, post: Post, patience_seconds: float) -> int:
        """The answer's status, or HUNG_UP or TIMED_OUT."""
        address = urlsplit(post.url)
        reused = self._writer is not None and self._peer == (address.scheme, address.netloc)
        status = await self._try(address, post, patience_seconds)
        if (
            status == HUNG_UP and reused
        ):  # the other side may have closed an idle connection: that is no failure
            status = await self._try(address, post, patience_seconds)
        return status

    async def _try(self, address: SplitResult, post: Post, patience_seconds: float) -> int:
        try:
            async with asyncio.timeout(patience_seconds):
                reader, writer = await self._connect(address)
                writer.write(_request_bytes(address, post))
                await writer.drain()
                return await self._answer(reader)
        except TimeoutError:
            self.close()
            return TIMED_OUT
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            self.close()
            return HUNG_UP

    async def _connect(self, address: SplitResult) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._peer != (address.scheme, address.netloc):
            self.close()
        if self._reader is None or self._writer is None:
            secure = address.scheme == "https"
            self._reader, self._writer = await asyncio.open_connection(
                address.hostname,
                address.port or (443 if secure else 80),
                ssl=ssl.create_default_context() if secure else None,
                limit=ANSWER_HEAD_BYTES_MAX,
            )
            self._peer = (address.scheme, address.netloc)
        return self._reader, self._writer

    async def _answer(self, reader: asyncio.StreamReader) -> int:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        protocol, status, *_ = head.split(None, 2)
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), None
        )
        if (
            length is None
            or length > ANSWER_BODY_BYTES_MAX
            or protocol != b"http/1.1"
            or b"connection: close" in head
        ):
            self.close()  # the body is nobody's business, and its end is not worth looking for
        else:
            await reader.readexactly(length)
        return int(status)

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            with suppress(OSError, RuntimeError):  # the loop may be closing too
                self._writer.close()
        self._peer = self._reader = self._writer = None


def _request_bytes(address: SplitResult, post: Post) -> bytes:
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    lines = [f"POST {path} HTTP/1.1", f"Host: {address.netloc}", f"Content-Length: {len(post.body)}"]
    lines += [f"{name}: {value}" for name, value in post.headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + post.body

"""Orders while somebody guesses passwords from ten addresses, in turns with orders that nobody disturbs.

Rate limits are off, as in every part, so that only the delays after failures (``lockout.py``) keep guesses
from being hashed; every run guesses from addresses that have not failed yet, which is the worst of times.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from holdfast.bench.figures import Fact, Figure, Run
from holdfast.bench.parts import loads
from holdfast.bench.rig import Load, Rig, Stand
from holdfast.bench.wrong import WrongAnswers

ADDRESSES = 10
PER_SECOND = 50
_REFUSED = HTTPStatus.UNAUTHORIZED
_HEAD = (
    "POST /api/v1/account/login HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: {}\r\n"
    "Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n"
)
_EXPECTED = {_REFUSED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


def measure(rig: Rig) -> list[Figure | Fact]:
    processes = rig.plan.processes[0]
    with rig.fresh_shop(processes) as stand:
        guessing = _Guessing(stand)
        disturbed = f"orders, {PER_SECOND} wrong log-ins a second"
        figures = stand.in_turns(
            [
                loads.orders(stand, "logins.none", "orders, in turns with wrong log-ins"),
                Load("logins.orders", disturbed, processes, rig.plan.connections[-1:], guessing.orders),
            ]
        )
    answers = ", ".join(f"{count:,} answered {status}" for status, count in sorted(guessing.answers.items()))
    compared = Fact(
        key="logins.compared",
        what="wrong log-ins that were hashed, of all",
        value=100 * guessing.answers[_REFUSED] / guessing.asked,
        unit="%",
        detail=(f"{guessing.asked:,} asked", answers),
    )
    return [*figures, compared]


class _Guessing:
    """Wrong log-ins at a steady rate, each run from ten addresses of its own."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self.answers: Counter[int] = Counter()
        self.asked = 0

    def orders(self, connections: int, seconds: int) -> Run:
        """Place orders while the guesses come."""
        with self._going_on():
            return loads.place(self._stand, connections, seconds)

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        number, over = self._stand.rig.next_run(), threading.Event()
        failed: list[Exception] = []

        def guess() -> None:
            try:
                asyncio.run(self._guess(number, over))
            except (OSError, ValueError, WrongAnswers) as error:
                failed.append(error)

        thread = threading.Thread(target=guess)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if failed:
            raise WrongAnswers(f"wrong log-ins: {failed[0]!r}")

    async def _guess(self, number: int, over: threading.Event) -> None:
        """Ask at fixed moments, however long the answers take (an open loop); who still waits then goes."""
        loop = asyncio.get_running_loop()
        began, asked, asks = loop.time(), 0, set[asyncio.Task[None]]()
        while not over.is_set():
            asks.add(asyncio.create_task(self._ask(number, asked)))
            asked += 1
            await asyncio.sleep(max(0.0, began + asked / PER_SECOND - loop.time()))
        done, waiting = await asyncio.wait(asks, timeout=0)
        for ask in waiting:
            ask.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        self.asked += asked
        for ask in done:
            ask.result()

    async def _ask(self, number: int, asked: int) -> None:
        """One guess, over a connection of its own; a client that can more takes more of the cores."""
        address = f"10.{number // 256}.{number % 256}.{asked % ADDRESSES + 1}"
        body = f'{{"email":"guess-{number}-{asked}@example.com","password":"wrong horse battery staple"}}'
        where = urlsplit(self._stand.shop.url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        try:
            writer.write(_HEAD.format(where.netloc, address, len(body)).encode() + body.encode())
            _, status, _ = (await reader.readline()).split(b" ", 2)
        finally:
            writer.close()
        if int(status) not in _EXPECTED:
            raise WrongAnswers(f"a wrong log-in was answered {status.decode()}")
        self.answers[int(status)] += 1

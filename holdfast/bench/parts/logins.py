"""Orders while somebody guesses passwords from ten addresses, in turns with orders that nobody disturbs.

Rate limits are off, as in every part, so that only the delays after failures (``lockout.py``) keep guesses
from being hashed; every run guesses from addresses that have not failed yet, which is the worst of times.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from holdfast.bench.figures import Fact, Figure, Run
from holdfast.bench.parts import loads
from holdfast.bench.rig import Load, Rig, Stand
from holdfast.bench.wrong import WrongAnswers

ADDRESSES = 10
PER_SECOND = 50
ANSWERED_WITHIN_S = 600
_REFUSED = httpx.codes.UNAUTHORIZED
_EXPECTED = {_REFUSED, httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}


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
    answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(guessing.answers.items()))
    compared = Fact(
        key="logins.compared",
        what="wrong log-ins that were hashed, of all",
        value=100 * guessing.answers[_REFUSED] / guessing.answers.total(),
        unit="%",
        detail=(answers,),
    )
    return [*figures, compared]


class _Guessing:
    """Wrong log-ins at a steady rate, each run from ten addresses of its own."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self.answers: Counter[int] = Counter()

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
            except* (httpx.HTTPError, WrongAnswers) as group:
                failed.extend(group.exceptions)

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
        """Ask at fixed moments, however long the answers take (an open loop)."""
        loop = asyncio.get_running_loop()
        began, asked = loop.time(), 0
        url = self._stand.shop.url
        async with (
            httpx.AsyncClient(base_url=url, timeout=ANSWERED_WITHIN_S) as client,
            asyncio.TaskGroup() as asks,
        ):
            while not over.is_set():
                asks.create_task(self._ask(client, number, asked))
                asked += 1
                await asyncio.sleep(max(0.0, began + asked / PER_SECOND - loop.time()))

    async def _ask(self, client: httpx.AsyncClient, number: int, asked: int) -> None:
        address = f"10.{number // 256}.{number % 256}.{asked % ADDRESSES + 1}"
        answer = await client.post(
            "/api/v1/account/login",
            json={"email": f"guess-{number}-{asked}@example.com", "password": "wrong horse battery staple"},
            headers={"X-Forwarded-For": address},
        )
        if answer.status_code not in _EXPECTED:
            raise WrongAnswers(f"a wrong log-in was answered {answer.status_code}: {answer.text[:200]}")
        self.answers[answer.status_code] += 1

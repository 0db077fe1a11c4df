"""Group commit: concurrent requests of one kind written by one transaction.

No timer: when a slot is free a batch starts with what is there, and what arrives meanwhile
forms the next. A lone request waits for nobody, and batches grow with the load. Those who only
look are batched in the same way: concurrent reads of one kind are one query.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar, cast

import structlog

from holdfast.db.queries import Transaction
from holdfast.db.transaction import Database, read, transaction
from holdfast.errors.problem import Problem
from holdfast.errors.running import DatabaseAway, Overloaded
from holdfast.limits import BATCH_REQUESTS_MAX, BATCHES_IN_FLIGHT_MAX, QUEUE_REQUESTS_MAX

Request = TypeVar("Request")
Answer = TypeVar("Answer")

log = structlog.get_logger()


class GroupCommit(Generic[Request, Answer]):
    """Collects requests and hands them to ``handle(tx, requests) -> answers``, one transaction for all.

    ``handle`` answers in the order of its requests; a Problem is that request's own answer. If
    the transaction as a whole fails, each request is tried alone, so that one bad request never
    harms its neighbours; only a database that is away fails them all, at once. With
    ``looks_only`` there is no transaction: the handler gets a connection, for queries.
    """

    def __init__(
        self,
        database: Database,
        handle: Callable[[Transaction, list[Request]], Awaitable[Sequence[Answer | Problem]]],
        *,
        name: str,
        looks_only: bool = False,
        batch_max: int = BATCH_REQUESTS_MAX,
        in_flight_max: int = BATCHES_IN_FLIGHT_MAX,
        queue_max: int = QUEUE_REQUESTS_MAX,
    ) -> None:
        self.name = name
        self.batches = 0
        self.requests = 0
        self._database, self._handle = database, handle
        self._run = read if looks_only else transaction
        self._batch_max, self._in_flight_max, self._queue_max = batch_max, in_flight_max, queue_max
        self._queue: deque[tuple[Request, asyncio.Future[Answer | BaseException]]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False

    async def submit(self, request: Request) -> Answer:
        """Have the request committed with its neighbours; raise its Problem, or Overloaded if too many wait.

        A caller that is cancelled does not undo the batch.
        """
        if self._closed or len(self._queue) >= self._queue_max:
            raise Overloaded
        future: asyncio.Future[Answer | BaseException] = asyncio.get_running_loop().create_future()
        self._queue.append((request, future))
        if len(self._running) < self._in_flight_max:
            task = asyncio.create_task(self._drain())
            self._running.add(task)
        answer = await future
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def close(self) -> None:
        """Refuse what is new and finish what was accepted."""
        self._closed = True
        while self._running:
            await asyncio.wait(self._running)

    async def _drain(self) -> None:
        try:
            while self._queue:
                size = min(self._batch_max, len(self._queue))
                batch = [self._queue.popleft() for _ in range(size)]
                answers = await self._commit([request for request, _ in batch])
                for (_, future), answer in zip(batch, answers, strict=True):
                    if not future.cancelled():
                        future.set_result(answer)
        finally:
            # In one breath with the last look at the queue: by a done-callback, a request that came in
            # between would see the slot taken and wait until the next one came.
            self._running.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _commit(self, requests: list[Request]) -> Sequence[Answer | BaseException]:
        self.batches += 1
        self.requests += len(requests)

        async def work(tx: Transaction) -> Sequence[Answer | BaseException]:
            answers = await self._handle(tx, requests)
            assert len(answers) == len(requests), "every request has its answer, or nothing is committed"
            return answers

        try:
            return await self._run(self._database, work)
        except DatabaseAway:
            return [DatabaseAway() for _ in requests]
        except Exception as error:
            if len(requests) > 1:
                log.info(
                    "group_commit.split",
                    kind=self.name,
                    requests=len(requests),
                    error=type(error).__name__,
                )
                return [(await self._commit([request]))[0] for request in requests]
            if not isinstance(error, Problem):
                log.exception("group_commit.failed", kind=self.name)
            return [error]

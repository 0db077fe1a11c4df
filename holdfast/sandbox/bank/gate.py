"""What every API call passes: the faults of calls, and keys that make a call happen once.

One call runs from its key to its answer on one event loop, so that it acts at once and whole; only
faults make it wait. How a caller proves who they are, how parameters are read and how a refusal looks is
each provider's own.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec
from litestar import Request, Response, Router
from litestar.handlers import HTTPRouteHandler
from msgspec import Raw, Struct

from holdfast.sandbox.bank.books import Books, KeptAnswer, seconds
from holdfast.sandbox.bank.faults import Operation

OVERTAKING_SECONDS_MAX = 5.0
NEVER_MS = 60_000
DELAY_MS = 1_000
GARBAGE = b"<html><body>502 somewhere else</body></html>"

HttpCall: TypeAlias = Request[Any, Any, Any]
encode = msgspec.json.Encoder().encode


class Answer(Struct, frozen=True):
    """What a call is answered."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


Act: TypeAlias = Callable[[], Answer]


class Refused(Exception):
    """The API says no; `kept` says that the call had begun to act, so that its key remembers it."""

    def __init__(
        self, status: int, body: Struct, *, kept: bool = False, headers: Mapping[str, str] | None = None
    ) -> None:
        """Refuse with this HTTP status, body and headers."""
        super().__init__(status, body)
        self.answer = Answer(status, encode(body), headers or {})
        self.kept = kept


class Call(Struct):
    """What is known of a call while it runs."""

    on: Operation
    payment: str | None = None
    """The payment that it names; set by what it does when it creates one."""
    key: str | None = None
    """The idempotency key."""
    asked: str = ""
    """A fingerprint of what is asked under the key."""
    latest: Callable[[bytes], Answer] | None = None
    """What a repeat under the key is answered, by the body of the first answer; none: that answer again."""


class Dialect(Struct, frozen=True, kw_only=True):
    """How one provider says what all of them say."""

    rate_limited: Callable[[], Refused]
    conflict: Callable[[], Refused]
    """Something about the same thing, or under the same key, is still running: 409."""
    broken: Callable[[int], Refused]
    """The provider's own fault, with this status."""
    key_reused: Callable[[], Refused]
    """The key came first with another request."""
    key_kept_seconds: int = 24 * 3_600
    replayed: Mapping[str, str] = {}
    """Headers of an answer that is given once more."""


async def answer(
    books: Books,
    dialect: Dialect,
    call: Call,
    read: Callable[[], Awaitable[Act]],
    *,
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    """Let a call in, act, and answer; `read` checks who calls and what is asked, and answers what to do."""
    try:
        act = await read()
        if books.faults.take("error_429", call.payment, on=call.on):
            raise dialect.rate_limited()
        if books.faults.take("conflict_409", call.payment, on=call.on):
            raise dialect.conflict()
        given = await (_act if call.key is None else _act_once)(books, dialect, call, act)
    except Refused as error:
        given = error.answer
    await let_overtake(books)
    return await _respond(books, call, given, headers or {})


async def let_overtake(books: Books) -> None:
    """Wait for events that were asked to arrive before the answer of the call that caused them."""
    waited, books.held_answers = books.held_answers, []
    if waited:
        arrivals = [asyncio.create_task(event.wait()) for event in waited]
        _, late = await asyncio.wait(arrivals, timeout=OVERTAKING_SECONDS_MAX)
        for task in late:
            task.cancel()


def fingerprint(*asked: object) -> str:
    """The same for the same request, and for no other."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()


async def _act_once(books: Books, dialect: Dialect, call: Call, act: Act) -> Answer:
    key = call.key
    assert key is not None, "an idempotent call has a key"
    if key in books.running_keys:
        raise dialect.conflict()
    kept = books.answers.get(key)
    if kept is not None and kept.created > seconds() - dialect.key_kept_seconds:
        if kept.asked != call.asked:
            raise dialect.key_reused()
        if call.latest is not None:
            return call.latest(bytes(kept.body))
        return Answer(kept.status, bytes(kept.body), dialect.replayed)
    books.running_keys.add(key)
    try:
        given = await _act(books, dialect, call, act)
    except Refused as error:
        given = error.answer
        if not error.kept:
            return given
    finally:
        books.running_keys.discard(key)
    books.save(
        KeptAnswer(
            id=key, asked=call.asked, status=given.status, body=Raw(given.body or b"null"), created=seconds()
        )
    )
    return given


async def _act(books: Books, dialect: Dialect, call: Call, act: Act) -> Answer:
    if delay := books.faults.take("delay", call.payment, on=call.on):
        await asyncio.sleep(delay.delay_ms(DELAY_MS) / 1000)
    if never := books.faults.take("timeout_before_effect", call.payment, on=call.on):
        await asyncio.sleep(never.delay_ms(NEVER_MS) / 1000)
        raise dialect.broken(504)
    if books.faults.take("error_500", call.payment, on=call.on):
        raise dialect.broken(500)
    if books.faults.take("error_503", call.payment, on=call.on):
        raise dialect.broken(503)
    return act()


async def _respond(books: Books, call: Call, given: Answer, headers: Mapping[str, str]) -> Response[bytes]:
    headers = {**headers, **given.headers}
    if never := books.faults.take("timeout_after_effect", call.payment, on=call.on):
        await asyncio.sleep(never.delay_ms(NEVER_MS) / 1000)
    if books.faults.take("garbage", call.payment, on=call.on):
        return Response(GARBAGE, media_type="text/html", headers=headers)
    return Response(given.body, status_code=given.status, media_type="application/json", headers=headers)


class Route(Struct, frozen=True):
    """One address of an API, and what it does there, in the provider's own terms."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    act: Callable[..., Any]
    on: Operation = "read"


def router(
    path: str, routes: Sequence[Route], handle: Callable[[HttpCall, Route], Awaitable[Response[Any]]]
) -> Router:
    """The addresses of an API; every call of them goes to `handle`."""
    return Router(path, route_handlers=[_handler(route, handle) for route in routes])


def _handler(route: Route, handle: Callable[[HttpCall, Route], Awaitable[Response[Any]]]) -> HTTPRouteHandler:
    async def run(request: HttpCall) -> Response[Any]:
        return await handle(request, route)

    return HTTPRouteHandler(route.path, http_method=route.method, status_code=200)(run)

"""The way to the shop: whose key is shown, connections, asking and reading answers."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeVar

import httpx
import msgspec

from holdfast.replay.send import TIMEOUT, send
from holdfast.replay.wire import ProblemAnswer

Item = TypeVar("Item")
Done = TypeVar("Done")


Phase = Literal["reading", "importing", "stocking", "playing", "settling", "shipping", "returning"]


class Progress(msgspec.Struct, frozen=True):
    """How far a phase is, in products, stock lines, happenings, orders or returns; 0 of 0 is unknown."""

    phase: Phase
    done: int
    total: int


Told = Callable[[Progress], None]


class ShopRefusesError(Exception):
    """The shop did not do what a replay cannot go on without."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the shop is and who we are there.

    `run` begins every idempotency key, so that the same file played again finds its own orders.
    """

    url: str
    api_key: str
    run: str
    tls: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Street:
    """A way to the shop (with the staff key) and to the bank's pages (without it), for one at a time."""

    shop: httpx.AsyncClient
    bank: httpx.AsyncClient
    run: str


def to_shop(url: str, api_key: str, run: str) -> Address:
    """The address, with certificates read once for all streets."""
    return Address(url, api_key, run, httpx.create_ssl_context())


@asynccontextmanager
async def open_street(address: Address) -> AsyncIterator[Street]:
    """Connections of one's own: a shared pool looks through all of them for every request."""
    staff = {"Authorization": f"Bearer {address.api_key}", "Content-Type": "application/json"}
    buyer = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    base_url = f"{address.url.rstrip('/')}/api/v1"
    async with (
        httpx.AsyncClient(
            base_url=base_url, headers=staff, timeout=TIMEOUT, verify=address.tls, trust_env=False
        ) as shop,
        httpx.AsyncClient(headers=buyer, timeout=TIMEOUT, verify=address.tls, trust_env=False) as bank,
    ):
        yield Street(shop, bank, address.run)


async def side_by_side(
    address: Address,
    items: Sequence[Item],
    concurrency: int,
    act: Callable[[Street, Item], Awaitable[Done]],
    told: Callable[[int], None],
) -> list[Done]:
    """What became of every item, by `concurrency` players who take from one list, in its order."""
    done: list[Done] = []
    ahead = iter(items)

    async def player() -> None:
        async with open_street(address) as street:
            for item in ahead:
                done.append(await act(street, item))
                told(len(done))

    try:
        async with asyncio.TaskGroup() as players:
            for _ in range(concurrency):
                players.create_task(player())
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # they fail alike: the first says what is wrong
    return done


async def decoded(street: Street, url: str, shape: type[Item]) -> Item:
    """What is read there; raises ShopRefusesError."""
    answer = await send(street.shop, "GET", url)
    return accepted(url, answer, shape)


def accepted(url: str, answer: httpx.Response, shape: type[Item]) -> Item:
    """The answer's body; raises ShopRefusesError for a refusal."""
    if not answer.is_success:
        problem = problem_in(answer)
        raise ShopRefusesError(f"{url}: {problem.code}: {problem.detail}")
    return msgspec.json.decode(answer.content, type=shape)


async def post(street: Street, path: str, body: bytes, key: str) -> httpx.Response:
    """One request under a key of its own in this replay."""
    headers = {"Idempotency-Key": f"{street.run}-{key}"}
    return await send(street.shop, "POST", path, content=body, headers=headers)


def problem_in(answer: httpx.Response) -> ProblemAnswer:
    """What a refusal says; one that is no problem document says only its status."""
    try:
        return msgspec.json.decode(answer.content, type=ProblemAnswer)
    except msgspec.DecodeError:
        return ProblemAnswer(code=f"status_{answer.status_code}", detail=answer.text[:200])


def pieces(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """At most so many at a time."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece

"""The replay itself: products, stock, then the shop's days in their order, each order paid at once.

The shop is known by its address and a staff key only. Starting a server, and judging its books
afterwards, is the command line's part.
"""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

import httpx
import msgspec

from holdfast.replay.journal import Adjustment, Journal, Order, timeline
from holdfast.replay.read import read
from holdfast.replay.report import Adjusted, Placed, Refused, Report, Shipped, summarise
from holdfast.replay.send import TIMEOUT, send
from holdfast.replay.stocking import Stocking, to_stock
from holdfast.replay.wire import (
    AdjustAnswer,
    MovesAnswer,
    OrderAnswer,
    OrderPage,
    ProblemAnswer,
    adjust_body,
    import_body,
    order_body,
    receive_body,
    ship_body,
)

PRODUCTS_PER_CALL = 500
STOCK_LINES_PER_CALL = 1_000
ORDERS_PER_PAGE = 200
ORDERS_PER_MOVE = 200
GONE = frozenset({"shipped", "in_transit", "delivered"})
PAID_PATIENCE_S = 300.0  # since the last order that became paid
LOOK_AGAIN_S = 0.5

Item = TypeVar("Item")


class Progress(msgspec.Struct, frozen=True):
    """How far a phase is: in products, stock lines, happenings, or paid orders; 0 of 0 is unknown."""

    phase: Literal["reading", "importing", "stocking", "playing", "settling", "shipping"]
    done: int
    total: int


class ShopRefusesError(Exception):
    """The shop did not accept the preparation, so nothing could be played."""


@dataclass(frozen=True, slots=True)
class _Address:
    """Where the shop is and who we are there.

    `run` begins every idempotency key, so that the same file played again finds its own orders.
    """

    url: str
    api_key: str
    run: str
    tls: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class _Street:
    """A way to the shop (with the staff key) and to the bank's pages (without it), for one at a time."""

    shop: httpx.AsyncClient
    bank: httpx.AsyncClient
    run: str


async def replay(
    file: Path,
    *,
    url: str,
    api_key: str,
    stock: Stocking,
    concurrency: int = 32,
    ship: bool = True,
    progress: Callable[[Progress], None],
) -> Report:
    """Play a file through the shop at `url`, with at most `concurrency` requests in flight.

    Orders start in the order of the file. Every order that the shop takes is paid at its bank's page and
    waited for; in the end what was paid is shipped, if that is wished. Raises UnknownFormatError,
    ShopRefusesError, NobodyAnswersError (a server stayed away for minutes), OSError.
    """
    began_at = time.perf_counter()
    progress(Progress("reading", 0, 0))
    journal = await asyncio.to_thread(read, file)
    stocked = to_stock(journal, stock)
    address = _Address(url, api_key, f"replay-{journal.digest}", httpx.create_ssl_context())
    async with _street(address) as street:
        await _import_products(street, journal, progress)
        await _receive_stock(street, stocked, stock, progress)
        play_at = time.perf_counter()
        outcomes = await _play(address, timeline(journal), concurrency, progress)
        placed = [outcome for outcome in outcomes if isinstance(outcome, Placed)]
        unpaid = await _settle(street, placed, progress)
        ship_at = time.perf_counter()
        paid = [outcome.order_id for outcome in placed if outcome.order_id not in unpaid]
        shipped = (
            Shipped(await _ship(street, paid, progress), time.perf_counter() - ship_at) if ship else None
        )
    return summarise(
        journal,
        file=file.name,
        stock=stock,
        stocked=stocked,
        outcomes=outcomes,
        unpaid=unpaid,
        seconds=time.perf_counter() - began_at,
        playing_seconds=ship_at - play_at,
        shipped=shipped,
    )


@asynccontextmanager
async def _street(address: _Address) -> AsyncIterator[_Street]:
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
        yield _Street(shop, bank, address.run)


async def _import_products(street: _Street, journal: Journal, progress: Callable[[Progress], None]) -> None:
    done = 0
    for number, products in enumerate(_pieces(journal.products, PRODUCTS_PER_CALL)):
        await _prepare(street, "/admin/catalog/import", import_body(products), f"products-{number}")
        done += len(products)
        progress(Progress("importing", done, len(journal.products)))


async def _receive_stock(
    street: _Street, stocked: dict[str, int], stock: Stocking, progress: Callable[[Progress], None]
) -> None:
    done = 0
    for number, lines in enumerate(_pieces(stocked.items(), STOCK_LINES_PER_CALL)):
        await _prepare(street, "/admin/stock/receive", receive_body(lines), f"{stock}-{number}")
        done += len(lines)
        progress(Progress("stocking", done, len(stocked)))


async def _prepare(street: _Street, path: str, body: bytes, key: str) -> None:
    answer = await _post(street, path, body, key)
    if not answer.is_success:
        problem = _problem(answer)
        raise ShopRefusesError(f"{path}: {problem.code}: {problem.detail}")


async def _play(
    address: _Address,
    happenings: Sequence[Order | Adjustment],
    concurrency: int,
    progress: Callable[[Progress], None],
) -> list[Placed | Refused | Adjusted]:
    """Everything that happened, by `concurrency` players who take from one list, in its order."""
    outcomes: list[Placed | Refused | Adjusted] = []
    ahead = iter(happenings)

    async def player() -> None:
        async with _street(address) as street:
            for happening in ahead:
                match happening:
                    case Order():
                        outcomes.append(await _place(street, happening))
                    case Adjustment():
                        outcomes.append(await _adjust(street, happening))
                progress(Progress("playing", len(outcomes), len(happenings)))

    try:
        async with asyncio.TaskGroup() as players:
            for _ in range(concurrency):
                players.create_task(player())
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # they fail alike: the first says what is wrong
    return outcomes


async def _place(street: _Street, order: Order) -> Placed | Refused:
    """Place one order and pay it at the page that the shop names, if it names one at once."""
    answer = await _post(street, "/orders", order_body(order), order.invoice)
    if not answer.is_success:
        problem = _problem(answer)
        return Refused(order.invoice, problem.code, problem.detail, problem.lines)
    placed = msgspec.json.decode(answer.content, type=OrderAnswer)
    units: Counter[str] = Counter()
    for line in placed.order.lines:
        units[line.sku] += line.quantity
    return Placed(
        order=order,
        order_id=placed.order.id,
        total_minor=placed.order.total.amount,
        units_by_code=units,
        lines=len(placed.order.lines),
        asked_to_pay=await _pay(street, placed),
        repeated="Idempotent-Replayed" in answer.headers,
    )


async def _pay(street: _Street, answer: OrderAnswer) -> bool:
    """Press "pay" on the bank's page; whether the bank took it. False too while no page is named."""
    if answer.pay_at is None:
        return False
    page = await send(street.bank, "POST", answer.pay_at, content=b"action=pay")
    return not page.is_error


async def _adjust(street: _Street, adjustment: Adjustment) -> Adjusted:
    key = f"{adjustment.invoice}-{adjustment.row}"
    answer = await _post(street, "/admin/stock/adjust", adjust_body(adjustment), key)
    if not answer.is_success:
        return Adjusted(adjustment, taken=0, problem=_problem(answer).code)
    lines = msgspec.json.decode(answer.content, type=AdjustAnswer).lines
    return Adjusted(adjustment, taken=sum(abs(line.taken) for line in lines), problem=None)


async def _settle(
    street: _Street, placed: Sequence[Placed], progress: Callable[[Progress], None]
) -> dict[str, str]:
    """Wait until the shop has heard of every payment; the states of the orders, by id, that stay unpaid.

    One walk over the list of paid orders answers for nearly all of them; the rest are read one by one,
    and those that had no page to pay at yet are paid. Nobody is given up while others still become paid.
    """
    paid = await _paid_orders(street)
    unpaid = {order.order_id: "" for order in placed if order.order_id not in paid}
    asked = {order.order_id for order in placed if order.asked_to_pay}
    give_up_at = time.monotonic() + PAID_PATIENCE_S
    while True:
        progress(Progress("settling", len(placed) - len(unpaid), len(placed)))
        if not unpaid or time.monotonic() > give_up_at:
            return unpaid
        for order_id in list(unpaid):
            answer = await _read(street, order_id)
            if answer.is_paid:
                del unpaid[order_id]
                give_up_at = time.monotonic() + PAID_PATIENCE_S
                continue
            unpaid[order_id] = answer.order.state
            if order_id not in asked and await _pay(street, answer):
                asked.add(order_id)
        await asyncio.sleep(LOOK_AGAIN_S if unpaid else 0)


async def _ship(
    street: _Street, order_ids: Sequence[str], progress: Callable[[Progress], None]
) -> dict[str, str]:
    """Send everything that these orders have; the problems' codes, by id, of those that stayed."""
    stayed: dict[str, str] = {}
    done = 0
    for piece in _pieces(sorted(order_ids), ORDERS_PER_MOVE):
        key = f"ship-{sha256(''.join(piece).encode()).hexdigest()[:16]}"
        answer = await _post(street, "/admin/orders/moves", ship_body(piece), key)
        if not answer.is_success:
            problem = _problem(answer)
            raise ShopRefusesError(f"/admin/orders/moves: {problem.code}: {problem.detail}")
        for result in msgspec.json.decode(answer.content, type=MovesAnswer).results:
            if result.problem is not None and result.problem.state not in GONE:
                stayed[result.order_id] = result.problem.code
        done += len(piece)
        progress(Progress("shipping", done, len(order_ids)))
    return stayed


async def _paid_orders(street: _Street) -> set[str]:
    """Orders that are paid, and those that an earlier replay has shipped."""
    return await _listed(street, "paid") | await _listed(street, "shipped")


async def _listed(street: _Street, status: str) -> set[str]:
    found: set[str] = set()
    cursor: str | None = ""
    while cursor is not None:
        query = httpx.QueryParams({"status": status, "limit": ORDERS_PER_PAGE})
        url = f"/admin/orders?{query.set('cursor', cursor) if cursor else query}"
        page = await _decoded(street, url, OrderPage)
        found.update(order.id for order in page.data)
        cursor = page.next_cursor
    return found


async def _read(street: _Street, order_id: str) -> OrderAnswer:
    return await _decoded(street, f"/orders/{order_id}", OrderAnswer)


async def _decoded(street: _Street, url: str, shape: type[Item]) -> Item:
    answer = await send(street.shop, "GET", url)
    if not answer.is_success:
        problem = _problem(answer)
        raise ShopRefusesError(f"{url}: {problem.code}: {problem.detail}")
    return msgspec.json.decode(answer.content, type=shape)


async def _post(street: _Street, path: str, body: bytes, key: str) -> httpx.Response:
    headers = {"Idempotency-Key": f"{street.run}-{key}"}
    return await send(street.shop, "POST", path, content=body, headers=headers)


def _problem(answer: httpx.Response) -> ProblemAnswer:
    """What a refusal says; one that is no problem document says only its status."""
    try:
        return msgspec.json.decode(answer.content, type=ProblemAnswer)
    except msgspec.DecodeError:
        return ProblemAnswer(code=f"status_{answer.status_code}", detail=answer.text[:200])


def _pieces(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece

"""The replay itself: products, stock, then the shop's days in their order, each order paid at once.

What was paid is shipped in the end, and what customers gave back comes back (`bring_back.py`). The shop
is known by its address and a staff key only. Starting a server, and judging its books afterwards, is the
command line's part.
"""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

import httpx
import msgspec

from holdfast.replay.bring_back import bring_back
from holdfast.replay.journal import Adjustment, Journal, Order, timeline
from holdfast.replay.outcomes import Adjusted, Placed, Refused, Shipped
from holdfast.replay.read import read
from holdfast.replay.report import Report, summarise
from holdfast.replay.returns import match
from holdfast.replay.send import send
from holdfast.replay.stocking import Stocking, to_stock
from holdfast.replay.street import (
    Phase,
    Progress,
    Street,
    Told,
    accepted,
    decoded,
    open_street,
    pieces,
    post,
    problem_in,
    side_by_side,
    to_shop,
)
from holdfast.replay.wire import (
    AdjustAnswer,
    MovesAnswer,
    OrderAnswer,
    OrderPage,
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


async def replay(
    file: Path,
    *,
    url: str,
    api_key: str,
    stock: Stocking,
    concurrency: int = 32,
    ship: bool = True,
    progress: Told,
) -> Report:
    """Play a file through the shop at `url`, with at most `concurrency` requests in flight.

    Orders start in the order of the file. Every order that the shop takes is paid at its bank's page and
    waited for; in the end, if that is wished, what was paid is shipped and what was given back returns.
    Raises UnknownFormatError, ShopRefusesError, NobodyAnswersError (a server stayed away for minutes),
    OSError.
    """
    began_at = time.perf_counter()
    progress(Progress("reading", 0, 0))
    journal = await asyncio.to_thread(read, file)
    stocked = to_stock(journal, stock)
    address = to_shop(url, api_key, f"replay-{journal.digest}")
    async with open_street(address) as street:
        await _import_products(street, journal, progress)
        await _receive_stock(street, stocked, stock, progress)
        play_at = time.perf_counter()
        happenings = timeline(journal)
        playing = partial(_told, progress, "playing", len(happenings))
        outcomes = await side_by_side(address, happenings, concurrency, _happen, playing)
        placed = [outcome for outcome in outcomes if isinstance(outcome, Placed)]
        unpaid = await _settle(street, placed, progress)
        paid = [outcome for outcome in placed if outcome.order_id not in unpaid]
        ship_at = time.perf_counter()
        shipped = brought = None
        if ship:
            stayed = await _ship(street, [outcome.order_id for outcome in paid], progress)
            shipped = Shipped(stayed, time.perf_counter() - ship_at)
            gone = [outcome for outcome in paid if outcome.order_id not in stayed]
            brought = await bring_back(address, match(journal.returned, gone), concurrency, progress)
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
        brought=brought,
    )


def _told(progress: Told, phase: Phase, total: int, done: int) -> None:
    progress(Progress(phase, done, total))


async def _import_products(street: Street, journal: Journal, progress: Told) -> None:
    done = 0
    for number, products in enumerate(pieces(journal.products, PRODUCTS_PER_CALL)):
        await _prepare(street, "/admin/catalog/import", import_body(products), f"products-{number}")
        done += len(products)
        progress(Progress("importing", done, len(journal.products)))


async def _receive_stock(street: Street, stocked: dict[str, int], stock: Stocking, progress: Told) -> None:
    done = 0
    for number, lines in enumerate(pieces(stocked.items(), STOCK_LINES_PER_CALL)):
        await _prepare(street, "/admin/stock/receive", receive_body(lines), f"{stock}-{number}")
        done += len(lines)
        progress(Progress("stocking", done, len(stocked)))


async def _prepare(street: Street, path: str, body: bytes, key: str) -> None:
    accepted(path, await post(street, path, body, key), msgspec.Raw)


async def _happen(street: Street, happening: Order | Adjustment) -> Placed | Refused | Adjusted:
    match happening:
        case Order():
            return await _place(street, happening)
        case Adjustment():
            return await _adjust(street, happening)


async def _place(street: Street, order: Order) -> Placed | Refused:
    """Place one order and pay it at the page that the shop names, if it names one at once."""
    answer = await post(street, "/orders", order_body(order), order.invoice)
    if not answer.is_success:
        problem = problem_in(answer)
        return Refused(order.invoice, problem.code, problem.detail, problem.lines)
    placed = msgspec.json.decode(answer.content, type=OrderAnswer)
    return Placed(
        order=order,
        order_id=placed.order.id,
        total_minor=placed.order.total.amount,
        lines=placed.order.lines,
        asked_to_pay=await _pay(street, placed),
        repeated="Idempotent-Replayed" in answer.headers,
    )


async def _pay(street: Street, answer: OrderAnswer) -> bool:
    """Press "pay" on the bank's page; whether the bank took it. False too while no page is named."""
    if answer.pay_at is None:
        return False
    page = await send(street.bank, "POST", answer.pay_at, content=b"action=pay")
    return not page.is_error


async def _adjust(street: Street, adjustment: Adjustment) -> Adjusted:
    key = f"{adjustment.invoice}-{adjustment.row}"
    answer = await post(street, "/admin/stock/adjust", adjust_body(adjustment), key)
    if not answer.is_success:
        return Adjusted(adjustment, taken=0, problem=problem_in(answer).code)
    lines = msgspec.json.decode(answer.content, type=AdjustAnswer).lines
    return Adjusted(adjustment, taken=sum(abs(line.taken) for line in lines), problem=None)


async def _settle(street: Street, placed: Sequence[Placed], progress: Told) -> dict[str, str]:
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


async def _ship(street: Street, order_ids: Sequence[str], progress: Told) -> dict[str, str]:
    """Send everything that these orders have; the problems' codes, by id, of those that stayed."""
    stayed: dict[str, str] = {}
    done = 0
    for piece in pieces(sorted(order_ids), ORDERS_PER_MOVE):
        key = f"ship-{sha256(''.join(piece).encode()).hexdigest()[:16]}"
        answer = await post(street, "/admin/orders/moves", ship_body(piece), key)
        for result in accepted("/admin/orders/moves", answer, MovesAnswer).results:
            if result.problem is not None and result.problem.state not in GONE:
                stayed[result.order_id] = result.problem.code
        done += len(piece)
        progress(Progress("shipping", done, len(order_ids)))
    return stayed


async def _paid_orders(street: Street) -> set[str]:
    """Orders that are paid, and those that an earlier replay has shipped."""
    return await _listed(street, "paid") | await _listed(street, "shipped")


async def _listed(street: Street, status: str) -> set[str]:
    found: set[str] = set()
    cursor: str | None = ""
    while cursor is not None:
        query = httpx.QueryParams({"status": status, "limit": ORDERS_PER_PAGE})
        url = f"/admin/orders?{query.set('cursor', cursor) if cursor else query}"
        page = await decoded(street, url, OrderPage)
        found.update(order.id for order in page.data)
        cursor = page.next_cursor
    return found


async def _read(street: Street, order_id: str) -> OrderAnswer:
    return await decoded(street, f"/orders/{order_id}", OrderAnswer)

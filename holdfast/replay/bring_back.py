"""What customers gave back, played: asked for, approved, taken in, refunded, and waited for."""

import asyncio
import time
from collections.abc import Collection, Mapping

import httpx
import msgspec

from holdfast.replay.outcomes import Brought
from holdfast.replay.returns import Matched, Parcel, Unfound
from holdfast.replay.street import (
    Address,
    Progress,
    Street,
    Told,
    decoded,
    open_street,
    post,
    problem_in,
    side_by_side,
)
from holdfast.replay.wire import (
    MatterPage,
    OrderAnswer,
    RefundRequests,
    ReturnsAnswer,
    arrived_body,
    return_body,
)

PATIENCE_S = 300.0  # since the last refund that came back
LOOK_AGAIN_S = 0.5
APPROVE = b'{"decision":"approve"}'
REFUND = b'{"by":"refund"}'


class Refunded(msgspec.Struct, frozen=True):
    """What an order was to have back, and what it has, in minor units."""

    wanted_minor: int
    refunded_minor: int

    @property
    def owed_minor(self) -> int:
        return self.wanted_minor - self.refunded_minor


class BroughtBack(msgspec.Struct, frozen=True):
    """All returns, what found no order, and the money back by order."""

    returns: tuple[Brought, ...]
    unfound: tuple[Unfound, ...]
    refunded: Mapping[str, Refunded]
    seconds: float


async def bring_back(address: Address, matched: Matched, concurrency: int, progress: Told) -> BroughtBack:
    """Play every return, and wait until the money is back; raises NobodyAnswersError, ShopRefusesError."""
    began_at = time.perf_counter()
    total = len(matched.parcels)
    progress(Progress("returning", 0, total))
    brought = await side_by_side(
        address,
        matched.parcels,
        concurrency,
        _bring,
        lambda done: progress(Progress("returning", done, total)),
    )
    refunded = await _refunded(address, {one.order_id for one in brought if one.problem is None}, concurrency)
    return BroughtBack(tuple(brought), matched.unfound, refunded, time.perf_counter() - began_at)


async def _bring(street: Street, parcel: Parcel) -> Brought:
    """One return from the wish to the refund; the code of the problem that ended it, if one did."""
    key = f"return-{parcel.invoice}-{parcel.order_id}"
    path = f"/orders/{parcel.order_id}/returns"
    asked = await post(street, path, return_body(parcel.invoice, parcel.units), key)
    if not asked.is_success:
        return _objected(parcel, asked)
    started = msgspec.json.decode(asked.content, type=ReturnsAnswer).returns
    (return_id,) = [one.id for one in started if one.comment == parcel.invoice]
    for deed, body in (("decide", APPROVE), ("receive", arrived_body(parcel.units)), ("settle", REFUND)):
        answer = await post(street, f"/admin/returns/{return_id}/{deed}", body, f"{key}-{deed}")
        if not answer.is_success:
            return _objected(parcel, answer)
    return Brought(parcel.invoice, parcel.order_id, parcel.units_by_code)


def _objected(parcel: Parcel, answer: httpx.Response) -> Brought:
    return Brought(parcel.invoice, parcel.order_id, parcel.units_by_code, problem_in(answer).code)


async def _refunded(address: Address, order_ids: Collection[str], concurrency: int) -> dict[str, Refunded]:
    """What each order has back of what was wanted; waited for while any of it still comes.

    A refund that the bank let fail (the sandbox does at its magic amounts) is asked for once more.
    """
    found: dict[str, Refunded] = {}
    tried: set[str] = set()
    waiting = sorted(order_ids)

    async def look(street: Street, order_id: str) -> None:
        known = found.get(order_id)
        wanted = known.wanted_minor if known else await _wanted(street, order_id)
        payment = (await decoded(street, f"/orders/{order_id}", OrderAnswer)).payment
        found[order_id] = Refunded(wanted, payment.refunded.amount)

    give_up_at = time.monotonic() + PATIENCE_S
    while waiting and time.monotonic() < give_up_at:
        before = found.copy()
        await side_by_side(address, waiting, min(concurrency, len(waiting)), look, lambda _: None)
        waiting = [order_id for order_id in waiting if found[order_id].owed_minor]
        if found != before:
            give_up_at = time.monotonic() + PATIENCE_S
        if waiting:
            async with open_street(address) as street:
                await _try_again(street, waiting, tried)
            await asyncio.sleep(LOOK_AGAIN_S)
    return found


async def _try_again(street: Street, order_ids: Collection[str], tried: set[str]) -> None:
    """Take the step that a merchant would for refunds of these orders that failed, once for each."""
    page = await decoded(street, "/admin/attention?limit=200", MatterPage)
    for matter in (listed.matter for listed in page.data):
        is_ours = matter.kind == "refund_failed" and matter.detail.order_id in order_ids
        if is_ours and matter.id not in tried:
            tried.add(matter.id)
            path = f"/admin/attention/{matter.id}/resolve"
            await post(street, path, b'{"step":"try_again"}', f"try-again-{matter.id}")


async def _wanted(street: Street, order_id: str) -> int:
    answer = await decoded(street, f"/admin/orders/{order_id}/refunds", RefundRequests)
    return sum(request.amount_minor for request in answer.requests if request.state == "counted")

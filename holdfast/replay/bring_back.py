"""What customers gave back, played: asked for, approved, taken in, refunded, and waited for."""

import asyncio
import time
from collections.abc import Mapping, Sequence

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
from holdfast.replay.wire import OrderAnswer, ReturnsAnswer, arrived_body, return_body

PATIENCE_S = 300.0  # since the last refund that came back
LOOK_AGAIN_S = 0.5
APPROVE = b'{"decision":"approve"}'
REFUND = b'{"by":"refund"}'


class BroughtBack(msgspec.Struct, frozen=True):
    """All returns, what found no order, and the money back by order, in minor units."""

    returns: tuple[Brought, ...]
    unfound: tuple[Unfound, ...]
    refunded_minor: Mapping[str, int]
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
    async with open_street(address) as street:
        refunded = await _refunded(street, [one.order_id for one in brought if one.problem is None])
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


async def _refunded(street: Street, order_ids: Sequence[str]) -> dict[str, int]:
    """What each order has back, in minor units, once no refund of it is under way."""
    refunded: dict[str, int] = {}
    waiting = set(order_ids)
    give_up_at = time.monotonic() + PATIENCE_S
    while waiting and time.monotonic() < give_up_at:
        for order_id in sorted(waiting):
            payment = (await decoded(street, f"/orders/{order_id}", OrderAnswer)).payment
            refunded[order_id] = payment.refunded.amount
            if all(refund.is_over for refund in payment.refunds):
                waiting.discard(order_id)
                give_up_at = time.monotonic() + PATIENCE_S
        if waiting:
            await asyncio.sleep(LOOK_AGAIN_S)
    return refunded

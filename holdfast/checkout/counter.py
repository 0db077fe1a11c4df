"""The counter: where a buyer places an order or pays again, from the request to the whole answer.

Three phases: commit the intent with its neighbours, ask the provider outside of any
transaction, and answer with what came of it; the answer is kept for repeats.
"""

from typing import assert_never

import msgspec

from holdfast import clock, idempotency
from holdfast.checkout import pay_again
from holdfast.checkout.checkout import PlaceOrder
from holdfast.checkout.pay_again import PayAgain
from holdfast.checkout.place_order import Placed
from holdfast.db.group_commit import GroupCommit
from holdfast.db.queries import Transaction
from holdfast.db.transaction import Database, read, transaction
from holdfast.errors.problem import Problem
from holdfast.idempotency import Answer, Claim, Kept, Unfinished
from holdfast.order.read_order import OrderAnswer
from holdfast.payment import start_payment
from holdfast.payment.start_payment import Asking
from holdfast.shop_settings.rules import ShopRules


class Counter(msgspec.Struct, frozen=True):
    """What placing and paying need beyond one transaction."""

    database: Database
    place: GroupCommit[PlaceOrder, Placed | Unfinished]
    keep: GroupCommit[Answer, None]
    orders: GroupCommit[str, OrderAnswer]
    asking: Asking


async def keep_answers(tx: Transaction, answers: list[Answer]) -> list[Problem | None]:
    """The handler of ``Counter.keep``."""
    await idempotency.keep(tx, answers=answers)
    return [None] * len(answers)


async def place(counter: Counter, request: PlaceOrder) -> Placed:
    """Place an order and begin its payment; the same key answers the same, also after a crash in between."""
    answer = await counter.place.submit(request)
    match answer:
        case Placed(to_ask=None):
            return answer
        case Placed(order_id=placed_id, to_ask=to_ask):
            assert to_ask is not None, "the arm above took None"
            order_id = placed_id
            await start_payment.start(counter.asking, to_ask)
        case Unfinished(subject):
            order_id = subject
            await _resume(counter, order_id)
        case _:
            assert_never(answer)
    body = await _whole_answer(counter, order_id)
    if request.claim is not None and not await _still_asked(counter, answer, order_id):
        await counter.keep.submit(Answer(request.claim, 201, body))
    return Placed(order_id, body, replayed=isinstance(answer, Unfinished))


async def pay(counter: Counter, wanted: PayAgain, *, claim: Claim | None, rules: ShopRules) -> Placed:
    """Let a buyer try again, by the same or another method; units that died are taken again."""
    at = clock.now()
    lease_until = counter.asking.lease_until(at)

    async def work(tx: Transaction) -> Kept | Unfinished | None:
        (verdict,) = await idempotency.claim(tx, claims=[claim], lease_until=lease_until, at=at)
        match verdict:
            case Kept() | Unfinished():
                return verdict
            case Problem():
                raise verdict
            case _:
                await pay_again.pay_again(
                    tx, wanted=wanted, providers=counter.asking.providers, rules=rules,
                    return_url=counter.asking.return_url, at=at,
                )  # fmt: skip
                return None

    before = await transaction(counter.database, work)
    if isinstance(before, Kept):
        return Placed(wanted.order_id, before.body, replayed=True)
    await _resume(counter, wanted.order_id)
    body = await _whole_answer(counter, wanted.order_id)
    if claim is not None and not await _still_asked(counter, before, wanted.order_id):
        await counter.keep.submit(Answer(claim, 200, body))
    return Placed(wanted.order_id, body, replayed=before is not None)


async def resume_payment(counter: Counter, order: OrderAnswer) -> OrderAnswer:
    """Of an order whose provider was silent when it was placed, ask again before it is shown."""
    if (
        order.payment.state != "pending"
        or order.payment.next_action
        or order.order.state != "pending_payment"
    ):
        return order
    await _resume(counter, order.order.id)
    return await counter.orders.submit(order.order.id)


async def ask_now(counter: Counter, order_id: str) -> None:
    """Ask the provider how an order's open attempts stand, unless somebody is asking already."""
    attempt_ids = await read(counter.database, lambda c: pay_again.open_attempts(c, order_id=order_id))
    if attempt_ids:
        await start_payment.resume(counter.asking, attempt_ids)


async def _still_asked(counter: Counter, before: Placed | Unfinished | None, order_id: str) -> bool:
    """Whether somebody else asks the provider now; such an answer is not kept, a repeat brings the rest."""
    if not isinstance(before, Unfinished):
        return False
    return bool(await read(counter.database, lambda c: pay_again.intended_attempts(c, order_id=order_id)))


async def _resume(counter: Counter, order_id: str) -> None:
    attempt_ids = await read(counter.database, lambda c: pay_again.intended_attempts(c, order_id=order_id))
    if attempt_ids:
        await start_payment.resume(counter.asking, attempt_ids)


async def _whole_answer(counter: Counter, order_id: str) -> bytes:
    return msgspec.json.encode(await counter.orders.submit(order_id))

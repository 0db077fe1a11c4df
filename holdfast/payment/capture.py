"""Take money that is set aside: once its order is confirmed, when it is shipped, or when staff say so.

Intend, ask, record: the intent is the authorised attempt itself, the lease lets one ask at a time,
and ``settle.py`` records the answer. What is not to be taken any more is let go by closing the
attempt (``start_payment.close``), which the cancelling of its order asks for.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from holdfast import clock
from holdfast.attention.matters import Kind, Matter, open_matters
from holdfast.db.queries import Connection, Many, Queries, Transaction
from holdfast.db.transaction import transaction
from holdfast.errors.money import NothingToCapture
from holdfast.errors.request import NotFound
from holdfast.jobs import Job, enqueue
from holdfast.order.move_order import lock_orders
from holdfast.order.order import State
from holdfast.payment import attempts
from holdfast.payment.attempts import ToAsk
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Answer, Attempted, Deed, Provider, Refused, Said, Unknown
from holdfast.payment.start_payment import Asking, attempted, lease, record
from holdfast.shop_settings.rules import ShopRules

SHIPPED = (State.SHIPPED, State.IN_TRANSIT, State.DELIVERED)
CONFIRMED = (State.CONFIRMED, State.PROCESSING, State.READY_FOR_SHIPMENT, *SHIPPED)
_WHEN: Mapping[str, tuple[State, ...]] = {
    "at_once": CONFIRMED,  # what was set aside before the merchant changed that rule
    "on_confirmation": CONFIRMED,
    "on_shipment": SHIPPED,
}


class sql(Queries):
    due: Many[str]


async def capture_order(tx: Transaction, *, order_id: str) -> None:
    """Staff want the money now; raises NotFound or NothingToCapture."""
    order = (await lock_orders(tx, order_ids=[order_id])).get(order_id)
    if order is None:
        raise NotFound(kind="order", id=order_id)
    payments, tries = await attempts.lock_payments(tx, order_ids=[order_id])
    held = [a.id for a in tries[order_id] if a.state is AttemptState.AUTHORIZED and not a.superseded]
    if not held or order.state not in CONFIRMED:
        raise NothingToCapture(state=payments[order_id].state)
    await enqueue(tx, Job.CAPTURE_ATTEMPT, held)


async def capture_attempt(asking: Asking, attempt_id: str) -> bool:
    """Ask for the money of one attempt, unless it is no longer wanted; False: ask again later."""
    leased = await lease(asking, [attempt_id])
    for wanted in leased:
        provider = asking.provider_of(wanted.provider, live=wanted.live)
        if provider is None or not _is_wanted(wanted):
            continue
        again = int(clock.now().timestamp())
        answer = await capture_once(provider, _to_take(provider, wanted), again=again)
        if isinstance(answer, Refused):
            answer = await _after_refusal(asking, provider, wanted, answer)
        await record(asking, wanted, answer, source="reply")
        if not isinstance(answer, Said):
            return False
    return bool(leased)


async def capture_once(provider: Provider, wanted: Attempted, *, again: int) -> Answer:
    """Take the money, or find that an earlier asking has; a key that repeats an old error is replaced."""
    answer = await provider.capture(wanted)
    if not isinstance(answer, Unknown) or not answer.kept:
        return answer
    now = await provider.look_up(wanted.provider_ref)
    if not isinstance(now, Said) or now.state is not AttemptState.AUTHORIZED:
        return now
    return await provider.capture(msgspec.structs.replace(wanted, again=again))


async def due_captures(connection: Connection, *, rules: ShopRules, at: datetime, rows_max: int) -> list[str]:
    """Attempts whose orders have come so far that their money is to be taken, oldest first."""
    return await sql.due(connection, states=list(_WHEN[rules.capture]), at=at, rows_max=rows_max)


def _to_take(provider: Provider, wanted: ToAsk) -> Attempted:
    """What is still due of what is set aside; where only the whole can be taken, the rest goes back.

    Another amount has another key: an earlier asking for more may have been kept as an error.
    """
    whole = attempted(wanted)
    if wanted.left_minor >= wanted.amount_minor or Deed.PARTIAL_CAPTURE not in provider.can.deeds:
        return whole
    return msgspec.structs.replace(whole, amount_minor=wanted.left_minor, again=wanted.left_minor)


def _is_wanted(wanted: ToAsk) -> bool:
    known = wanted.provider_ref is not None
    return (
        known
        and wanted.left_minor > 0
        and wanted.state is AttemptState.AUTHORIZED
        and not wanted.superseded
        and wanted.order_state in CONFIRMED
    )


async def _after_refusal(asking: Asking, provider: Provider, wanted: ToAsk, refused: Refused) -> Answer:
    """It may have been taken before, or have lapsed; where it is still set aside a person has to look."""
    assert wanted.provider_ref is not None, "it was asked about by that"
    now = await provider.look_up(wanted.provider_ref)
    if isinstance(now, Said) and now.state is AttemptState.AUTHORIZED:
        why = f"{refused.code}: {refused.message}"[:500]
        detail = {"order_id": wanted.order_id, "why": why}
        matter = Matter(Kind.CAPTURE_FAILED, wanted.id, detail)
        at = clock.now()
        await transaction(asking.database, lambda tx: open_matters(tx, matters=[matter], at=at))
    return now

"""Refunds that only a person can send, cash or a transfer: recorded with a reference, large ones by two.

One that a second person has agreed to when it was asked for needs nobody else when it is sent.
"""

from datetime import datetime
from typing import Literal

import msgspec

from holdfast import ids
from holdfast.attention.matters import Kind, Matter, open_matters, settle_matters
from holdfast.db.queries import Maybe, One, Queries, Transaction
from holdfast.errors.money import MoveRefused, SecondPersonNeeded
from holdfast.errors.request import NotFound
from holdfast.payment.attempts import Payment
from holdfast.refund.issue_refund import Refund, become, lock_refund
from holdfast.shop_settings.rules import ShopRules


class Sent(msgspec.Struct, frozen=True):
    """That a refund was sent, by whom it was recorded; it waits for a second person."""

    id: str
    refund_id: str
    reference: str
    recorded_by: str


class sql(Queries):
    is_agreed: One[bool]
    record: Maybe[str]
    find: Maybe[Sent]
    decide: Maybe[str]


async def record_by_hand(
    tx: Transaction, *, refund_id: str, reference: str, rules: ShopRules, actor: str, at: datetime
) -> None:
    """A person has given the money back; above the merchant's limit a second one has to agree.

    Raises NotFound, or MoveRefused for a refund that is not waiting for a person.
    """
    _, refund, payment = await lock_refund(tx, refund_id)
    if refund.state != "pending" or refund.provider_ref is not None:
        raise MoveRefused(state=refund.state, event="paid_by_hand", possible=[])
    limit = rules.refund_approval_above_minor
    waits = limit is not None and refund.amount_minor > limit and not await sql.is_agreed(tx, id=refund_id)
    sent_id = await sql.record(
        tx,
        id=ids.mint("rfh"),
        refund_id=refund_id,
        reference=reference,
        state="waiting" if waits else "counted",
        actor=actor,
        at=at,
    )
    if sent_id is None:
        raise MoveRefused(state="recorded", event="paid_by_hand", possible=["approve", "refuse"])
    if waits:
        amount = {"amount_minor": refund.amount_minor, "currency": refund.currency}
        detail = {"order_id": refund.order_id, "refund_id": refund_id, "recorded_by": actor, **amount}
        await open_matters(tx, matters=[Matter(Kind.REFUND_SENT_TO_APPROVE, sent_id, detail)], at=at)
    else:
        await _count(tx, refund, payment, reference=reference, actor=actor, at=at)


async def decide_by_hand(
    tx: Transaction, *, sent_id: str, decision: Literal["approve", "refuse"], actor: str, at: datetime
) -> None:
    """A second person agrees that a refund was sent, or anybody says that it was not.

    Raises NotFound, also for one that was decided, SecondPersonNeeded, or MoveRefused where the
    refund has come to another end.
    """
    found = await sql.find(tx, id=sent_id)
    if found is None:
        raise NotFound(kind="waiting refund", id=sent_id)
    _, refund, payment = await lock_refund(tx, found.refund_id)
    if decision == "approve" and actor == found.recorded_by:
        raise SecondPersonNeeded(recorded_by=found.recorded_by)
    state = "counted" if decision == "approve" else "refused"
    if await sql.decide(tx, id=sent_id, state=state, actor=actor, at=at) is None:
        raise NotFound(kind="waiting refund", id=sent_id)
    if decision == "refuse":
        return
    if refund.state != "pending" or refund.provider_ref is not None:
        raise MoveRefused(state=refund.state, event="paid_by_hand", possible=["refuse"])
    await _count(tx, refund, payment, reference=found.reference, actor=actor, at=at)


async def _count(
    tx: Transaction, refund: Refund, payment: Payment, *, reference: str, actor: str, at: datetime
) -> None:
    await become(
        tx, payment, refund, state="succeeded", provider_ref=reference, source=f"staff:{actor}", at=at
    )
    await settle_matters(
        tx, kind=Kind.REFUND_BY_HAND, subjects=[refund.id], step="paid_by_hand", actor=actor, at=at
    )

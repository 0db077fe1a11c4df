"""Refunds: money going back. Intend and record; never more than was captured by our own wish.

A refund's row, with the key its provider will see, is committed before anybody is asked
(``ask_refund.py``), so that a webhook that is faster than the answer finds it. What a provider
reports that we never asked for is recorded all the same, and shown to the staff.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast import ids, letters
from holdfast.attention.matters import Kind, Matter, open_matters, settle_matters
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.errors.money import DisputeOpen, MoveRefused, RefundTooLarge
from holdfast.errors.request import NotFound
from holdfast.jobs import Job, enqueue
from holdfast.letters import About, about_order
from holdfast.order.move_order import LockedOrder, lock_orders, restate_orders
from holdfast.payment import attempts, settle
from holdfast.payment.attempts import Attempt, Payment
from holdfast.payment.provider import RefundSaid
from holdfast.payment.settle import Entry
from holdfast.refund.given_twice import tell_of_money_given_twice

_TOO_MUCH = "paid more than was due"
"""The reason of refunds that give back what the order does not cost."""

_TOLD = {"succeeded": About.REFUND_DONE, "failed": About.REFUND_FAILED}


class Refund(msgspec.Struct, frozen=True):
    """A refund's row, its amount in minor units; ``ours`` is false for one made at the provider's desk."""

    id: str
    payment_id: str
    attempt_id: str
    order_id: str
    provider: str
    provider_ref: str | None
    state: str
    ours: bool
    amount_minor: int
    currency: str
    reason: str
    actor: str
    lease_until: datetime
    created_at: datetime
    request_id: str | None = None
    waived: bool = False
    """Given although the order is worth as much as before; else it is of what was paid beyond what is due."""


class FoundPayment(msgspec.Struct, frozen=True):
    """The attempt that a provider's own id means."""

    attempt_id: str
    order_id: str
    live: bool


class Taken(msgspec.Struct, frozen=True):
    """What a buyer's bank took of an attempt, or may still take, in minor units."""

    attempt_id: str
    amount_minor: int


class sql(Queries):
    order_of: Maybe[str]
    taken_by_banks: Many[Taken]
    of_orders: Many[Refund]
    create: Do
    save: Do
    find: Maybe[FoundPayment]
    order_of_refund: Maybe[str]
    orders_of_refs: Many[str]


async def refund_excess(tx: Transaction, *, payment_id: str, at: datetime) -> list[str]:
    """Intend to give back what was captured beyond what is due (all of it, once the order is cancelled).

    Computed under the lock, so that doing it twice gives back once. Answers the new refunds' ids.
    """
    order_id = await sql.order_of(tx, payment_id=payment_id)
    assert order_id is not None, "a payment belongs to an order"
    order = (await lock_orders(tx, order_ids=[order_id]))[order_id]
    payments, tries = await attempts.lock_payments(tx, order_ids=[order_id])
    payment = payments[order_id]
    if payment.disputed_minor:  # the bank may give back the same money; who ends the dispute asks again
        return []
    ended = order.called_off
    excess = await excess_of(tx, payment, ended=ended)
    reason = "order cancelled" if ended else _TOO_MUCH
    return await intend(tx, payment, tries[order_id], amount_minor=excess, reason=reason, actor="shop", at=at)


async def excess_of(tx: Transaction, payment: Payment, *, ended: bool) -> int:
    """What is left beyond the order's price, in minor units; the payment is locked.

    What people gave back of that price is not earned again by money that comes twice.
    """
    return _excess(payment, await sql.of_orders(tx, order_ids=[payment.order_id]), ended=ended)


async def left_of(tx: Transaction, payment: Payment) -> int:
    """What was captured and is not on its way back, in minor units; the payment is locked."""
    return _left(payment, await sql.of_orders(tx, order_ids=[payment.order_id]))


async def intend(
    tx: Transaction,
    payment: Payment,
    tries: Sequence[Attempt],
    *,
    amount_minor: int,
    reason: str,
    actor: str,
    at: datetime,
    request_id: str | None = None,
    waived: bool = False,
) -> list[str]:
    """Write refunds against the attempts that captured, newest first, and have their providers asked.

    Answers the ids of those that have something to give back. The payment is locked.
    """
    if amount_minor <= 0:
        return []
    theirs = await _left_of_each(tx, payment, tries)
    refunds, left = [], amount_minor
    for attempt in reversed(tries):
        there = min(left, theirs[attempt.id])
        left -= max(0, there)
        refunds += [
            Refund(
                ids.mint("rfd"), payment.id, attempt.id, payment.order_id, attempt.provider, None,
                "requested", True, amount, payment.currency, reason, actor, at, at, request_id, waived,
            )
            for amount in _parts(there, attempt.amount_minor)
        ]  # fmt: skip
    await _create(tx, refunds)
    grown = payment.refunding_minor + amount_minor - left
    await attempts.save(tx, payments=[msgspec.structs.replace(payment, refunding_minor=grown)], attempts=[])
    await enqueue(tx, Job.ASK_REFUND, [refund.id for refund in refunds])
    told = [about_order(About.REFUND_STARTED, payment.order_id, refund.id) for refund in refunds]
    await letters.ask(tx, told, at=at)
    return [refund.id for refund in refunds]


def _parts(amount_minor: int, charge_minor: int) -> list[int]:
    """More than was asked came in several charges, and no refund is of two of them."""
    return [min(charge_minor, amount_minor - done) for done in range(0, amount_minor, charge_minor)]


async def record_refund(
    tx: Transaction, *, provider: str, said: RefundSaid, source: str, at: datetime
) -> bool:
    """Record what a provider says of a refund; the single door. False when no payment of ours fits.

    A refund may fail after it succeeded; one that failed does not come back to pending.
    """
    found = await sql.find(tx, provider=provider, payment_ref=said.payment_ref)
    if found is None:
        return False
    order_id = found.order_id
    await lock_orders(tx, order_ids=[order_id])
    payments, _ = await attempts.lock_payments(tx, order_ids=[order_id])
    payment = payments[order_id]
    if (said.currency, said.live) != (payment.currency, found.live):
        detail = {"order_id": order_id, "what": "refund in another currency or mode", "source": source}
        await open_matters(tx, matters=[Matter(Kind.PAYMENT_MISMATCH, found.attempt_id, detail)], at=at)
        return True
    refund = _fitting(await sql.of_orders(tx, order_ids=[order_id]), said, found.attempt_id)
    if refund is None:
        refund = Refund(
            ids.mint("rfd"), payment.id, found.attempt_id, order_id, provider, said.provider_ref, "requested",
            False, said.amount_minor, said.currency, "made at the provider", "provider", at, at,
        )  # fmt: skip
        await _create(tx, [refund])
        await open_matters(
            tx, matters=[Matter(Kind.REFUND_ELSEWHERE, refund.id, {"order_id": order_id})], at=at
        )
    await become(tx, payment, refund, state=said.state, provider_ref=said.provider_ref, source=source, at=at)
    if said.state != "pending":
        await settle_matters(
            tx, kind=Kind.REFUND_BY_HAND, subjects=[refund.id], step=said.state, actor="provider", at=at
        )
    return True


def _fitting(refunds: Sequence[Refund], said: RefundSaid, attempt_id: str) -> Refund | None:
    """The refund that the provider means: by its own id, or by ours while we have not learned that.

    One that it has refused and done all the same is not that one any more, which may have been tried again.
    Of those without our id one may be what a person was to give back at the provider's desk.
    """
    for refund in refunds:
        if refund.provider_ref == said.provider_ref:
            return refund
    for refund in refunds:
        if refund.id == said.reference and refund.provider_ref is None:
            is_same = refund.state != "failed" or said.state == "failed"
            return refund if is_same and refund.amount_minor == said.amount_minor else None
    by_hand = [r for r in refunds if r.state == "pending" and r.provider_ref is None and not said.reference]
    mine = (attempt_id, said.amount_minor)
    return next((refund for refund in by_hand if (refund.attempt_id, refund.amount_minor) == mine), None)


async def record_settled_refund(tx: Transaction, *, refund_id: str, actor: str, at: datetime) -> None:
    """Staff take a settlement file for proof that a refund went out.

    Raises NotFound, or MoveRefused for one that has failed: it may have been tried again.
    """
    _, refund, payment = await lock_refund(tx, refund_id)
    if refund.state == "failed":
        raise MoveRefused(state=refund.state, event="settled", possible=[])
    await become(tx, payment, refund, state="succeeded", provider_ref=None, source=f"staff:{actor}", at=at)
    await settle_matters(
        tx, kind=Kind.REFUND_BY_HAND, subjects=[refund_id], step="settled", actor=actor, at=at
    )


async def refund_again(tx: Transaction, *, refund_id: str, actor: str, at: datetime) -> list[str]:
    """Intend a failed refund anew, under a new key, unless that money has gone back meanwhile.

    What was begun at the provider's desk is the shop's gift once the shop does it. Raises NotFound,
    DisputeOpen or RefundTooLarge.
    """
    order, refund, payment = await lock_refund(tx, refund_id)
    if payment.disputed_minor:
        raise DisputeOpen(disputed_minor=payment.disputed_minor)
    _, tries = await attempts.lock_payments(tx, order_ids=[refund.order_id])
    again = [attempt for attempt in tries[refund.order_id] if attempt.id == refund.attempt_id]
    others = await sql.of_orders(tx, order_ids=[refund.order_id])
    ended, waived = order.called_off, refund.waived or not refund.ours
    owed = _left(payment, others) if waived else _excess(payment, others, ended=ended)
    left = min(owed, sum((await _left_of_each(tx, payment, again)).values()))
    if refund.state != "failed" or left < refund.amount_minor:
        raise RefundTooLarge(refundable_minor=max(0, left), asked_minor=refund.amount_minor)
    return await intend(
        tx,
        payment,
        again,
        amount_minor=refund.amount_minor,
        reason=refund.reason,
        actor=actor,
        at=at,
        request_id=refund.request_id,
        waived=waived,
    )


async def orders_of_refunds(connection: Connection, *, payment_refs: Sequence[tuple[str, str]]) -> list[str]:
    """The orders of these (provider, its payment's id), to lock them all before the first changes."""
    if not payment_refs:
        return []
    return await sql.orders_of_refs(
        connection, providers=[name for name, _ in payment_refs], refs=[ref for _, ref in payment_refs]
    )


async def order_of_refund(connection: Connection, *, refund_id: str) -> str | None:
    """The order that a refund is of."""
    return await sql.order_of_refund(connection, id=refund_id)


async def record_refusal(tx: Transaction, refund_id: str, *, by_hand: bool, why: str, at: datetime) -> None:
    """Record an explicit no: failed; where the provider calls nobody, a person has to do it."""
    _, refund, payment = await lock_refund(tx, refund_id)
    if refund.state != "requested":
        return  # it is known there: the no was to our asking again
    kind = Kind.REFUND_BY_HAND if by_hand else Kind.REFUND_FAILED
    await open_matters(
        tx, matters=[Matter(kind, refund_id, {"order_id": refund.order_id, "why": why[:500]})], at=at
    )
    state = "pending" if by_hand else "failed"
    await become(tx, payment, refund, state=state, provider_ref=refund.provider_ref, source="reply", at=at)


async def fail_unasked(tx: Transaction, payment: Payment, *, at: datetime) -> None:
    """A bank has taken what a charge was to give back: of what it was not asked for the newest fail."""
    _, tries = await attempts.lock_payments(tx, order_ids=[payment.order_id])
    left = await _left_of_each(tx, payment, tries[payment.order_id])
    for refund in reversed(await sql.of_orders(tx, order_ids=[payment.order_id])):
        was_asked = refund.lease_until > refund.created_at
        if left[refund.attempt_id] < 0 and refund.state == "requested" and not was_asked:
            left[refund.attempt_id] += refund.amount_minor
            payments, _ = await attempts.lock_payments(tx, order_ids=[payment.order_id])
            now = payments[payment.order_id]
            await become(tx, now, refund, state="failed", provider_ref=None, source="dispute", at=at)


def _left(payment: Payment, refunds: Sequence[Refund]) -> int:
    """What was captured and is not on its way back, by our wish, the provider's desk or the buyer's bank."""
    had = payment.captured_minor - payment.disputed_minor - payment.lost_minor
    return had - sum(r.amount_minor for r in refunds if r.state != "failed")


def _excess(payment: Payment, refunds: Sequence[Refund], *, ended: bool) -> int:
    """What is left beyond the order's price, of which a part may have been given back all the same."""
    waived = sum(r.amount_minor for r in refunds if r.waived and r.state != "failed")
    price = 0 if ended else max(0, payment.due_minor - waived)
    return _left(payment, refunds) - price


async def _left_of_each(tx: Transaction, payment: Payment, tries: Sequence[Attempt]) -> dict[str, int]:
    """What is left of each attempt's money, by id; below zero where a bank took more than there was."""
    left = {attempt.id: attempt.captured_minor for attempt in tries}
    refunds = await sql.of_orders(tx, order_ids=[payment.order_id])
    gone = [(refund.attempt_id, refund.amount_minor) for refund in refunds if refund.state != "failed"]
    taken = await sql.taken_by_banks(tx, payment_id=payment.id)
    for attempt_id, amount in [*gone, *((x.attempt_id, x.amount_minor) for x in taken)]:
        if attempt_id in left:
            left[attempt_id] -= amount
    return left


async def lock_refund(tx: Transaction, refund_id: str) -> tuple[LockedOrder, Refund, Payment]:
    """A refund with its order and its payment, which are locked; raises NotFound."""
    order_id = await sql.order_of_refund(tx, id=refund_id)
    if order_id is None:
        raise NotFound(kind="refund", id=refund_id)
    order = (await lock_orders(tx, order_ids=[order_id]))[order_id]
    payments, _ = await attempts.lock_payments(tx, order_ids=[order_id])
    (refund,) = [r for r in await sql.of_orders(tx, order_ids=[order_id]) if r.id == refund_id]
    return order, refund, payments[order_id]


async def become(
    tx: Transaction,
    payment: Payment,
    refund: Refund,
    *,
    state: str,
    provider_ref: str | None,
    source: str,
    at: datetime,
) -> None:
    """Move a refund and the sums that follow from it; the payment is locked."""
    before = refund.state
    if before == "failed" or (before == "succeeded" and state == "pending"):
        state = before
    await sql.save(tx, id=refund.id, state=state, provider_ref=provider_ref)
    if state == before:
        return
    refunded, refunding = payment.refunded_minor, payment.refunding_minor
    if state == "succeeded":
        refunded += refund.amount_minor
        await _enter(tx, payment, refund, "refunded", source=source, at=at)
    if state == "failed":
        refunding -= refund.amount_minor if refund.ours else 0
        await open_matters(
            tx, matters=[Matter(Kind.REFUND_FAILED, refund.id, {"order_id": refund.order_id})], at=at
        )
        if before == "succeeded":
            refunded -= refund.amount_minor
            await _enter(tx, payment, refund, "refund_failed", source=source, at=at)
    if state in _TOLD:
        await letters.ask(tx, [about_order(_TOLD[state], refund.order_id, refund.id)], at=at)
    changed = msgspec.structs.replace(payment, refunded_minor=refunded, refunding_minor=refunding)
    await attempts.save(tx, payments=[changed], attempts=[])
    await tell_of_money_given_twice(tx, payment_id=payment.id, source=source, at=at)
    await restate_orders(tx, order_ids=[refund.order_id])


async def _enter(
    tx: Transaction, payment: Payment, refund: Refund, kind: str, *, source: str, at: datetime
) -> None:
    entry = Entry(payment.id, refund.attempt_id, kind, refund.amount_minor, source[:100], refund.id)
    await settle.enter(tx, entries=[entry], at=at)


async def _create(tx: Transaction, refunds: Sequence[Refund]) -> None:
    rows = [msgspec.structs.asdict(refund) for refund in refunds]
    await sql.create(
        tx,
        ids=[r["id"] for r in rows],
        payment_ids=[r["payment_id"] for r in rows],
        attempt_ids=[r["attempt_id"] for r in rows],
        order_ids=[r["order_id"] for r in rows],
        providers=[r["provider"] for r in rows],
        refs=[r["provider_ref"] for r in rows],
        states=[r["state"] for r in rows],
        ours=[r["ours"] for r in rows],
        amounts=[r["amount_minor"] for r in rows],
        currencies=[r["currency"] for r in rows],
        reasons=[r["reason"] for r in rows],
        actors=[r["actor"] for r in rows],
        leases=[r["lease_until"] for r in rows],
        request_ids=[r["request_id"] for r in rows],
        waived=[r["waived"] for r in rows],
        born_ats=[r["created_at"] for r in rows],
    )

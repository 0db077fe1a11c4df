"""Disputes: what a provider says of one is recorded by one door, and its money stands in the books.

While a bank has not decided, nothing is refunded: the money may go twice. Goods are not touched.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from holdfast import ids, letters
from holdfast.attention.matters import Kind, Matter, open_matters, settle_matters
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.errors.money import MoveRefused
from holdfast.errors.request import NotFound
from holdfast.jobs import Job, enqueue
from holdfast.letters import About, Wanted
from holdfast.limits import DISPUTE_REMIND_HOURS, DISPUTE_TOLD_HOURS, SWEEP_ROWS_MAX
from holdfast.order.move_order import lock_orders, restate_orders
from holdfast.payment import attempts, settle
from holdfast.payment.attempts import Payment
from holdfast.payment.provider import DisputeSaid
from holdfast.payment.settle import Entry
from holdfast.refund.dispute import MOVES, OPEN, Event, State, effect, entries, event_of
from holdfast.refund.given_twice import tell_of_money_given_twice
from holdfast.refund.issue_refund import fail_unasked

_TOLD = {
    Event.OPENED: About.DISPUTE_OPENED,
    Event.EVIDENCE_WANTED: About.DISPUTE_EVIDENCE_DUE,
    Event.WON: About.DISPUTE_WON,
    Event.LOST: About.DISPUTE_LOST,
}
"""Of what the staff get a letter: it comes from outside."""


class Dispute(msgspec.Struct, frozen=True):
    """A dispute's row, its amount in minor units; ``due_at``: until when the shop has to answer there."""

    id: str
    payment_id: str
    attempt_id: str
    order_id: str
    provider: str
    provider_ref: str
    state: State
    amount_minor: int
    currency: str
    due_at: datetime | None
    created_at: datetime


class Disputed(msgspec.Struct, frozen=True):
    """The attempt that a provider's own id means, amount in minor units."""

    attempt_id: str
    order_id: str
    live: bool
    captured_minor: int


class DueSoon(msgspec.Struct, frozen=True):
    """A dispute that nobody has answered, and until when somebody has to."""

    id: str
    due_at: datetime


class sql(Queries):
    find_attempt: Maybe[Disputed]
    find: Maybe[Dispute]
    known: Maybe[Dispute]
    create: Do
    move: Do
    page: Many[Dispute]
    due_soon: Many[DueSoon]


async def record_dispute(
    tx: Transaction, *, provider: str, said: DisputeSaid, source: str, at: datetime
) -> bool:
    """Record what a provider says of a dispute; the single door. False when no payment of ours fits."""
    found = await sql.find_attempt(tx, provider=provider, payment_ref=said.payment_ref)
    if found is None:
        return False
    await lock_orders(tx, order_ids=[found.order_id])
    payments, _ = await attempts.lock_payments(tx, order_ids=[found.order_id])
    payment = payments[found.order_id]
    if (said.currency, said.live) != (payment.currency, found.live):
        detail = {"order_id": found.order_id, "what": "dispute in another currency or mode", "source": source}
        await open_matters(tx, matters=[Matter(Kind.PAYMENT_MISMATCH, found.attempt_id, detail)], at=at)
        return True
    known = await sql.known(tx, provider=provider, provider_ref=said.provider_ref)
    dispute = known or Dispute(
        ids.mint("dsp"), payment.id, found.attempt_id, found.order_id, provider, said.provider_ref, State.NEW,
        said.amount_minor or found.captured_minor, said.currency, None, at,
    )  # fmt: skip
    event = event_of(said.state, due_at=said.due_at, known_due_at=dispute.due_at)
    if (State(dispute.state), event) in MOVES:
        await _move(tx, payment, dispute, event, due_at=said.due_at, source=source, at=at)
    return True


async def answer_dispute(tx: Transaction, *, dispute_id: str, actor: str, at: datetime) -> None:
    """Staff have answered a dispute at its provider; raises NotFound or MoveRefused."""
    order_id = (await find_dispute(tx, dispute_id=dispute_id)).order_id
    await lock_orders(tx, order_ids=[order_id])
    payments, _ = await attempts.lock_payments(tx, order_ids=[order_id])
    dispute = await find_dispute(tx, dispute_id=dispute_id)
    if (State(dispute.state), Event.ANSWERED) not in MOVES:
        raise MoveRefused(state=dispute.state, event=Event.ANSWERED, possible=[])
    payment = payments[dispute.order_id]
    await _move(tx, payment, dispute, Event.ANSWERED, due_at=dispute.due_at, source=f"staff:{actor}", at=at)


async def remind(tx: Transaction, *, at: datetime) -> int:
    """Have the staff told of disputes that are to be answered soon; answers how many there are.

    Each is told once for a moment, however often this runs.
    """
    due = await sql.due_soon(
        tx,
        at=at,
        until=at + timedelta(hours=DISPUTE_REMIND_HOURS),
        told_before=at - timedelta(hours=DISPUTE_TOLD_HOURS),
        rows_max=SWEEP_ROWS_MAX,
    )
    told = [Wanted(About.DISPUTE_DUE_SOON, f"{one.id}/{one.due_at.isoformat()}") for one in due]
    await letters.ask(tx, told, at=at)
    return len(due)


async def find_dispute(connection: Connection, *, dispute_id: str) -> Dispute:
    """One dispute; raises NotFound."""
    dispute = await sql.find(connection, id=dispute_id)
    if dispute is None:
        raise NotFound(kind="dispute", id=dispute_id)
    return dispute


async def page_of_disputes(
    connection: Connection, *, before: str, order_id: str | None, rows_max: int
) -> list[Dispute]:
    """Newest first, those behind the cursor, of one order if it is given."""
    return await sql.page(connection, before=before, order_id=order_id, rows_max=rows_max)


async def _move(
    tx: Transaction,
    payment: Payment,
    dispute: Dispute,
    event: Event,
    *,
    due_at: datetime | None,
    source: str,
    at: datetime,
) -> None:
    """Move a dispute with its event, the ledger, the payment's sums and the order's status."""
    before = State(dispute.state)
    after = MOVES[before, event]
    row = msgspec.structs.asdict(dispute) | {"state": after, "due_at": due_at or dispute.due_at}
    if before is State.NEW:
        await sql.create(tx, **row)
    await sql.move(
        tx, id=dispute.id, state=after, due_at=row["due_at"], event=event, from_state=before,
        actor=source[:100], at=at,
    )  # fmt: skip
    kinds = entries(before, after)
    await settle.enter(
        tx,
        entries=[
            Entry(payment.id, dispute.attempt_id, kind, dispute.amount_minor, source[:100]) for kind in kinds
        ],
        at=at,
    )
    grown, amount = effect(kinds), dispute.amount_minor
    payment = msgspec.structs.replace(
        payment,
        disputed_minor=payment.disputed_minor + grown.disputed * amount,
        lost_minor=payment.lost_minor + grown.lost * amount,
    )
    await attempts.save(tx, payments=[payment], attempts=[])
    await _draw_consequences(tx, payment, msgspec.convert(row, Dispute), event, source=source, at=at)
    await restate_orders(tx, order_ids=[dispute.order_id])


async def _draw_consequences(
    tx: Transaction, payment: Payment, dispute: Dispute, event: Event, *, source: str, at: datetime
) -> None:
    """Tell the staff; once the bank has decided, refunds that waited go on, or cannot any more."""
    whose = {"order_id": dispute.order_id, "provider": dispute.provider, "provider_ref": dispute.provider_ref}
    sums = {"amount_minor": dispute.amount_minor, "currency": dispute.currency}
    told: Sequence[Matter] = ()
    if event in (Event.OPENED, Event.EVIDENCE_WANTED):
        due = {"due_at": dispute.due_at.isoformat() if dispute.due_at else None}
        told = [Matter(Kind.DISPUTE_OPENED, dispute.id, {**whose, **sums, **due})]
    elif event is not Event.ANSWERED:
        await settle_matters(
            tx, kind=Kind.DISPUTE_OPENED, subjects=[dispute.id], step=event, actor=source[:100], at=at
        )
    if dispute.state is State.LOST:
        told = [Matter(Kind.DISPUTE_LOST, dispute.id, {**whose, **sums})]
        await fail_unasked(tx, payment, at=at)
    await open_matters(tx, matters=told, at=at)
    await tell_of_money_given_twice(tx, payment_id=payment.id, source=source, at=at)
    if event in _TOLD:
        await letters.ask(tx, [Wanted(_TOLD[event], f"{dispute.id}/{at.isoformat()}")], at=at)
    if dispute.state not in OPEN:
        await enqueue(tx, Job.REFUND_EXCESS, [payment.id])

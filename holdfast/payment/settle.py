"""Settle: record what a provider says, however it came. The single door for replies, webhooks,
buyers' returns, polls and staff.

Idempotent: states only move forward, money that arrived beats an earlier failure, and what an
attempt of yesterday says cannot touch today's. What settling owes (money to give back) leaves
as a job in the same transaction; ``refund/`` carries it out.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast import letters
from holdfast.attention.matters import Kind, Matter, open_matters
from holdfast.cart import keep_cart
from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.db.together import Part, together
from holdfast.jobs import Job, enqueue
from holdfast.letters import About, Wanted, about_order
from holdfast.limits import FAILURE_CHARS_MAX
from holdfast.order.move_order import LockedOrder, Move, lock_orders, move_orders
from holdfast.order.order import UNPAID, Event, State
from holdfast.payment import attempts
from holdfast.payment.attempts import Attempt, Payment
from holdfast.payment.payment import ENDED, OPEN, AttemptState, PaymentSums, forward, payment_state
from holdfast.payment.provider import Said
from holdfast.payment.secure import secure_orders
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock import holds
from holdfast.vendor.ledger import bring_up

WEBHOOK = "webhook:"
"""How the source of what an event said begins: it may be an old word that came late."""
CLOSE = "close"
"""The source of what closing an attempt came to: what is still open then is not closed again for it."""


class Outcome(msgspec.Struct, frozen=True):
    """What was said of one attempt, by whom: ``reply``, ``poll``, ``close``, ``webhook:…``, ``staff:…``."""

    provider: str
    said: Said
    source: str
    attempt_id: str | None = None
    """Ours, where we asked; else the attempt is found by what the provider said."""
    unchecked: bool = False
    """Nobody can be asked whether it is so (gateways.md §10): money counts only if it is what was asked
    for, and is shown for reconciliation."""


class Settled(msgspec.Struct, frozen=True):
    """What an outcome came to; None in its place means that no attempt of ours fits."""

    attempt_id: str
    order_id: str


class Entry(msgspec.Struct, frozen=True):
    """A line of the ledger, in minor units."""

    payment_id: str
    attempt_id: str
    kind: str
    amount_minor: int
    source: str
    refund_id: str | None = None


class FoundAttempt(msgspec.Struct, frozen=True):
    """Which attempt the n-th outcome (from 1) means."""

    place: int
    attempt_id: str
    order_id: str
    cart_id: str | None


class sql(Queries):
    find: Many[FoundAttempt]
    enter: Do


class _Books:
    """The locked rows of one batch, as they become."""

    def __init__(
        self,
        orders: dict[str, LockedOrder],
        payments: dict[str, Payment],
        tries: dict[str, list[Attempt]],
    ) -> None:
        self.orders, self.payments, self.tries = orders, payments, tries
        self.entries: list[Entry] = []
        self.matters: list[Matter] = []
        self.told: list[Wanted] = []
        self.excess: list[str] = []
        self.to_close: list[str] = []
        self.not_to_close: set[str] = set()
        self.to_ask: list[str] = []
        self.to_capture: list[str] = []
        self.set_aside: dict[str, int] = {}
        """What was authorised in this batch, by attempt, in minor units."""

    def attempt(self, order_id: str, attempt_id: str) -> Attempt:
        return next(a for a in self.tries[order_id] if a.id == attempt_id)

    def put(self, attempt: Attempt) -> None:
        self.tries[attempt.order_id] = [
            attempt if a.id == attempt.id else a for a in self.tries[attempt.order_id]
        ]


async def record_outcomes(
    tx: Transaction, *, outcomes: Sequence[Outcome], rules: ShopRules, at: datetime, also: Sequence[str] = ()
) -> list[Settled | None]:
    """Record outcomes in their order and draw every consequence; answers in the same order.

    ``also`` are orders that the caller will change next: they are locked together with ours.
    """
    found = await _find(tx, outcomes)
    carts = sorted({f.cart_id for f in found.values() if f.cart_id})
    if carts:
        await keep_cart.lock_carts(tx, cart_ids=carts)
    order_ids = sorted({f.order_id for f in found.values()})
    if not order_ids and not also:
        return [None] * len(outcomes)
    orders = await lock_orders(tx, order_ids=[*order_ids, *also])
    payments, tries = await attempts.lock_payments(tx, order_ids=list(orders))
    books = _Books(
        {order_id: orders[order_id] for order_id in order_ids},
        {order_id: payments[order_id] for order_id in order_ids},
        {order_id: tries[order_id] for order_id in order_ids},
    )
    for place, outcome in enumerate(outcomes, 1):
        if place in found:
            _apply(books, found[place], outcome, at=at)
    for order_id in order_ids:
        _restate(books, order_id)
    changed = [attempt for tries_of in books.tries.values() for attempt in tries_of]
    await together(
        tx,
        attempts.saving(payments=[*books.payments.values()], attempts=changed),
        entering(books.entries, at=at),
    )
    await _draw_consequences(tx, books, rules=rules, at=at)
    await bring_up(tx, order_ids=[order.id for order in books.orders.values() if order.has_vendors], at=at)
    await open_matters(tx, matters=books.matters, at=at)
    await letters.ask(tx, books.told, at=at)
    await enqueue(tx, Job.REFUND_EXCESS, books.excess)
    await enqueue(tx, Job.CLOSE_ATTEMPT, [a for a in books.to_close if a not in books.not_to_close])
    await enqueue(tx, Job.ASK_ATTEMPT, books.to_ask)
    await enqueue(tx, Job.CAPTURE_ATTEMPT, books.to_capture)
    return [
        Settled(found[place].attempt_id, found[place].order_id) if place in found else None
        for place in range(1, len(outcomes) + 1)
    ]


async def enter(tx: Transaction, *, entries: Sequence[Entry], at: datetime) -> None:
    """Write lines into the ledger."""
    if entries:
        await sql.enter(tx, **entering(entries, at=at).given)


def entering(entries: Sequence[Entry], *, at: datetime) -> Part:
    """The same as a part of a larger statement."""
    given = {
        "payment_ids": [e.payment_id for e in entries],
        "attempt_ids": [e.attempt_id for e in entries],
        "refund_ids": [e.refund_id for e in entries],
        "kinds": [e.kind for e in entries],
        "amounts": [e.amount_minor for e in entries],
        "sources": [e.source for e in entries],
        "at": at,
    }
    return Part(sql.enter, given)


async def _find(tx: Transaction, outcomes: Sequence[Outcome]) -> dict[int, FoundAttempt]:
    rows = await sql.find(
        tx,
        attempt_ids=[o.attempt_id or o.said.reference for o in outcomes],
        providers=[o.provider for o in outcomes],
        refs=[o.said.provider_ref or None for o in outcomes],
        charges=[o.said.charge_ref for o in outcomes],
    )
    return {row.place: row for row in rows}


def _apply(books: _Books, found: FoundAttempt, outcome: Outcome, *, at: datetime) -> None:
    """Let one outcome change its attempt and its payment's sums; who asked gives the lease back."""
    said = outcome.said
    before = books.attempt(found.order_id, found.attempt_id)
    if outcome.source == CLOSE:
        books.not_to_close.add(before.id)
    mismatch = _mismatch(before, outcome)
    if mismatch:
        books.matters.append(_tell_mismatch(before, outcome, mismatch))
        return
    captured = max(before.captured_minor, said.amount_minor if said.state is AttemptState.CAPTURED else 0)
    in_part = said.part and captured < before.amount_minor
    overtaken = before.provider_ref is not None and _is_untouched(said)
    fresh = not outcome.source.startswith(WEBHOOK)
    state = before.state if in_part or overtaken else forward(before.state, said.state, fresh=fresh)
    late = before.state in ENDED and said.state is AttemptState.AUTHORIZED
    if not fresh and (said.approved or late):
        books.to_ask.append(before.id)
    is_first_money = before.captured_minor == 0 < captured
    if captured > before.captured_minor:
        _book(books, before, captured, outcome.source, in_part=in_part)
        if outcome.unchecked:
            whence = {"order_id": before.order_id, "source": outcome.source}
            books.matters.append(Matter(Kind.RECONCILE, before.id, {**whence, "captured_minor": captured}))
    if state is AttemptState.AUTHORIZED and before.state is not state:
        books.set_aside[before.id] = said.amount_minor
        if said.amount_minor != before.amount_minor:
            _tell_difference(books, before, authorised_minor=said.amount_minor)
    if before.state is AttemptState.AUTHORIZED and state in ENDED:
        _tell_if_lost(books, before, state)
    books.put(
        msgspec.structs.replace(
            before,
            state=state,
            superseded=before.superseded or (late and fresh and _another_is_open(books, before)),
            provider_ref=before.provider_ref or said.provider_ref or None,
            charge_ref=(is_first_money and said.charge_ref) or before.charge_ref or said.charge_ref,
            captured_minor=captured,
            next_action=said.next_action or (before.next_action if state in OPEN else None),
            failure=before.failure if overtaken else said.declined and said.declined[:FAILURE_CHARS_MAX],
            lease_until=min(before.lease_until, at) if outcome.attempt_id else before.lease_until,
            poll_at=(before.poll_at or (at if late else None)) if state in OPEN else None,
        )
    )


def _book(books: _Books, before: Attempt, captured: int, source: str, *, in_part: bool) -> None:
    """Money has come."""
    amount = captured - before.captured_minor
    payment = books.payments[before.order_id]
    grown = payment.captured_minor + amount
    books.payments[before.order_id] = msgspec.structs.replace(payment, captured_minor=grown)
    books.entries.append(Entry(payment.id, before.id, "captured", amount, source))
    asked = captured == before.amount_minor or grown == payment.due_minor  # less, where lines were cancelled
    about = None if asked else About.PAID_SHORT if captured < before.amount_minor else About.PAID_TOO_MUCH
    if books.orders[before.order_id].called_off:
        about = About.PAID_AFTER_CANCELLING
        books.matters.append(Matter(Kind.LATE_MONEY_REFUNDED, before.order_id, {"captured_minor": grown}))
    books.told += [about_order(about, before.order_id, before.id, captured)] if about else []
    if not asked and not in_part:
        _tell_difference(books, before, captured_minor=captured)


def _tell_difference(books: _Books, before: Attempt, **sums: int) -> None:
    detail = {"order_id": before.order_id, "asked_minor": before.amount_minor, **sums}
    books.matters.append(Matter(Kind.AMOUNT_DIFFERS, before.id, detail))


def _tell_if_lost(books: _Books, before: Attempt, state: AttemptState) -> None:
    """Goods may go on the strength of money that is no longer set aside, and nobody of us let go of it."""
    wanted = books.orders[before.order_id].state not in (*UNPAID, State.CANCELLED, State.ARCHIVED)
    if wanted and not before.superseded:
        detail = {"order_id": before.order_id, "why": f"the authorisation is {state}"}
        books.matters.append(Matter(Kind.CAPTURE_FAILED, before.id, detail))


def _another_is_open(books: _Books, attempt: Attempt) -> bool:
    """The buyer has gone on to another attempt."""
    others = (a for a in books.tries[attempt.order_id] if a.id != attempt.id)
    return any(a.state in OPEN and not a.superseded for a in others)


def _is_untouched(said: Said) -> bool:
    """Nobody has tried to pay it yet: no news of an object that we know, so the word was overtaken."""
    return said.state is AttemptState.PENDING and said.next_action is not None and said.declined is None


def _tell_mismatch(attempt: Attempt, outcome: Outcome, what: str) -> Matter:
    """The books take nothing of it, so a person needs all that finds it at the provider."""
    said = outcome.said
    detail = {
        "order_id": attempt.order_id,
        "what": what,
        "source": outcome.source,
        "state": said.state,
        "said_minor": said.amount_minor,
        "currency": said.currency,
        "provider_ref": said.provider_ref,
        "charge_ref": said.charge_ref,
    }
    return Matter(Kind.PAYMENT_MISMATCH, attempt.id, detail)


def _mismatch(attempt: Attempt, outcome: Outcome) -> str | None:
    """Signed does not mean ours: compare reference, currency and mode with the intent (gateways.md §12.5)."""
    said = outcome.said
    if said.provider_ref and attempt.provider_ref not in (None, said.provider_ref):
        return "provider_ref"
    if not said.provider_ref and attempt.charge_ref not in (None, said.charge_ref):
        return "charge_ref"
    if said.reference not in (None, attempt.id):
        return "reference"
    if said.currency != attempt.currency:
        return "currency"
    if said.live != attempt.live:
        return "mode"
    if _is_another_charge(attempt, said):
        return "charge_ref"
    wrong_amount = said.state is AttemptState.CAPTURED and said.amount_minor != attempt.amount_minor
    if outcome.unchecked and wrong_amount:
        return "amount"
    return None


def _is_another_charge(attempt: Attempt, said: Said) -> bool:
    """A second charge took money, and the provider does not add it to the first (gateways.md §12.12).

    Where charges are added up, any of them may be named beside a sum that is more than was asked.
    """
    differs = attempt.charge_ref is not None and said.charge_ref not in (None, attempt.charge_ref)
    taken = said.state is AttemptState.CAPTURED and attempt.captured_minor > 0
    return differs and taken and said.amount_minor <= attempt.captured_minor <= attempt.amount_minor


def _restate(books: _Books, order_id: str) -> None:
    """Derive a payment's state from its sums and its newest attempt; of an ended order it stays cancelled.

    What is still set aside once all is paid is not to be taken any more.
    """
    payment = books.payments[order_id]
    if payment.captured_minor >= payment.due_minor:
        for held in [a for a in books.tries[order_id] if a.state is AttemptState.AUTHORIZED]:
            books.put(msgspec.structs.replace(held, superseded=True))
    tries = books.tries[order_id]
    newest = next((a for a in reversed(tries) if not a.superseded), None)
    ended = books.orders[order_id].called_off
    state = payment_state(
        PaymentSums(payment.due_minor, payment.captured_minor),
        AttemptState.CANCELLED if ended else newest.state if newest else None,
        declined=bool(newest and newest.failure),
    )
    books.payments[order_id] = msgspec.structs.replace(payment, state=state)


async def _draw_consequences(tx: Transaction, books: _Books, *, rules: ShopRules, at: datetime) -> None:
    """Secure what is paid or authorised, fail what was declined, and have given back what nobody owes us."""
    to_secure, moves = [], []
    authorised: dict[str, Attempt] = {}
    for order_id, order in books.orders.items():
        payment = books.payments[order_id]
        wanted = 0 if order.called_off else payment.due_minor
        if payment.captured_minor > max(wanted, payment.refunding_minor):
            books.excess.append(payment.id)
        if payment.captured_minor >= payment.due_minor:
            _finish(books, order_id)
        attempt = _set_aside(books, order_id)
        if order.state in UNPAID and payment.captured_minor >= payment.due_minor:
            to_secure.append(order)
        elif order.state in UNPAID and attempt is not None:
            authorised[order_id] = attempt
            to_secure.append(order)
        elif order.state is State.PENDING_PAYMENT and payment.state in ("failed", "cancelled", "expired"):
            moves.append(Move(order, Event.PAYMENT_FAILED, "provider"))
    await move_orders(tx, moves=moves, at=at)
    if rules.release_hold_on_failure and moves:
        await holds.lock(
            tx, order_ids=[*(move.order.id for move in moves), *(order.id for order in to_secure)]
        )
        await holds.end(tx, order_ids=[move.order.id for move in moves])
    refused = await secure_orders(
        tx, orders=to_secure, event=Event.PAID, rules=rules, actor="provider", at=at, set_aside=authorised
    )
    books.excess += [books.payments[order_id].id for order_id in refused]
    books.to_close += [authorised[order_id].id for order_id in refused if order_id in authorised]
    if rules.capture != "on_shipment":
        books.to_capture += [a.id for order_id, a in authorised.items() if order_id not in refused]


def _set_aside(books: _Books, order_id: str) -> Attempt | None:
    """The attempt that has just set aside all that is due; what nobody wants any more is let go again."""
    order, payment = books.orders[order_id], books.payments[order_id]
    for attempt in books.tries[order_id]:
        if attempt.state is not AttemptState.AUTHORIZED:
            continue
        if attempt.superseded or order.called_off:
            books.to_close.append(attempt.id)
        elif books.set_aside.get(attempt.id, 0) + payment.captured_minor >= payment.due_minor:
            return attempt
    return None


def _finish(books: _Books, order_id: str) -> None:
    """Once all is paid, nobody is to pay another attempt; where two were paid, people are to know."""
    payment, tries = books.payments[order_id], books.tries[order_id]
    books.to_close += [a.id for a in tries if a.state in OPEN and not a.superseded]
    if payment.captured_minor > payment.due_minor and sum(a.captured_minor > 0 for a in tries) > 1:
        sums = {"due_minor": payment.due_minor, "captured_minor": payment.captured_minor}
        books.matters.append(Matter(Kind.PAID_TWICE, payment.id, {"order_id": order_id, **sums}))
        books.told += [] if books.orders[order_id].called_off else [about_order(About.PAID_TWICE, order_id)]

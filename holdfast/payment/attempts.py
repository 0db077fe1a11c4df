"""Payments and their attempts as rows: born with the order, tried again, locked before they change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from holdfast.db.queries import Connection, Many, Maybe, Queries, Transaction
from holdfast.db.together import Part, together
from holdfast.limits import POLL_GAPS_MINUTES
from holdfast.order.order import State
from holdfast.payment.payment import AttemptState
from holdfast.shop_settings.rules import ShopRules


class NewPayment(msgspec.Struct, frozen=True):
    """A payment at its birth, due in minor units."""

    id: str
    order_id: str
    state: str
    currency: str
    due_minor: int


class Attempt(msgspec.Struct, frozen=True):
    """One object of ours at one provider, amounts in minor units."""

    id: str
    payment_id: str
    order_id: str
    provider: str
    live: bool
    provider_ref: str | None
    state: AttemptState
    superseded: bool
    amount_minor: int
    captured_minor: int
    currency: str
    next_action: dict[str, Any] | None
    failure: str | None
    lease_until: datetime
    poll_at: datetime | None
    polls: int
    created_at: datetime
    charge_ref: str | None = None


class Payment(msgspec.Struct, frozen=True):
    """A payment's row, sums in minor units."""

    id: str
    order_id: str
    state: str
    currency: str
    due_minor: int
    captured_minor: int
    refunding_minor: int
    refunded_minor: int
    disputed_minor: int
    """What a bank has not decided about."""
    lost_minor: int
    """What it took back for good."""


class ToAsk(msgspec.Struct, frozen=True):
    """An attempt and what its provider needs to hear about its order."""

    id: str
    order_id: str
    order_number: int
    provider: str
    state: AttemptState
    provider_ref: str | None
    amount_minor: int
    currency: str
    email: str | None
    expires_at: datetime | None
    polls: int = 0
    asked_before: bool = False
    """Somebody had the lease before us, so the provider may know of it already."""
    live: bool | None = None
    """In which mode it was begun; None: just now, in this one."""
    charge_ref: str | None = None
    superseded: bool = False
    order_state: str = State.PENDING_PAYMENT
    created_at: datetime | None = None
    """None: just now."""
    left_minor: int = 0
    """What is due of its payment and has not come yet."""


class AtProvider(msgspec.Struct, frozen=True):
    """The newest attempt of an order that its provider knows."""

    provider: str
    live: bool
    provider_ref: str


class sql(Queries):
    create: Many[str]
    lock_payments: Many[Payment]
    lock_attempts: Many[Attempt]
    save: Many[str]
    take_leases: Many[ToAsk]
    plan_next_poll: Many[str]
    newest: Maybe[AtProvider]


def creating(*, payments: Sequence[NewPayment], attempts: Sequence[Attempt], at: datetime) -> Part:
    """Payments and attempts; either list may be empty."""
    given = {
        **_columns(attempts),
        "pay_ids": [p.id for p in payments],
        "pay_orders": [p.order_id for p in payments],
        "pay_states": [p.state for p in payments],
        "pay_currencies": [p.currency for p in payments],
        "dues": [p.due_minor for p in payments],
        "at": at,
    }
    return Part(sql.create, given)


async def lock_payments(
    tx: Transaction, *, order_ids: Sequence[str]
) -> tuple[dict[str, Payment], dict[str, list[Attempt]]]:
    """Lock the payments of these (locked) orders, and their attempts, both keyed by order."""
    payments = {p.order_id: p for p in await sql.lock_payments(tx, order_ids=list(order_ids))}
    attempts: dict[str, list[Attempt]] = {order_id: [] for order_id in payments}
    for row in await sql.lock_attempts(tx, payment_ids=[p.id for p in payments.values()]):
        attempts[row.order_id].append(msgspec.structs.replace(row, state=AttemptState(row.state)))
    return payments, attempts


async def save(tx: Transaction, *, payments: Sequence[Payment], attempts: Sequence[Attempt]) -> None:
    """Write what locked payments and attempts have become."""
    await together(tx, saving(payments=payments, attempts=attempts))


def saving(*, payments: Sequence[Payment], attempts: Sequence[Attempt]) -> Part:
    """The same as a part of a larger statement."""
    given = {
        **_columns(attempts),
        "charges": [a.charge_ref for a in attempts],
        "pay_ids": [p.id for p in payments],
        "pay_states": [p.state for p in payments],
        "dues": [p.due_minor for p in payments],
        "captureds": [p.captured_minor for p in payments],
        "refundings": [p.refunding_minor for p in payments],
        "refundeds": [p.refunded_minor for p in payments],
        "disputeds": [p.disputed_minor for p in payments],
        "losts": [p.lost_minor for p in payments],
    }
    return Part(sql.save, given)


async def take_leases(
    tx: Transaction, *, attempt_ids: Sequence[str], lease_until: datetime, at: datetime
) -> list[ToAsk]:
    """Take the right to ask the provider about these attempts, without those that somebody asks about now."""
    rows = await sql.take_leases(tx, ids=list(attempt_ids), lease_until=lease_until, at=at)
    return [msgspec.structs.replace(row, state=AttemptState(row.state)) for row in rows]


async def plan_next_poll(tx: Transaction, *, rules: ShopRules, at: datetime, rows_max: int) -> list[str]:
    """Attempts that are to be polled now; each has its next moment already (gateways.md §12.16)."""
    return await sql.plan_next_poll(
        tx, at=at, schedules=rules.poll_minutes, usual=list(POLL_GAPS_MINUTES), rows_max=rows_max
    )


async def newest(connection: Connection, *, order_id: str) -> AtProvider | None:
    """Where the buyer of an order was sent last."""
    return await sql.newest(connection, order_id=order_id)


def _columns(attempts: Sequence[Attempt]) -> dict[str, list[object]]:
    return {
        "ids": [a.id for a in attempts],
        "payment_ids": [a.payment_id for a in attempts],
        "order_ids": [a.order_id for a in attempts],
        "providers": [a.provider for a in attempts],
        "lives": [a.live for a in attempts],
        "refs": [a.provider_ref for a in attempts],
        "states": [a.state for a in attempts],
        "superseded": [a.superseded for a in attempts],
        "amounts": [a.amount_minor for a in attempts],
        "attempt_captureds": [a.captured_minor for a in attempts],
        "currencies": [a.currency for a in attempts],
        "next_actions": [a.next_action for a in attempts],
        "failures": [a.failure for a in attempts],
        "leases": [a.lease_until for a in attempts],
        "poll_ats": [a.poll_at for a in attempts],
        "polls": [a.polls for a in attempts],
        "born_ats": [a.created_at for a in attempts],
    }

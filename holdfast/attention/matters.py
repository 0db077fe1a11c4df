"""What a person must look at: one open row per kind and subject, resolved once by a named step."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from holdfast import ids, letters
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.errors.money import AlreadyResolved
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.letters import About, Wanted


class Kind(StrEnum):
    """Kinds of matters, each with the steps that can be taken (``STEPS``)."""

    LATE_MONEY_REFUNDED = "late_money_refunded"
    LATE_MONEY_OWED = "late_money_owed"
    LATE_MONEY_UNDECIDED = "late_money_undecided"
    AMOUNT_DIFFERS = "amount_differs"
    PAYMENT_MISMATCH = "payment_mismatch"
    PAID_TWICE = "paid_twice"
    CAPTURE_FAILED = "capture_failed"
    RECONCILE = "reconcile"
    TRANSFER_ANNOUNCED = "transfer_announced"
    TRANSFER_TO_APPROVE = "transfer_to_approve"
    SETTLED_UNKNOWN = "settled_unknown"
    SETTLED_UNRECORDED = "settled_unrecorded"
    SETTLED_AMOUNT = "settled_amount"
    SETTLED_CURRENCY = "settled_currency"
    SETTLED_FEE = "settled_fee"
    SETTLED_TWICE = "settled_twice"
    UNSETTLED = "unsettled"
    REFUND_FAILED = "refund_failed"
    REFUND_BY_HAND = "refund_by_hand"
    REFUND_TO_APPROVE = "refund_to_approve"
    REFUND_SENT_TO_APPROVE = "refund_sent_to_approve"
    REFUND_ELSEWHERE = "refund_elsewhere"
    GIVEN_BACK_TWICE = "given_back_twice"
    RETURN_REQUESTED = "return_requested"
    RETURN_RECEIVED = "return_received"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_LOST = "dispute_lost"
    EVENT_FAILED = "event_failed"
    EVENT_UNMATCHED = "event_unmatched"
    STOCK_SHORT = "stock_short"
    SHIPMENT_RETURNED = "shipment_returned"
    SHIPMENT_LOST = "shipment_lost"
    LETTER_GIVEN_UP = "letter_given_up"


STEPS: dict[Kind, tuple[str, ...]] = {
    **dict.fromkeys(Kind, ("seen",)),
    Kind.LATE_MONEY_UNDECIDED: ("owe", "refund"),
    Kind.CAPTURE_FAILED: ("seen", "try_again"),
    Kind.REFUND_FAILED: ("seen", "try_again"),
    Kind.TRANSFER_TO_APPROVE: ("approve", "refuse"),
    Kind.REFUND_TO_APPROVE: ("approve", "refuse"),
    Kind.REFUND_SENT_TO_APPROVE: ("approve", "refuse"),
    Kind.RETURN_REQUESTED: ("approve", "refuse"),
    Kind.RETURN_RECEIVED: ("refund", "exchange", "credit", "close"),
    Kind.DISPUTE_OPENED: ("answered", "seen"),
    Kind.SETTLED_UNRECORDED: ("ask_provider", "record", "seen"),
    Kind.SETTLED_AMOUNT: ("ask_provider", "seen"),
    Kind.SETTLED_TWICE: ("ask_provider", "seen"),
    Kind.UNSETTLED: ("ask_provider", "seen"),
    Kind.SHIPMENT_RETURNED: ("seen", "cancel"),
    Kind.REFUND_BY_HAND: (),  # ends when the money is recorded as sent, and not before
}


DIFFERENCES = frozenset(
    {
        Kind.AMOUNT_DIFFERS,
        Kind.PAYMENT_MISMATCH,
        Kind.PAID_TWICE,
        Kind.CAPTURE_FAILED,
        Kind.RECONCILE,
        Kind.SETTLED_UNKNOWN,
        Kind.SETTLED_UNRECORDED,
        Kind.SETTLED_AMOUNT,
        Kind.SETTLED_CURRENCY,
        Kind.SETTLED_FEE,
        Kind.SETTLED_TWICE,
        Kind.UNSETTLED,
        Kind.REFUND_FAILED,
        Kind.REFUND_ELSEWHERE,
        Kind.GIVEN_BACK_TWICE,
        Kind.EVENT_FAILED,
        Kind.EVENT_UNMATCHED,
    }
)
"""Where a provider's word and our books, or a wish and what came of it, are not the same."""

URGENT = frozenset(
    {
        Kind.LATE_MONEY_UNDECIDED,
        Kind.PAYMENT_MISMATCH,
        Kind.CAPTURE_FAILED,
        Kind.REFUND_FAILED,
        Kind.REFUND_BY_HAND,
        Kind.EVENT_FAILED,
        Kind.STOCK_SHORT,
    }
)
"""Where somebody waits for money or goods until a person acts: the desk gets a letter at once.

Returns and disputes have letters of their own, which say more.
"""

_ENDS_BY_ITSELF = "cannot be taken: this matter ends when what it waits for is recorded"


class Matter(msgspec.Struct, frozen=True):
    """A matter to open: ``subject`` is the id of what it is about."""

    kind: Kind
    subject: str
    detail: dict[str, Any] = {}


class OpenMatter(msgspec.Struct, frozen=True):
    """A matter as it is stored."""

    id: str
    kind: str
    subject: str
    detail: dict[str, Any]
    opened_at: datetime
    resolved_at: datetime | None


class Opened(msgspec.Struct, frozen=True):
    """A matter that was told, and whether nobody knew of it before."""

    id: str
    kind: str
    is_new: bool


class sql(Queries):
    open: Many[Opened]
    find: Maybe[OpenMatter]
    lock: Maybe[OpenMatter]
    resolve: Do
    settle: Do
    page: Many[OpenMatter]


async def open_matters(tx: Transaction, *, matters: Sequence[Matter], at: datetime) -> None:
    """Show matters to the staff; one that is open already goes on, with what is said of it now."""
    if matters:
        opened = await sql.open(
            tx,
            ids=[ids.mint("mat") for _ in matters],
            kinds=[m.kind for m in matters],
            subjects=[m.subject for m in matters],
            details=[m.detail for m in matters],
            at=at,
        )
        urgent = [Wanted(About.DESK_MATTER, m.id) for m in opened if m.is_new and m.kind in URGENT]
        await letters.ask(tx, urgent, at=at)


async def find_matter(connection: Connection, *, matter_id: str) -> OpenMatter:
    """A matter as it stands, resolved or not; raises NotFound."""
    matter = await sql.find(connection, id=matter_id)
    if matter is None:
        raise NotFound(kind="matter", id=matter_id)
    return matter


async def resolve_matter(
    tx: Transaction, *, matter_id: str, step: str, actor: str, at: datetime
) -> OpenMatter:
    """Close a matter by one of its steps, once; the caller carries the step out in the same transaction."""
    matter = await sql.lock(tx, id=matter_id)
    if matter is None:
        raise NotFound(kind="matter", id=matter_id)
    if matter.resolved_at is not None:
        raise AlreadyResolved(id=matter_id)
    steps = STEPS[Kind(matter.kind)]
    if step not in steps:
        raise FieldInvalid(
            field="step", reason=f"must be one of {', '.join(steps)}" if steps else _ENDS_BY_ITSELF
        )
    await sql.resolve(tx, id=matter_id, step=step, actor=actor, at=at)
    return matter


async def settle_matters(
    tx: Transaction, *, kind: Kind, subjects: Sequence[str], step: str, actor: str, at: datetime
) -> None:
    """Close what nobody has to decide any more, because something else has decided it."""
    await sql.settle(tx, kind=kind, subjects=list(subjects), step=step, actor=actor, at=at)


async def open_page(
    connection: Connection, *, after: str, rows_max: int, kinds: Collection[Kind] | None = None
) -> list[OpenMatter]:
    """Open matters (of these kinds), oldest first, those behind the cursor."""
    wanted = None if kinds is None else sorted(kinds)
    return await sql.page(connection, after=after, kinds=wanted, rows_max=rows_max)

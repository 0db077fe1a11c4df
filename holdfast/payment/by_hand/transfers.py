"""Bank transfers as they stand on the shop's statement: recorded, and large ones agreed to by two.

A transfer pays one order: its bank's reference is unique. It is recorded once and decided once, and
only one that counts settles anything (gateways.md §11).
"""

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from holdfast import ids
from holdfast.attention.matters import Kind, Matter, open_matters, settle_matters
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.errors.money import SecondPersonNeeded, TransferAlreadyUsed
from holdfast.errors.request import NotFound
from holdfast.payment.attempts import Attempt
from holdfast.payment.by_hand.lock_attempt import lock_attempt, settle_attempt
from holdfast.payment.payment import AttemptState
from holdfast.shop_settings.rules import ShopRules

TRANSFER = "bank_transfer"


class Transfer(msgspec.Struct, frozen=True):
    """A transfer as it stands on the bank's statement, in minor units."""

    bank_reference: str
    received_minor: int
    currency: str
    value_date: date


class Recorded(msgspec.Struct, frozen=True):
    """A transfer as it was recorded: ``waiting`` for a second person, ``counted`` or ``refused``."""

    id: str
    order_id: str
    bank_reference: str
    received_minor: int
    currency: str
    value_date: date
    state: str
    recorded_by: str
    decided_by: str | None
    at: datetime


class sql(Queries):
    record: Maybe[str]
    find: Maybe[Recorded]
    decide: Do
    of_order: Many[Recorded]


async def record_transfer(
    tx: Transaction, *, order_id: str, transfer: Transfer, rules: ShopRules, actor: str, at: datetime
) -> None:
    """A transfer has come: several may add up to what is due, and one pays one order only.

    Above ``transfer_approval_above_minor`` it waits for a second person. In another currency it does not
    count, is shown, and may be recorded again as it should be. Raises NotFound, MethodUnavailable, or
    TransferAlreadyUsed.
    """
    _, attempt = await lock_attempt(tx, order_id=order_id, method=TRANSFER)
    limit = rules.transfer_approval_above_minor
    is_foreign = transfer.currency != attempt.currency
    waits = limit is not None and transfer.received_minor > limit and not is_foreign
    transfer_id = await sql.record(
        tx,
        id=ids.mint("trf"),
        attempt_id=attempt.id,
        provider=TRANSFER,
        state="refused" if is_foreign else "waiting" if waits else "counted",
        recorded_by=actor,
        at=at,
        **msgspec.structs.asdict(transfer) | {"bank_reference": written(transfer.bank_reference)},
    )
    if transfer_id is None:
        raise TransferAlreadyUsed(reference=transfer.bank_reference)
    await settle_matters(
        tx, kind=Kind.TRANSFER_ANNOUNCED, subjects=[attempt.id], step="recorded", actor=actor, at=at
    )
    if waits:
        detail = {
            "order_id": order_id,
            "recorded_by": actor,
            "received_minor": transfer.received_minor,
            "currency": transfer.currency,
        }
        await open_matters(tx, matters=[Matter(Kind.TRANSFER_TO_APPROVE, transfer_id, detail)], at=at)
    else:
        await _count(tx, attempt, transfer.received_minor, transfer.currency, rules=rules, actor=actor, at=at)


async def decide_transfer(
    tx: Transaction,
    *,
    transfer_id: str,
    decision: Literal["approve", "refuse"],
    rules: ShopRules,
    actor: str,
    at: datetime,
) -> None:
    """A second person agrees that a recorded transfer counts, or anybody says that it does not.

    Raises NotFound, also for one that was decided, or SecondPersonNeeded.
    """
    transfer = await sql.find(tx, id=transfer_id)
    if transfer is None or transfer.state != "waiting":
        raise NotFound(kind="waiting transfer", id=transfer_id)
    _, attempt = await lock_attempt(tx, order_id=transfer.order_id, method=TRANSFER)
    if decision == "approve" and actor == transfer.recorded_by:
        raise SecondPersonNeeded(recorded_by=transfer.recorded_by)
    state = "counted" if decision == "approve" else "refused"
    if not await sql.decide(tx, id=transfer_id, state=state, actor=actor, at=at):
        raise NotFound(kind="waiting transfer", id=transfer_id)
    if decision == "approve":
        await _count(tx, attempt, transfer.received_minor, transfer.currency, rules=rules, actor=actor, at=at)


async def transfers_of(connection: Connection, *, order_id: str) -> list[Recorded]:
    """Every transfer that was recorded for an order, oldest first."""
    return await sql.of_order(connection, order_id=order_id)


def written(bank_reference: str) -> str:
    """A bank's reference in one form, however it was typed: it is what makes a transfer count once."""
    return "".join(bank_reference.split()).upper()


async def _count(
    tx: Transaction,
    attempt: Attempt,
    received_minor: int,
    currency: str,
    *,
    rules: ShopRules,
    actor: str,
    at: datetime,
) -> None:
    so_far = attempt.captured_minor + received_minor
    await settle_attempt(
        tx,
        msgspec.structs.replace(attempt, currency=currency),
        state=AttemptState.CAPTURED,
        amount_minor=so_far,
        rules=rules,
        actor=actor,
        at=at,
        next_action=_rest(attempt, so_far),
        part=True,
    )


def _rest(attempt: Attempt, captured_minor: int) -> dict[str, Any] | None:
    """What the buyer was told to send, less what has come."""
    if attempt.next_action is None:
        return None
    rest = {"amount": max(0, attempt.amount_minor - captured_minor), "currency": attempt.currency}
    return attempt.next_action | {"amount": rest}

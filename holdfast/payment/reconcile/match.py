"""Match settlement files with the books: every line is kept once, and every difference becomes a matter.

Nothing is settled here by itself. What a file knows and the books do not is shown, with the step
that resolves it: ask the provider, or record it on the strength of the file.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

import msgspec

from holdfast.attention.matters import Kind, Matter, open_matters, settle_matters
from holdfast.db.queries import Many, One, Queries, Transaction
from holdfast.db.transaction import Database, transaction
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Said
from holdfast.payment.reconcile.compare import Known, differences
from holdfast.payment.reconcile.statement import Line
from holdfast.payment.settle import Outcome, record_outcomes
from holdfast.shop_settings.rules import ShopRules

LINES_PER_TRANSACTION = 500


class Import(msgspec.Struct, frozen=True):
    """Whose file it is, and who brings it."""

    provider: str
    file: str
    actor: str


class Reconciled(msgspec.Struct):
    """What a file came to: lines in it, lines never seen before, and the differences by kind."""

    lines: int = 0
    new: int = 0
    matched: int = 0
    differences: dict[str, int] = {}


class KeptLine(msgspec.Struct, frozen=True):
    """A line that was not known before, and what our books have of it."""

    key: str
    attempt_id: str | None
    order_id: str | None
    refund_id: str | None
    booked_minor: int | None
    currency: str | None
    settled_minor: int | None
    lines: int | None


class Unsettled(msgspec.Struct, frozen=True):
    """A captured attempt that no file has named, in minor units."""

    attempt_id: str
    order_id: str
    captured_minor: int
    currency: str


class Named(msgspec.Struct, frozen=True):
    """What names an attempt at its provider."""

    provider: str
    provider_ref: str | None
    currency: str
    live: bool


class sql(Queries):
    keep: Many[str]
    attempt: One[Named]
    known: Many[KeptLine]
    unsettled: Many[Unsettled]


async def match_lines(
    database: Database, lines: Iterable[Line], *, brought: Import, rules: ShopRules, at: datetime
) -> Reconciled:
    """Keep and compare all lines, some hundred per transaction; the same file again adds nothing."""
    total, kinds, left = Reconciled(), Counter[str](), iter(lines)
    while batch := list(islice(left, LINES_PER_TRANSACTION)):

        async def work(tx: Transaction, batch: list[Line] = batch) -> tuple[int, int, list[Matter]]:
            return await _match(tx, batch, brought=brought, rules=rules, at=at)

        new, matched, matters = await transaction(database, work)
        total.lines += len(batch)
        total.new += new
        total.matched += matched
        kinds.update(matter.kind for matter in matters)
    total.differences = dict(kinds)
    return total


async def find_unsettled(
    tx: Transaction, *, provider: str, first_id: str, last_id: str, at: datetime
) -> list[Unsettled]:
    """Captured attempts, born between two ids, of which no line of any file knows; each becomes a matter."""
    found = await sql.unsettled(tx, provider=provider, first_id=first_id, last_id=last_id)
    matters = [Matter(Kind.UNSETTLED, row.attempt_id, msgspec.to_builtins(row)) for row in found]
    await open_matters(tx, matters=matters, at=at)
    return found


async def record_settled(
    tx: Transaction, *, attempt_id: str, amount_minor: int, rules: ShopRules, actor: str, at: datetime
) -> None:
    """Staff take the file for proof that an attempt was paid, with this amount in minor units."""
    attempt = await sql.attempt(tx, id=attempt_id)
    said = Said(
        provider_ref=attempt.provider_ref or "",
        state=AttemptState.CAPTURED,
        amount_minor=amount_minor,
        currency=attempt.currency,
        live=attempt.live,
        reference=attempt_id,
    )
    outcome = Outcome(attempt.provider, said, f"staff:{actor}", attempt_id)
    await record_outcomes(tx, outcomes=[outcome], rules=rules, at=at)


async def _match(
    tx: Transaction, lines: Sequence[Line], *, brought: Import, rules: ShopRules, at: datetime
) -> tuple[int, int, list[Matter]]:
    by_key = {line.key: line for line in lines}
    ordered = [by_key[key] for key in sorted(by_key)]
    new = await sql.keep(
        tx,
        provider=brought.provider,
        keys=[line.key for line in ordered],
        kinds=[line.kind for line in ordered],
        refs=[line.reference for line in ordered],
        amounts=[line.amount_minor for line in ordered],
        fees=[line.fee_minor for line in ordered],
        currencies=[line.currency for line in ordered],
        dates=[line.settled_on for line in ordered],
        file=brought.file,
        actor=brought.actor,
        at=at,
    )
    compared = [key for key in new if by_key[key].kind != "other"]
    matters, well = [], []
    for row in await sql.known(tx, provider=brought.provider, keys=compared):
        line, known = by_key[row.key], _known(row)
        kinds = differences(line, known, rules.fees.get(brought.provider))
        subject = f"{brought.provider}/{row.key}"[:200]
        matters += [Matter(kind, subject, _detail(brought.provider, line, known)) for kind in kinds]
        if known is not None and not kinds:
            well.append((line.kind, known.attempt_id))
    await open_matters(tx, matters=matters, at=at)
    paid = [attempt_id for kind, attempt_id in well if kind == "payment"]
    for kind in (Kind.RECONCILE, Kind.UNSETTLED):
        await settle_matters(tx, kind=kind, subjects=paid, step="settled", actor=brought.actor, at=at)
    return len(new), len(well), matters


def _known(row: KeptLine) -> Known | None:
    if row.attempt_id is None:
        return None
    assert row.order_id is not None, "an attempt is of an order"
    assert row.currency is not None
    return Known(
        row.attempt_id,
        row.order_id,
        row.booked_minor or 0,
        row.currency,
        row.settled_minor or 0,
        row.lines or 0,
        row.refund_id,
    )


def _detail(provider: str, line: Line, known: Known | None) -> dict[str, object]:
    told = {
        "provider": provider,
        "what": line.kind,
        "reference": line.reference,
        "settled_minor": line.amount_minor,
        "currency": line.currency,
        "fee_minor": line.fee_minor,
    }
    if known is None:
        return told
    ours = {"attempt_id": known.attempt_id, "order_id": known.order_id, "booked_minor": known.booked_minor}
    return (
        told
        | ours
        | {
            "booked_currency": known.currency,
            "settled_in_all_minor": known.settled_minor,
            "refund_id": known.refund_id,
        }
    )

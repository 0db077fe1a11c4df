"""Ask a provider for a refund whose row is committed, and record the answer (``issue_refund.py``).

Who asks again looks first for what the first asking has left at the provider: a provider gives
money back once, however often we crash. A silent one is asked again by the timetable.
"""

from datetime import datetime, timedelta

import msgspec

from holdfast import clock
from holdfast.db.queries import Many, Maybe, Queries, Transaction
from holdfast.db.transaction import transaction
from holdfast.jobs import Job, enqueue
from holdfast.payment.provider import Provider, RefundAnswer, RefundAsk, RefundSaid, Refused, Unknown
from holdfast.payment.start_payment import Asking
from holdfast.refund.issue_refund import record_refund, record_refusal

_SILENT_GAP = timedelta(minutes=1)
_PENDING_GAP = timedelta(hours=1)
_TAKEN = Refused("taken_by_the_bank", "the buyer's bank has taken this money back meanwhile")


class ToRefund(msgspec.Struct, frozen=True):
    """A refund whose provider is to be asked; its amount in minor units."""

    id: str
    payment_id: str
    provider: str
    state: str
    provider_ref: str
    charge_ref: str | None
    live: bool
    amount_minor: int
    currency: str
    asked_before: bool
    covered: bool
    """Whether its charge still has the money; else the buyer's bank has taken it meanwhile."""


class sql(Queries):
    take_lease: Maybe[ToRefund]
    unfinished: Many[str]


async def ask_refund(asking: Asking, *, refund_id: str) -> None:
    """Ask a refund's provider, under a lease, and record the answer."""
    at = clock.now()
    lease_until = asking.lease_until(at)
    wanted = await transaction(
        asking.database, lambda tx: sql.take_lease(tx, id=refund_id, lease_until=lease_until, at=at)
    )
    provider = asking.provider_of(wanted.provider, live=wanted.live) if wanted else None
    if wanted is None or provider is None:
        return
    refund = RefundAsk(
        wanted.id, wanted.provider_ref, wanted.charge_ref, wanted.amount_minor, wanted.currency
    )
    answer: RefundAnswer | None
    if wanted.state == "pending":  # the provider has it already
        answer = await provider.find_refund(refund)
    elif wanted.covered:
        again = int(lease_until.timestamp())
        answer = await refund_once(provider, refund, asked_before=wanted.asked_before, again=again)
    else:  # it may have gone before the bank took it, but it does not go now
        answer = await provider.find_refund(refund) or _TAKEN
    said_at = clock.now()

    async def work(tx: Transaction) -> None:
        match answer:
            case RefundSaid():
                await record_refund(tx, provider=wanted.provider, said=answer, source="reply", at=said_at)
            case Refused(code, message, by_hand):
                await record_refusal(tx, wanted.id, by_hand=by_hand, why=f"{code}: {message}", at=said_at)
                if answer is _TAKEN:  # what the bank has left of it may be owed to the buyer all the same
                    await enqueue(tx, Job.REFUND_EXCESS, [wanted.payment_id])
            case Unknown() | None:
                pass

    await transaction(asking.database, work)


async def unfinished_refunds(tx: Transaction, *, asking: Asking, at: datetime, rows_max: int) -> list[str]:
    """Refunds to be asked about again: soon where nobody answered, now and then while the provider works."""
    return await sql.unfinished(
        tx,
        providers=[name for name, provider in asking.providers.items() if provider.asks],
        silent_since=at - _SILENT_GAP,
        pending_since=at - _PENDING_GAP,
        rows_max=rows_max,
    )


async def refund_once(
    provider: Provider, refund: RefundAsk, *, asked_before: bool, again: int
) -> RefundAnswer:
    """Have money given back, or find that an earlier asking has done so.

    Who asks again looks first, and uses a new key where the old one can only repeat an error.
    """
    if asked_before:
        found = await provider.find_refund(refund)
        if found is not None:
            return found
    answer = await provider.refund(refund)
    if asked_before and isinstance(answer, Unknown) and answer.kept:
        return await provider.refund(msgspec.structs.replace(refund, again=again))
    return answer

"""Start collecting: ask the provider between two transactions, and record what it says.

The intent is committed before (``checkout/``); its key at the provider is derived from the
attempt's id, and who asks again looks first for what the first asking has left there, so that
there is one object of ours however often we crash. A silent provider is no failure: the attempt
stays open and is polled.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from holdfast import clock
from holdfast.db.group_commit import GroupCommit
from holdfast.db.transaction import Database, read, transaction
from holdfast.limits import POLL_DAYS_MAX, PROVIDER_LEASE_GRACE_S
from holdfast.order.order import UNPAID
from holdfast.payment import attempts
from holdfast.payment.attempts import Attempt, ToAsk
from holdfast.payment.payment import OPEN, AttemptState
from holdfast.payment.provider import (
    Answer,
    Ask,
    Attempted,
    Deed,
    Provider,
    Providers,
    Refused,
    Said,
    Unknown,
)
from holdfast.payment.settle import CLOSE, Outcome, Settled
from holdfast.shop_settings.rules import ShopRules

PROVIDER_CALLS_MAX = 32  # subjects asked about side by side
_WAITING = (AttemptState.PENDING, AttemptState.REQUIRES_ACTION)

Settle = GroupCommit[Outcome, Settled | None]


class Asking(msgspec.Struct, frozen=True):
    """What asking needs: the providers, the door for what they say, and how long one may think."""

    database: Database
    settle: Settle
    providers: Providers
    timeout_s: int
    return_url: str
    rules: Callable[[], ShopRules]

    def provider_of(self, name: str, *, live: bool | None) -> Provider | None:
        """The provider of what was begun in this mode; live money and test money never mix."""
        provider = self.providers.get(name)
        return provider if provider and live in (None, provider.live) else None

    def lease_until(self, at: datetime) -> datetime:
        """How long nobody else asks: the provider's deadline and a little more."""
        return at + timedelta(seconds=self.timeout_s + PROVIDER_LEASE_GRACE_S)


def new_attempt(
    provider: Provider,
    ask: Ask,
    *,
    payment_id: str,
    rules: ShopRules,
    lease_until: datetime,
    at: datetime,
) -> Attempt:
    """The intent row: for a provider that calls nobody it already says what the buyer is to do."""
    said = None if provider.asks else provider.plan(ask)
    first_gap = timedelta(minutes=rules.poll_minutes_for(provider.name)[0])
    return Attempt(
        id=ask.attempt_id,
        payment_id=payment_id,
        order_id=ask.order_id,
        provider=provider.name,
        live=provider.live,
        provider_ref=said.provider_ref if said else None,
        state=said.state if said else AttemptState.INTENDED,
        superseded=False,
        amount_minor=ask.amount_minor,
        captured_minor=0,
        currency=ask.currency,
        next_action=said.next_action if said else None,
        failure=None,
        lease_until=lease_until if provider.asks else at,
        poll_at=at + first_gap if provider.asks else None,
        polls=0,
        created_at=at,
    )


async def start(asking: Asking, wanted: ToAsk) -> None:
    """Ask the provider to collect and record its answer; the caller has the attempt's lease."""
    provider = asking.provider_of(wanted.provider, live=wanted.live)
    if provider is None:
        return
    await record(asking, wanted, await _create(asking, provider, wanted), source="reply")


async def resume(asking: Asking, attempt_ids: Sequence[str]) -> None:
    """Ask again about attempts whose first asking was lost; not where somebody else is asking.

    One that nobody wants any more is begun only to be closed.
    """
    for wanted in await lease(asking, attempt_ids):
        if wanted.state is AttemptState.INTENDED and wanted.superseded:
            await close(asking, wanted)
        elif wanted.state is AttemptState.INTENDED:
            await start(asking, wanted)
        else:
            await look_up(asking, wanted)


async def side_by_side(subjects: Sequence[str], ask: Callable[[str], Awaitable[object]]) -> None:
    """A silent provider costs one deadline per group, not one per subject; who fails stops nobody else."""
    failures: list[BaseException] = []
    for start_at in range(0, len(subjects), PROVIDER_CALLS_MAX):
        group = subjects[start_at : start_at + PROVIDER_CALLS_MAX]
        answers = await asyncio.gather(*(ask(subject) for subject in group), return_exceptions=True)
        failures += [answer for answer in answers if isinstance(answer, BaseException)]
    if failures:
        raise failures[0]


async def look_up(asking: Asking, wanted: ToAsk, *, source: str = "poll") -> None:
    """Read an attempt at its provider and record what it says; what the buyer has approved is finished.

    One that nobody has touched for POLL_DAYS_MAX, at a provider that never ends it or that cannot be
    asked, ends here.
    """
    provider = asking.provider_of(wanted.provider, live=wanted.live)
    if provider is None or wanted.provider_ref is None:
        return
    answer = ended_if_gone(provider, wanted, await provider.look_up(wanted.provider_ref))
    if isinstance(answer, Said):
        if _is_to_finish(wanted, answer):
            answer = await provider.finish(attempted(wanted, answer))
        elif answer.state in _WAITING and _is_old(wanted):
            answer = msgspec.structs.replace(answer, state=AttemptState.EXPIRED)
    elif Deed.LOOK_UP not in provider.can.deeds and _is_old(wanted):
        answer = _over(wanted, wanted.provider_ref, AttemptState.EXPIRED, live=provider.live)
    await record(asking, wanted, answer, source=source)


def _is_to_finish(wanted: ToAsk, said: Said) -> bool:
    """The buyer has agreed, and the order still wants that money."""
    return said.approved and not wanted.superseded and wanted.order_state in UNPAID


def _is_old(wanted: ToAsk) -> bool:
    """Whatever the gaps at which it was asked about."""
    born = wanted.created_at
    return born is not None and clock.now() - born >= timedelta(days=POLL_DAYS_MAX)


def ended_if_gone(provider: Provider, wanted: ToAsk, answer: Answer) -> Answer:
    """What waited for its buyer and is no longer known over there has expired (gateways.md §6.2).

    Not where money is set aside or was taken: then keys of another account are more likely.
    """
    waited = wanted.state in _WAITING and wanted.provider_ref is not None
    if not (waited and isinstance(answer, Refused) and answer.gone):
        return answer
    return expired(attempted(wanted), live=provider.live)


def expired(attempted: Attempted, *, live: bool) -> Said:
    """What is said of an attempt that is gone, in the words of its intent."""
    return Said(
        provider_ref=attempted.provider_ref,
        state=AttemptState.EXPIRED,
        amount_minor=attempted.amount_minor,
        currency=attempted.currency,
        live=live,
        reference=attempted.attempt_id,
    )


async def ask_attempt(asking: Asking, attempt_id: str) -> bool:
    """Look an attempt up, also one that has ended; False while somebody else is asking."""
    leased = await lease(asking, [attempt_id])
    for wanted in leased:
        await look_up(asking, wanted)
    return bool(leased)


async def lease(asking: Asking, attempt_ids: Sequence[str]) -> list[ToAsk]:
    """Take the right to ask about these attempts, from now; without those that somebody asks about."""
    at = clock.now()
    return await transaction(
        asking.database,
        lambda tx: attempts.take_leases(
            tx, attempt_ids=attempt_ids, lease_until=asking.lease_until(at), at=at
        ),
    )


async def close(asking: Asking, wanted: ToAsk) -> bool:
    """Make sure that nobody can pay an attempt any more; False when the provider did not say so.

    An attempt whose creation was never answered is found or created first, so that there is
    something to close. What the buyer has approved for an order that still wants it is finished. Where
    a provider has no way to close, it goes on being polled; where it cannot even be asked, asking once
    more would not help.
    """
    provider = asking.provider_of(wanted.provider, live=wanted.live)
    if provider is None:
        return False
    if not provider.asks or wanted.state not in OPEN:
        return True
    reference = wanted.provider_ref
    if reference is None:
        created = await _create(asking, provider, wanted)
        if not isinstance(created, Said) or created.state not in OPEN:
            await record(asking, wanted, created, source="reply")
            return not isinstance(created, Unknown)
        reference = created.provider_ref
        wanted = msgspec.structs.replace(wanted, provider_ref=reference)
    answer = ended_if_gone(provider, wanted, await provider.close(reference))
    if isinstance(answer, Said) and _is_to_finish(wanted, answer):
        answer = await provider.finish(attempted(wanted, answer))
    await record(asking, wanted, answer, source=CLOSE)
    return isinstance(answer, Said) or Deed.LOOK_UP not in provider.can.deeds


def attempted(wanted: ToAsk, said: Said | None = None) -> Attempted:
    """An attempt as its provider knows it; ``said`` may know more than we had learned."""
    assert wanted.provider_ref is not None, "what was never created cannot be gone on with"
    charge_ref = wanted.charge_ref or (said.charge_ref if said else None)
    return Attempted(wanted.id, wanted.provider_ref, charge_ref, wanted.amount_minor, wanted.currency)


async def _create(asking: Asking, provider: Provider, wanted: ToAsk) -> Answer:
    authorise = asking.rules().capture != "at_once" and Deed.AUTHORISE in provider.can.deeds
    ask = Ask(
        attempt_id=wanted.id,
        order_id=wanted.order_id,
        order_number=wanted.order_number,
        amount_minor=wanted.amount_minor,
        currency=wanted.currency,
        return_url=f"{asking.return_url}?order={wanted.order_id}",
        email=wanted.email,
        expires_at=wanted.expires_at,
        authorise_only=authorise,
    )
    return await create_once(provider, ask, asked_before=wanted.asked_before, again=wanted.polls)


async def create_once(provider: Provider, ask: Ask, *, asked_before: bool, again: int) -> Answer:
    """Have the provider make our object, or find the one that an earlier asking made.

    A key that can only repeat an old error (gateways.md §2.7) is replaced once nothing was found.
    """
    if asked_before:
        found = await provider.find(ask.attempt_id)
        if found is not None:
            return found
    answer = await provider.create(ask)
    if asked_before and isinstance(answer, Unknown) and answer.kept:
        return await provider.create(msgspec.structs.replace(ask, again=again))
    return answer


async def check_return(asking: Asking, *, order_id: str, params: Mapping[str, str]) -> None:
    """Verify what a buyer's browser brought back where its provider signs that; raises SignatureInvalid."""
    newest = await read(asking.database, lambda c: attempts.newest(c, order_id=order_id))
    provider = asking.provider_of(newest.provider, live=newest.live) if newest else None
    if newest and provider:
        provider.check_return(params, newest.provider_ref)


async def record(asking: Asking, wanted: ToAsk, answer: Answer, *, source: str) -> None:
    """Unknown stays open; an explicit no fails an attempt that was never created, and nothing else."""
    match answer:
        case Said():
            await asking.settle.submit(Outcome(wanted.provider, answer, source, wanted.id))
        case Refused(code=code) if wanted.provider_ref is None:
            live = asking.providers[wanted.provider].live
            failed = _over(wanted, f"never-created:{wanted.id}", AttemptState.FAILED, live=live)
            said = msgspec.structs.replace(failed, declined=code[:200])
            await asking.settle.submit(Outcome(wanted.provider, said, source, wanted.id))
        case Refused() | Unknown():
            return


def _over(wanted: ToAsk, provider_ref: str, state: AttemptState, *, live: bool) -> Said:
    """An end that we decide, since no provider says one."""
    return Said(provider_ref, state, wanted.amount_minor, wanted.currency, live)

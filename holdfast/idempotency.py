"""Same key, same answer: claims, replays, conflicts.

A claim is a unique insert that happens first, in the transaction of the effect. A claim
without an answer has a lease; when it has run out, a repeat takes it over and goes on from
what was committed. Answers of effects are kept, refusals are not.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.errors.problem import Problem
from holdfast.errors.request import AnswerErased, IdempotencyKeyInUse, IdempotencyKeyReused


class Claim(msgspec.Struct, frozen=True):
    """A key in its scope, what was asked with it, and the id that its effect will have."""

    principal: str
    route: str
    key: str
    body_hash: bytes
    subject: str | None = None

    @property
    def scope(self) -> tuple[str, str, str]:
        return self.principal, self.route, self.key


class Kept(msgspec.Struct, frozen=True):
    """The first answer, to be given again."""

    status: int
    body: bytes
    subject: str | None


class Unfinished(msgspec.Struct, frozen=True):
    """The effect is committed, its answer is not; whoever got this has the lease and goes on."""

    subject: str


class Fresh(msgspec.Struct, frozen=True):
    """The key is ours now; go on."""


class Found(msgspec.Struct, frozen=True):
    """A claim that was there before."""

    principal: str
    route: str
    key: str
    body_hash: bytes
    subject: str | None
    answer: bytes | None
    status: int | None
    lease_until: datetime


class Answer(msgspec.Struct, frozen=True):
    """What a claim is to be answered with."""

    claim: Claim
    status: int
    body: bytes


class Done(msgspec.Struct, frozen=True):
    """What a request is answered with, and whether it was answered so before."""

    status: int
    body: bytes
    replayed: bool = False


class sql(Queries):
    claim: Many[str]
    found: Many[Found]
    take_lease: Do
    keep: Do
    point: Do
    forget: Do
    erase: Do
    sweep: Do


Verdict = Fresh | Kept | Unfinished | Problem


async def claim(
    tx: Transaction, *, claims: Sequence[Claim | None], lease_until: datetime, at: datetime
) -> list[Verdict]:
    """Claim keys, sorted; equal keys in the batch are folded onto the first, the later ones answer 409."""
    firsts: dict[tuple[str, str, str], Claim] = {}
    for wanted in claims:
        if wanted is not None:
            firsts.setdefault(wanted.scope, wanted)
    ordered = [firsts[scope] for scope in sorted(firsts)]
    verdicts: dict[tuple[str, str, str], Verdict] = {}
    if ordered:
        new = await sql.claim(
            tx,
            **_scopes(ordered),
            body_hashes=[c.body_hash for c in ordered],
            subjects=[c.subject for c in ordered],
            lease_until=lease_until,
            at=at,
        )
        won = {tuple(scope.split("\n")) for scope in new}
        lost = [c for c in ordered if c.scope not in won]
        verdicts = {c.scope: Fresh() for c in ordered}
        if lost:
            verdicts |= await _read_lost(tx, lost, lease_until=lease_until, at=at)
    answers: list[Verdict] = []
    for wanted in claims:
        if wanted is None:
            answers.append(Fresh())
        elif firsts[wanted.scope] is wanted:
            answers.append(verdicts[wanted.scope])
        elif firsts[wanted.scope].body_hash != wanted.body_hash:
            answers.append(IdempotencyKeyReused(key=wanted.key))
        else:
            answers.append(IdempotencyKeyInUse(key=wanted.key))
    return answers


async def _read_lost(
    tx: Transaction, lost: Sequence[Claim], *, lease_until: datetime, at: datetime
) -> dict[tuple[str, str, str], Verdict]:
    """What became of keys that somebody else had claimed."""
    by_scope = {(f.principal, f.route, f.key): f for f in await sql.found(tx, **_scopes(lost))}
    verdicts: dict[tuple[str, str, str], Verdict] = {}
    for wanted in lost:
        found = by_scope.get(wanted.scope)
        if found is not None and found.body_hash != wanted.body_hash:
            verdicts[wanted.scope] = IdempotencyKeyReused(key=wanted.key)
        elif found is None or (found.answer is None and found.lease_until > at):
            verdicts[wanted.scope] = IdempotencyKeyInUse(key=wanted.key)
        elif found.answer == b"":
            verdicts[wanted.scope] = AnswerErased(key=wanted.key)
        elif found.answer is not None and found.status is not None:
            verdicts[wanted.scope] = Kept(found.status, found.answer, found.subject)
        else:
            assert found.subject is not None, "a claim whose effect is committed names it"
            taken = await sql.take_lease(tx, **_scope(wanted), lease_until=lease_until, at=at)
            verdicts[wanted.scope] = (
                Unfinished(found.subject) if taken else IdempotencyKeyInUse(key=wanted.key)
            )
    return verdicts


async def keep(tx: Transaction, *, answers: Sequence[Answer]) -> None:
    """Store the answers that repeats will get."""
    if answers:
        ordered = sorted(answers, key=lambda answer: answer.claim.scope)
        await sql.keep(
            tx,
            **_scopes([a.claim for a in ordered]),
            statuses=[a.status for a in ordered],
            bodies=[a.body for a in ordered],
        )


async def point(tx: Transaction, *, claims: Sequence[Claim]) -> None:
    """Have own claims name the effect of an earlier request, which theirs turned out to be."""
    if claims:
        await sql.point(tx, **_scopes(claims), subjects=[c.subject for c in claims])


async def forget(tx: Transaction, *, claims: Sequence[Claim]) -> None:
    """Give keys free again whose request was refused."""
    if claims:
        await sql.forget(tx, **_scopes(claims))


async def once_each(
    tx: Transaction,
    *,
    claims: Sequence[Claim | None],
    effect: Callable[[Sequence[int]], Awaitable[Sequence[tuple[int, bytes] | Problem]]],
    at: datetime,
) -> list[Done | Problem]:
    """Run an effect that one transaction completes for those requests (by place) whose key is fresh.

    The effect answers (status, body) for each; of one that it refuses it leaves nothing, and the
    key is free again.
    """
    verdicts = await claim(tx, claims=claims, lease_until=at, at=at)
    fresh = [place for place, verdict in enumerate(verdicts) if isinstance(verdict, Fresh)]
    found = dict(zip(fresh, await effect(fresh) if fresh else (), strict=True))
    answers: list[Done | Problem] = []
    kept, refused = [], []
    for place, (wanted, verdict) in enumerate(zip(claims, verdicts, strict=True)):
        match verdict:
            case Kept(status, body, _):
                answers.append(Done(status, body, replayed=True))
            case Problem():
                answers.append(verdict)
            case Unfinished():
                raise AssertionError("claim and answer commit together")
            case Fresh():
                answer = found[place]
                if isinstance(answer, Problem):
                    answers.append(answer)
                    refused += [wanted] if wanted else []
                else:
                    answers.append(Done(*answer))
                    kept += [Answer(wanted, *answer)] if wanted else []
    await forget(tx, claims=refused)
    await keep(tx, answers=kept)
    return answers


async def once(
    tx: Transaction,
    *,
    claim_: Claim | None,
    effect: Callable[[], Awaitable[tuple[int, bytes]]],
    at: datetime,
) -> Done:
    """The same for one request; a refusal of the effect rolls the claim back with everything else."""

    async def only(_: Sequence[int]) -> Sequence[tuple[int, bytes]]:
        return [await effect()]

    (answer,) = await once_each(tx, claims=[claim_], effect=only, at=at)
    if isinstance(answer, Problem):
        raise answer
    return answer


async def erase(
    tx: Transaction, *, principal: str | None, traces: Sequence[str], since: datetime, until: datetime
) -> int:
    """Empty the answers to somebody, and those in which one of these texts stands; how many."""
    return await sql.erase(tx, principal=principal, traces=list(traces), since=since, until=until)


async def sweep(tx: Transaction, *, before: datetime) -> int:
    """Forget keys that are older than anybody may still repeat."""
    return await sql.sweep(tx, before=before)


def _scopes(claims: Sequence[Claim]) -> dict[str, list[str]]:
    return {
        "principals": [c.principal for c in claims],
        "routes": [c.route for c in claims],
        "keys": [c.key for c in claims],
    }


def _scope(wanted: Claim) -> dict[str, str]:
    return {"principal": wanted.principal, "route": wanted.route, "key": wanted.key}

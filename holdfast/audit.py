"""Who did what to which: people and keys, not states. Append-only; ids only, never personal data.

Deeds are sealed behind the request by the worker: every seal is the SHA-256 of the one before it and
of its deed, so that whoever changes or removes an old deed, with whatever rights, breaks all that
follow. Who rewrites the whole chain or cuts off its end is found by a seal that was kept elsewhere:
the worker's log has them, and ``holdfast audit --seal`` compares.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from holdfast.db.queries import Connection, Do, Many, Maybe, One, Queries, Transaction

_BEFORE_THE_FIRST = bytes(32)
_ROWS_AT_ONCE = 1_000  # of a chain that is walked


class Deed(msgspec.Struct, frozen=True):
    """One row of the audit, as it is shown and as it is sealed."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


class Seal(msgspec.Struct, frozen=True):
    """Where a chain stands: how many deeds it has, and what they come to."""

    position: int
    hash: bytes


class Link(msgspec.Struct, frozen=True):
    """A seal beside its deed; the deed's columns are None where it is gone."""

    position: int
    audit_id: int
    hash: bytes
    at: datetime | None
    actor: str | None
    action: str | None
    subject: str | None
    detail: dict[str, Any] | None


class Chain(msgspec.Struct, frozen=True):
    """What walking the chain found; ``broken`` names the first deed or seal that is not as it was."""

    head: Seal
    unsealed: int
    broken: str | None


class sql(Queries):
    record: Do
    of_subject: Many[Deed]
    of_actor: Many[Deed]
    of_action: Many[Deed]
    of_anybody: Many[Deed]
    take_turn: One[bool]
    unsealed: Many[Deed]
    head: Maybe[Seal]
    add_seals: Do
    links: Many[Link]
    count_unsealed: One[int]


async def record(
    tx: Transaction,
    *,
    actor: str,
    action: str,
    subject: str,
    at: datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write down a deed in the transaction that does it."""
    await sql.record(tx, actor=actor, action=action, subject=subject, detail=detail or {}, at=at)


async def find(
    connection: Connection,
    *,
    actor: str | None,
    action: str | None,
    subject: str | None,
    since: datetime | None,
    until: datetime | None,
    before: int | None,
    rows_max: int,
) -> list[Deed]:
    """Deeds from ``since`` on, before ``until``, newest first; ``before``: the last id of the page before."""
    stretch = {"since": since, "until": until, "before": before, "rows_max": rows_max}
    if subject is not None:
        return await sql.of_subject(connection, subject=subject, actor=actor, action=action, **stretch)
    if actor is not None:
        return await sql.of_actor(connection, actor=actor, action=action, **stretch)
    if action is not None:
        return await sql.of_action(connection, action=action, **stretch)
    return await sql.of_anybody(connection, **stretch)


async def seal(tx: Transaction, *, at: datetime, rows_max: int) -> Seal | None:
    """Seal up to so many deeds that wait; the new head, or None where none waits or another worker seals."""
    if not await sql.take_turn(tx):
        return None
    deeds = await sql.unsealed(tx, rows_max=rows_max)
    if not deeds:
        return None
    head = await sql.head(tx) or Seal(0, _BEFORE_THE_FIRST)
    seals = []
    for deed in deeds:
        head = _next(head, deed)
        seals.append(head)
    await sql.add_seals(
        tx,
        positions=[each.position for each in seals],
        audit_ids=[deed.id for deed in deeds],
        hashes=[each.hash for each in seals],
        at=at,
    )
    return head


async def walk(connection: Connection, *, kept: Seal | None = None) -> Chain:
    """Follow the whole chain at one moment, up to the first break; ``kept``: a seal known from elsewhere."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        unsealed = await sql.count_unsealed(connection)
        head, kept_stands = Seal(0, _BEFORE_THE_FIRST), kept is None
        while links := await sql.links(connection, after=head.position, rows_max=_ROWS_AT_ONCE):
            for link in links:
                if broken := _break_at(head, link):
                    return Chain(head, unsealed, broken)
                head = Seal(link.position, link.hash)
                kept_stands = kept_stands or head == kept
    if kept_stands or kept is None:
        return Chain(head, unsealed, None)
    return Chain(
        head, unsealed, f"seal {kept.position} is not the one that was kept: history was written anew"
    )


def _next(head: Seal, deed: Deed) -> Seal:
    """The canonical form of a deed is the JSON array of its columns, keys sorted, times in UTC (RFC 3339)."""
    columns = (deed.id, deed.at, deed.actor, deed.action, deed.subject, deed.detail)
    form = msgspec.json.encode(columns, order="sorted")
    return Seal(head.position + 1, sha256(head.hash + form).digest())


def _break_at(head: Seal, link: Link) -> str | None:
    """What is wrong with a link that should follow this head, in words; None when nothing is."""
    if link.position != head.position + 1:
        return f"seal {head.position + 1} was removed"
    if (
        link.at is None
        or link.actor is None
        or link.action is None
        or link.subject is None
        or link.detail is None
    ):
        return f"deed {link.audit_id} (seal {link.position}) was removed"
    deed = Deed(link.audit_id, link.at, link.actor, link.action, link.subject, link.detail)
    if _next(head, deed).hash != link.hash:
        return f"deed {link.audit_id} (seal {link.position}) was changed, or its seal was"
    return None

"""Who did what to which: people and keys, not states. Append-only; ids only, never personal data."""

from datetime import datetime
from typing import Any

from holdfast.db.queries import Do, Queries, Transaction


class sql(Queries):
    record: Do


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

"""The truths: queries that must return no rows. Read by audit, by doctor, nightly, and after tests."""

from pathlib import Path
from typing import Any

import msgspec

from holdfast.db.queries import Connection, statements

TRUTHS = dict(statements(Path(__file__).with_suffix(".sql").read_text("utf-8")))
ROWS_SHOWN = 20


class Broken(msgspec.Struct, frozen=True):
    """A truth that does not hold, with its first rows."""

    name: str
    rows: list[dict[str, Any]]


async def check_truths(connection: Connection) -> list[Broken]:
    """Every truth that is broken, all read at one moment."""
    broken = []
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for name, text in TRUTHS.items():
            rows = await connection.fetch(text.rstrip(";"))
            if rows:
                broken.append(Broken(name, [dict(row) for row in rows[:ROWS_SHOWN]]))
    return broken

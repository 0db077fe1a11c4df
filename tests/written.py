"""What a process writes down: its logs, and every text in its database."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO

import structlog

from holdfast.db.queries import Connection
from holdfast.watch.logs import set_up_logs

# Every column that holds text, as one statement over all tables: (table.column, text).
_TEXTS = """
SELECT string_agg(format('SELECT %L AS place, %I::text AS said FROM %s',
                         c.relname || '.' || a.attname, a.attname, c.oid::regclass), ' UNION ALL ')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND (t.typcategory IN ('S', 'A') OR t.typname IN ('json', 'jsonb', 'bytea'))"""


@contextmanager
def written_logs(level: str, *, secrets: Iterable[str]) -> Iterator[StringIO]:
    """Logs of this process as ``holdfast serve`` writes them, caught; afterwards as they were."""
    root = logging.getLogger()
    handlers, before = root.handlers[:], root.level
    root.handlers.clear()
    with redirect_stderr(StringIO()) as caught:
        set_up_logs(level, secrets=secrets)
        try:
            yield caught
        finally:
            structlog.reset_defaults()
            root.handlers[:] = handlers
            root.setLevel(before)


async def stored_texts(connection: Connection) -> list[tuple[str, str]]:
    """Every text, JSON and bytes (as text, where they are any) of every table, with its table and column."""
    await connection.execute("SET bytea_output = 'escape'")
    rows = await connection.fetch(await connection.fetchval(_TEXTS))
    return [(row["place"], row["said"]) for row in rows if row["said"]]

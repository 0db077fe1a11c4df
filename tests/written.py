"""What a process writes down: its logs, and every text in its database; and what never may be among it."""

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO

import structlog

from holdfast.db.queries import Connection
from holdfast.watch.logs import set_up_logs
from holdfast.watch.masks import is_card

# Every column that holds text, as one statement over all tables that have rows: (table.column, text).
_TEXTS = """
SELECT string_agg(format('SELECT %L AS place, %I::text AS said FROM %s',
                         c.relname || '.' || a.attname, a.attname, c.oid::regclass), ' UNION ALL ')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND pg_relation_size(c.oid) > 0
  AND (t.typcategory IN ('S', 'A') OR t.typname IN ('json', 'jsonb', 'bytea'))"""

# Visa, Mastercard, American Express, Discover and JCB by their first digits (ISO/IEC 7812): times and ids
# that happen to have the check digit are no cards.
_CARD_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])"
    r"(?:4(?:[ -]?[0-9]){12,18}|(?:5[1-5]|2[2-7]|35|6[05])(?:[ -]?[0-9]){14}|3[47](?:[ -]?[0-9]){13})"
    r"(?![0-9A-Za-z])"
)
# The three or four digits beside it, under the names that forms and providers give them.
_CARD_CODE = re.compile(
    r"""\b(?:cvc|cvv|cvn|cid|security_code)[0-9]?\b\\?["']?\s*[=:]\s*\\?["']?[0-9]{3,4}\b""", re.IGNORECASE
)


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
    texts = await connection.fetchval(_TEXTS)
    rows = await connection.fetch(texts) if texts else []
    return [(row["place"], row["said"]) for row in rows if row["said"]]


def cards_in(text: str) -> list[str]:
    """Card numbers, however they are grouped, and their codes."""
    numbers = [found[0] for found in _CARD_NUMBER.finditer(text) if is_card(found[0])]
    return numbers + [found[0] for found in _CARD_CODE.finditer(text)]


async def stored_cards(connection: Connection) -> list[tuple[str, str]]:
    """Every card number and code in a database, with the table and column that it stands in."""
    return [(place, card) for place, said in await stored_texts(connection) for card in cards_in(said)]

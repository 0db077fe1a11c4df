"""Every column that could hold somebody's name is classified, and what is classified exists."""

import asyncpg
import pytest

from holdfast.retention.person.columns import COLUMNS, NAMES_OF_NOBODY
from tests.conftest import Server

pytestmark = pytest.mark.anyio

TEXTS = """
SELECT c.relname || '.' || a.attname AS place, a.attname AS name
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attgenerated = ''
  AND a.atttypid::regtype::text IN ('text', 'character varying', 'text[]', 'json', 'jsonb', 'bytea')
"""


async def test_whoever_adds_a_column_of_text_says_what_erasing_somebody_does_to_it(
    postgres: Server, template: str
) -> None:
    connection = await asyncpg.connect(postgres.url(template))
    try:
        found = {row["place"]: row["name"] for row in await connection.fetch(TEXTS)}
    finally:
        await connection.close()
    assert {place for place, name in found.items() if name not in NAMES_OF_NOBODY} == set(COLUMNS), (
        "say in retention/person/columns.py what becomes of it, and do that in erase.sql"
    )
    assert set(found.values()) >= NAMES_OF_NOBODY
    assert {name for place, name in found.items() if place in COLUMNS} & NAMES_OF_NOBODY == set()

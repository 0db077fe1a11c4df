"""Statements of several twins run as one, in one round trip.

While a stock row that everybody wants is locked, each further trip to the database is time in
which nobody sells. So what a use case writes there goes as one statement, and still every twin
writes the tables of its own folder only. Their ``WITH`` parts are put into one list, hence their
names differ; PostgreSQL carries them all out, and checks foreign keys at the end.
"""

import re
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec

from holdfast.db.queries import Connection, Many, Statement

_PIECE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|[(),]|[^\s'\"(),/-]+|\S", re.DOTALL)
_PARAMETER = re.compile(r"\$(\d+)\b")


class Part(msgspec.Struct, frozen=True):
    """A statement with what it is given."""

    statement: Statement[Any]
    given: dict[str, Any]


async def together(tx: Connection, first: Part, *others: Part) -> list[Any]:
    """Run all of them; answers the rows of the first, which must have some to answer."""
    arguments = [argument for part in (first, *others) for argument in part.statement.arguments(part.given)]
    whole = _composed(first.statement, *(part.statement for part in others))
    return [whole.read(record) for record in await tx.fetch(whole.text, *arguments)]


def split(text: str) -> tuple[str, str]:
    """The ``WITH`` list of a statement (empty if it has none) and what comes after it."""
    pieces = [piece for piece in _PIECE.finditer(text) if not piece[0].startswith(("--", "/*"))]
    if pieces[0][0].upper() != "WITH":
        return "", text.rstrip("; \n")
    depth = 0
    for piece, following in pairwise(pieces):
        depth += {"(": 1, ")": -1}.get(piece[0], 0)
        if depth == 0 and piece[0] == ")" and following[0] not in (",", "AS"):
            return text[pieces[0].end() : piece.end()].strip(), text[piece.end() :].strip().rstrip(";")
    raise ValueError("a WITH list is followed by a statement")


@cache
def _composed(*statements: Statement[Any]) -> Statement[Any]:
    """One statement that does what all do; parameters are counted on from one to the next."""
    named: list[str] = []
    taken = 0
    for place, statement in enumerate(statements):
        shifted = _PARAMETER.sub(lambda found, by=taken: f"${int(found[1]) + by}", statement.text)  # type: ignore[misc]
        before, main = split(shifted)
        named += [*([before] if before else []), f"part_{place} AS (\n{main}\n)"]
        taken += len(statement.names)
    first = statements[0]
    whole = Many[Any]("together", "", first.row)
    whole.text = "WITH " + ",\n".join(named) + "\nSELECT * FROM part_0"
    return whole

"""No text, however long or odd, keeps one of our regular expressions busy (ReDoS)."""

import ast
import re
import time
from collections.abc import Iterator

import pytest

from tests.tidy.tree import at, nodes

CHARS = 20_000  # what is quadratic takes many seconds with so many, what is linear milliseconds
CPU_S_MAX = 1.5
ENDS = ("", "!", "\n", "\0", "é", "`", "-", "@")
PIECES = (
    *("a", "A", "0", " ", "-", "a-", "_", ".", "a.", "@", "a@", "\n", "/", "%", '"', "\\", '\\"', "[", "{"),
    *("=", "`", ";", ",", ":", ":x ", "ord_", " - at `$.", "` - at `key in $", "unknown field `"),
)


def patterns() -> Iterator[tuple[str, bytes | str]]:
    """Every regular expression that is written down in the package, with where it stands."""
    for path, node in nodes():
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="compile"), args=[written, *_]):
                found: ast.AST = written
            case ast.keyword(arg="pattern", value=written):
                found = written
            case _:
                continue
        if isinstance(found, ast.Constant) and isinstance(found.value, str | bytes):
            yield at(path, found), found.value


WRITTEN = dict(patterns())


def test_the_regular_expressions_are_found() -> None:
    assert len(WRITTEN) > 30
    assert any(isinstance(pattern, bytes) for pattern in WRITTEN.values())


@pytest.mark.parametrize("where", WRITTEN)
def test_a_regular_expression_takes_time_in_proportion_to_its_text(where: str) -> None:
    written = WRITTEN[where]
    began = time.process_time()
    for piece in PIECES:
        for end in ENDS:
            text = (piece * CHARS)[:CHARS] + end
            if isinstance(written, bytes):
                re.compile(written, re.DOTALL).search(text.encode())
                re.compile(written, re.DOTALL).sub(b"", text.encode())
            else:
                re.compile(written, re.DOTALL).match(text)
                re.compile(written).search(text)
        assert time.process_time() - began < CPU_S_MAX, piece

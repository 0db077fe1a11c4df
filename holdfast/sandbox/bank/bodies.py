"""JSON bodies read into structs, and what is wrong with one that does not fit.

Owns the finding of the mistake; leaves to each provider the words in which it refuses.
"""

import re
from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from holdfast.sandbox.bank.gate import Refused

Wanted = TypeVar("Wanted")

_FIELD = re.compile(r"field `([^`]*)`")
_PLACE = re.compile(r"at `\$\.([^`]*)`")


class Mistake(Struct, frozen=True):
    """What is wrong with a body, and with which field of it."""

    kind: Literal["unreadable", "missing", "unknown", "wrong"]
    field: str
    """Empty where the body as a whole is to blame."""
    text: str


def read_json(body: bytes, kind: type[Wanted], refuse: Callable[[Mistake], Refused]) -> Wanted:
    """The body as `kind`, numbers in strings taken for numbers, nothing taken for `{}`; raises Refused."""
    try:
        return msgspec.convert(msgspec.json.decode(body or b"{}"), type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise refuse(_mistake(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise refuse(Mistake("unreadable", "", str(error))) from error


def _mistake(text: str) -> Mistake:
    """What msgspec found."""
    found = _FIELD.search(text) or _PLACE.search(text)
    field = found[1] if found else ""
    if text.startswith("Object missing required field"):
        return Mistake("missing", field, text)
    if text.startswith("Object contains unknown field"):
        return Mistake("unknown", field, text)
    return Mistake("wrong", field, text)

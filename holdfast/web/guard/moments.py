"""A moment in a query: text by RFC 3339, with its offset, and nothing that merely looks like a number."""

import re
from datetime import datetime
from typing import Annotated

from litestar.params import QueryParameter

from holdfast.errors.request import FieldInvalid

MOMENT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})(?!\n)$"
)
Moment = Annotated[str | None, QueryParameter(pattern=MOMENT, description="RFC 3339, with an offset.")]

_YEARS = (1970, 9_000)


def moment_of(text: str | None, *, field: str) -> datetime | None:
    """The moment that a text of this form names; raises FieldInvalid for one that there is not."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text) if re.fullmatch(MOMENT, text) else None
    except ValueError:
        found = None
    if found is None or not _YEARS[0] <= found.year <= _YEARS[1]:
        reason = "must be a moment with its offset, such as 2026-11-01T00:00:00Z"
        raise FieldInvalid(field=field, reason=reason)
    return found

"""What a caller can act on: a Problem. Its kinds stand beside it, by what they are about.

A kind has a stable code, a status and fields; its sentence is made from the fields. The
HTTP form is RFC 9457 (``web/problems.py``). Bugs are asserts, never Problems.
"""

from dataclasses import dataclass, fields
from typing import ClassVar

Line = dict[str, str | int]


@dataclass(eq=False)
class Problem(Exception):
    """Something the caller can act on; never raised itself, only its kinds."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong on our side"
    sentence: ClassVar[str] = "The request was not carried out; nothing was changed. Try again."
    retry_after_s: ClassVar[int | None] = None

    @property
    def wait_s(self) -> int | None:
        """Seconds after which the same request may be repeated; None: it will not become better."""
        return self.retry_after_s

    def __str__(self) -> str:
        said = {k: ", ".join(map(str, v)) if isinstance(v, list) else v for k, v in self.extensions().items()}
        return self.sentence.format(**said)

    def extensions(self) -> dict[str, object]:
        """The fields that a program needs, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

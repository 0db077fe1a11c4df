"""The append-only file from which a sandbox that was killed remembers who paid.

Owns lines and their order; leaves to each provider what a line's value means. A line is written before
the answer that tells of it, by one write call, so that what the kernel took survives kill -9 (not a
power cut).
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

FILE_MODE = 0o600  # it holds client secrets


class Line(Struct, frozen=True):
    """One object as it was written: whose it is, what kind, and its JSON."""

    bank: str
    kind: str
    value: Raw


_decode = msgspec.json.Decoder(Line).decode
_encode = msgspec.json.Encoder().encode


class Journal:
    """An append-only file of JSON lines; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        """Open and lock the file; a second sandbox on the same file raises BlockingIOError."""
        self._fd: int | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, FILE_MODE)
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.close()
                raise

    def lines(self) -> Iterator[Line]:
        """Every whole line so far, oldest first; a torn last line is cut off."""
        if self._fd is None:
            return
        with os.fdopen(os.dup(self._fd), "rb") as file:
            file.seek(0)
            whole = 0
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                yield _decode(line)
        os.ftruncate(self._fd, whole)

    def write(self, bank: str, kind: str, value: object) -> None:
        """Append one object."""
        if self._fd is not None:
            os.write(self._fd, _encode({"bank": bank, "kind": kind, "value": value}) + b"\n")

    def close(self) -> None:
        """Let go of the file and its lock."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

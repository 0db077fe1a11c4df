"""Passwords: what one must be, and its hash (argon2id), made on a thread of its own.

A hash takes about 0.16 s of a processor and 64 MiB (RFC 9106 §4, second recommendation), so one thread
makes them one after the other while the event loop serves everybody else; argon2 lets go of the
interpreter meanwhile. When the processors are busy that thread steps back behind what sells, so that nobody
who guesses passwords slows down buyers. What waits is bounded. Who asks has been throttled before
(``lockout.py``).
"""

import asyncio
import os
import sys
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY
from zxcvbn import zxcvbn

from holdfast.errors.people import PasswordTooWeak
from holdfast.errors.request import FieldInvalid
from holdfast.errors.running import Overloaded
from holdfast.limits import (
    HASHES_NICE,
    HASHES_WAITING_MAX,
    PASSWORD_CHARS_MAX,
    PASSWORD_CHARS_MIN,
    PASSWORD_GUESSES_MIN,
)

T = TypeVar("T")

_ARGON2 = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_ESTIMATED_CHARS = 72  # zxcvbn looks no further; what follows only makes a password better

NOBODYS_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$N9zQsdioXjdDRXPsKfpqEw$lRy8mW2DYpNOOO3MnAM9ZK+8z4hr6zsq1bFnuaRW7w4"
)
"""Of no password: verifying against it takes as long as against a real one (same parameters)."""


class Verified(msgspec.Struct, frozen=True):
    """Whether a password fits; ``better_hash`` is one with today's parameters, if the kept one is older."""

    fits: bool
    better_hash: str | None = None


class Hasher:
    """The one thread of this process that makes hashes."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="password", initializer=_step_back
        )
        self._waiting = 0

    async def hash(self, password: str, *, about: tuple[str, ...] = (), field: str = "password") -> str:
        """The hash of a new password.

        Raises FieldInvalid for one too short or too long, PasswordTooWeak for one that is easily guessed,
        also because of what is known ``about`` the person, and Overloaded when too many wait.
        """
        if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
            reason = f"must have {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters"
            raise FieldInvalid(field=field, reason=reason)
        return await self._run(lambda: _hash_new(password, about, field))

    async def verify(self, kept: str | None, password: str) -> Verified:
        """Whether it is the password; without a kept hash it never is, which takes as long to say.

        Raises Overloaded when too many wait.
        """
        return await self._run(lambda: _verify(kept, password))

    def close(self) -> None:
        """Finish what was begun."""
        self._thread.shutdown(cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= HASHES_WAITING_MAX:
            raise Overloaded
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1


def _step_back() -> None:
    """Lower this thread's priority, and with it that of the threads that argon2 starts from it.

    Linux keeps priorities by thread (nice(2), "C library/kernel differences"); elsewhere the whole process
    would step back, so there nothing changes. From wherever the process stands, stepping back is allowed.
    """
    if sys.platform == "linux":
        os.nice(HASHES_NICE)


def _hash_new(password: str, about: tuple[str, ...], field: str) -> str:
    password = _same(password)
    known = [*about, *(part for text in about for part in text.split("@"))]
    found = zxcvbn(password[:_ESTIMATED_CHARS], user_inputs=known)
    if found["guesses"] < PASSWORD_GUESSES_MIN:
        feedback = found["feedback"]
        said = [feedback["warning"], *feedback["suggestions"]]
        raise PasswordTooWeak(field=field, suggestions=[text.rstrip(".") + "." for text in said if text])
    return _ARGON2.hash(password)


def _verify(kept: str | None, password: str) -> Verified:
    password = _same(password)
    try:
        _ARGON2.verify(kept or NOBODYS_HASH, password)
    except (VerificationError, InvalidHashError):
        return Verified(fits=False)
    if kept is None:
        return Verified(fits=False)
    return Verified(True, _ARGON2.hash(password) if _ARGON2.check_needs_rehash(kept) else None)


def _same(password: str) -> str:
    """One form of what keyboards write in several (NIST SP 800-63B §3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)

"""Ids: a prefix that says what it names, and a ULID, so that ids sort by birth.

Minted by us before the insert, so that a commit whose answer was lost is recognised by them.
"""

import hmac
import os
import re
import time
from datetime import datetime
from hashlib import sha256
from typing import NewType

OrderId = NewType("OrderId", str)
CartId = NewType("CartId", str)

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [a + b for a in _CROCKFORD for b in _CROCKFORD]
ID = re.compile(r"^[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}$")


def mint(prefix: str) -> str:
    """A new id, for example ``ord_01J…``: 48 bits of milliseconds, 80 random bits (ULID specification).

    Two characters at a time, and no number longer than a machine word: an order needs four ids.
    """
    ms = time.time_ns() // 1_000_000
    high, low = divmod(int.from_bytes(os.urandom(10), "big"), 1 << 40)
    return (
        f"{prefix}_{_PAIRS[ms >> 40]}"
        f"{_PAIRS[ms >> 30 & 1023]}{_PAIRS[ms >> 20 & 1023]}{_PAIRS[ms >> 10 & 1023]}{_PAIRS[ms & 1023]}"
        f"{_PAIRS[high >> 30]}{_PAIRS[high >> 20 & 1023]}{_PAIRS[high >> 10 & 1023]}{_PAIRS[high & 1023]}"
        f"{_PAIRS[low >> 30]}{_PAIRS[low >> 20 & 1023]}{_PAIRS[low >> 10 & 1023]}{_PAIRS[low & 1023]}"
    )


def first_of(prefix: str, at: datetime) -> str:
    """The smallest id that could be minted at this moment: where a stretch of time begins among ids."""
    ms = int(at.timestamp() * 1_000)
    time_part = "".join(_PAIRS[ms >> shift & 1023] for shift in (40, 30, 20, 10, 0))
    return f"{prefix}_{time_part}{'0' * 16}"


def token_for(secret_key: str, owned_id: str) -> str:
    """The secret by which a guest owns a cart, checkout or order: an HMAC of its id, stored nowhere."""
    return hmac.new(secret_key.encode(), owned_id.encode(), sha256).hexdigest()


def token_fits(secret_key: str, owned_id: str, token: str) -> bool:
    """Whether the token is the one of this id, compared in constant time."""
    expected = token_for(secret_key, owned_id)
    return hmac.compare_digest(expected.encode(), token.encode("utf-8", "surrogateescape"))

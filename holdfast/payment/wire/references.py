"""Our ids in alphabets that are poorer than ours, and keys for events that have none."""

import re
from hashlib import sha256

KEY_CHARS_MAX = 255

_OURS = re.compile(r"([a-z]{3})[-._]?([0-9A-HJKMNP-TV-Z]{26})")


def bare(our_id: str, between: str = "") -> str:
    """An id without its underscore: letters and digits, 29 characters (gateways.md §4.2, §5.2, §7.3)."""
    prefix, _, rest = our_id.partition("_")
    return f"{prefix}{between}{rest}"


def whole(reference: object) -> str | None:
    """The id that ``bare`` was made of; None for what is not one of ours."""
    found = _OURS.fullmatch(reference) if isinstance(reference, str) else None
    return f"{found[1]}_{found[2]}" if found else None


def content_key(*parts: object) -> str:
    """A key for an event without an id, from what makes it the one it is (gateways.md §12.6)."""
    key = ":".join(str(part) for part in parts)
    fits = len(key) <= KEY_CHARS_MAX and key.isascii() and key.isprintable()
    return key if fits else sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

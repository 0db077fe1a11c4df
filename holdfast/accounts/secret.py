"""Secrets that are handed out once and kept as a hash. They are random, so SHA-256 is enough."""

import hmac
import secrets
from hashlib import sha256

SESSION_PREFIX = "hs_"
KEY_PREFIX = "hf_"


def mint_secret(prefix: str = "") -> str:
    """A new one with 256 random bits."""
    return f"{prefix}{secrets.token_urlsafe(32)}"


def hash_secret(secret: str) -> bytes:
    """What is kept of it; also of bytes that no secret can have."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()


def csrf_token(secret_key: str, session_token: str) -> str:
    """What proves that a request comes from a page that could read this session's answers.

    An HMAC of the session's token (OWASP, CSRF prevention: signed and bound to the session), stored nowhere.
    """
    made = hmac.new(secret_key.encode(), b"csrf:" + hash_secret(session_token), sha256)
    return made.hexdigest()


def csrf_fits(secret_key: str, session_token: str, given: str) -> bool:
    """Whether the header is the one of this session, compared in constant time."""
    expected = csrf_token(secret_key, session_token)
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))

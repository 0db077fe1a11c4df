"""Refusals of v3: a sentence and no code (gateways.md §5.1)."""

from typing import Any, Literal

from msgspec import Struct

from holdfast.sandbox.bank.gate import Dialect, Refused


class ErrorAnswer(Struct, frozen=True):
    """Every refusal looks like this."""

    message: str
    status: Literal["error"] = "error"
    data: Any = None


def invalid(message: str, *, field: str = "") -> Refused:
    """The request is wrong, or the state is against it: 400."""
    return Refused(400, ErrorAnswer(f"{field} {message}" if field else message))


def no_transaction() -> Refused:
    """Nothing is kept under this id or reference; Flutterwave says 400, not 404."""
    return invalid("No transaction was found for this id")


def no_route() -> Refused:
    """The address does not exist."""
    return Refused(404, ErrorAnswer("Resource not found"))


def wrong_key() -> Refused:
    """The secret key is wrong or missing."""
    return Refused(401, ErrorAnswer("Invalid authorization key"))


def rate_limited() -> Refused:
    """Too many calls."""
    return Refused(429, ErrorAnswer("Too many requests. Please try again later"))


def conflict() -> Refused:
    """Another call about the same thing is running."""
    return Refused(409, ErrorAnswer("A similar request is being processed"))


def broken(status: int) -> Refused:
    """Flutterwave's own fault; a 503 after 28 s says nothing about what happened."""
    return Refused(status, ErrorAnswer("An error occurred. Please contact support"))


DIALECT = Dialect(rate_limited=rate_limited, conflict=conflict, broken=broken, key_reused=conflict)
"""v3 has no idempotency keys, so that none is ever reused."""

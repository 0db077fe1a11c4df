"""Refusals of v4: a type, a code, and the fields to blame (gateways.md §5.2)."""

from typing import Literal

from msgspec import Struct

from holdfast.sandbox.bank.gate import Dialect, Refused


class FieldError(Struct, frozen=True):
    """One field, and what is wrong with it."""

    field_name: str
    message: str


class ErrorBody(Struct, frozen=True):
    """What a program sees."""

    type: str
    code: str
    message: str
    validation_errors: tuple[FieldError, ...] = ()


class ErrorAnswer(Struct, frozen=True):
    """The outer shape of a refusal."""

    error: ErrorBody
    status: Literal["failed"] = "failed"


class TokenError(Struct, frozen=True):
    """How the identity provider refuses (RFC 6749 §5.2)."""

    error: str
    error_description: str


def invalid(message: str, *, field: str = "") -> Refused:
    """The request is wrong, or the state is against it: 400."""
    fields = (FieldError(field, message),) if field else ()
    text = "Request is not valid" if field else message
    return Refused(400, ErrorAnswer(ErrorBody("REQUEST_NOT_VALID", "10400", text, fields)))


def wrong_token() -> Refused:
    """No access token, or one that is wrong or has ended."""
    return Refused(401, ErrorAnswer(ErrorBody("UNAUTHORIZED", "10401", "unauthorized")))


def wrong_client() -> Refused:
    """The client id or its secret is wrong."""
    description = "Invalid client or Invalid client credentials"
    return Refused(401, TokenError("invalid_client", description))


def wrong_grant() -> Refused:
    """Only client credentials are granted anything."""
    return Refused(400, TokenError("unsupported_grant_type", "Unsupported grant_type"))


def not_found() -> Refused:
    """No such object, or no such address."""
    return Refused(404, ErrorAnswer(ErrorBody("RESOURCE_NOT_FOUND", "10404", "Resource not found")))


def conflict() -> Refused:
    """The reference is in use, or the same key is still running."""
    return Refused(409, ErrorAnswer(ErrorBody("RESOURCE_CONFLICT", "10409", "Resource conflict")))


def rate_limited() -> Refused:
    """Too many calls."""
    return Refused(429, ErrorAnswer(ErrorBody("TOO_MANY_REQUESTS", "10429", "Too many requests")))


def broken(status: int) -> Refused:
    """Flutterwave's own fault."""
    return Refused(status, ErrorAnswer(ErrorBody("INTERNAL_SERVER_ERROR", "10500", "Internal server error")))


DIALECT = Dialect(
    rate_limited=rate_limited,
    conflict=conflict,
    broken=broken,
    key_reused=conflict,
    replayed={"X-Idempotency-Cache-Hit": "true"},
)
"""A key brings the first answer again, whatever the second request says, so that it is never `reused`."""

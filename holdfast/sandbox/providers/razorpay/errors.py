"""Refusals in Razorpay's shape (gateways.md §3.8); owns their codes and sentences."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from holdfast.sandbox.bank.gate import Refused


class ErrorBody(Struct, frozen=True, kw_only=True):
    """What a program sees; `field` is absent where none is to blame."""

    code: Literal["BAD_REQUEST_ERROR", "GATEWAY_ERROR", "SERVER_ERROR"] = "BAD_REQUEST_ERROR"
    description: str
    source: str = "business"
    step: str = "payment_initiation"
    reason: str = "input_validation_failed"
    metadata: dict[str, str] = {}
    field: str | UnsetType = UNSET


class ErrorAnswer(Struct, frozen=True):
    """The outer shape of a refusal."""

    error: ErrorBody


def invalid(description: str, *, field: str | None = None) -> Refused:
    """The request is wrong, or the state is against it: 400."""
    return Refused(400, ErrorAnswer(ErrorBody(description=description, field=field or UNSET)))


def no_such_id() -> Refused:
    """No object of this kind has this id; Razorpay says 400, not 404."""
    return invalid("The id provided does not exist")


def wrong_key() -> Refused:
    """The key or its secret is wrong or missing."""
    return Refused(401, ErrorAnswer(ErrorBody(description="Authentication failed", source="NA", reason="NA")))


def no_route() -> Refused:
    """The address does not exist."""
    description = "The requested URL was not found on the server."
    return Refused(404, ErrorAnswer(ErrorBody(description=description, source="NA", reason="NA")))


def rate_limited() -> Refused:
    """Too many calls."""
    return Refused(429, ErrorAnswer(ErrorBody(description="Request failed because of too many requests")))


def running() -> Refused:
    """A refund under the same key is being made: 409, to be tried again."""
    description = "Another request with the same idempotency key is in progress"
    return Refused(409, ErrorAnswer(ErrorBody(description=description)))


def key_reused() -> Refused:
    """The refund's key came first with another body."""
    return invalid("Different request body sent for the same Idempotency Header")


def broken(status: int) -> Refused:
    """Razorpay's own fault."""
    body = ErrorBody(
        code="SERVER_ERROR",
        description="The server encountered an error. This is a fault that was asked of the sandbox.",
        source="internal",
        reason="server_error",
    )
    return Refused(status, ErrorAnswer(body))

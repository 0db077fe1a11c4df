"""Refusals in Paystack's shape (gateways.md §4.7); owns their codes and sentences."""

from typing import Literal

from msgspec import Struct

from holdfast.sandbox.bank.bodies import Mistake
from holdfast.sandbox.bank.gate import Refused

NEXT_STEP = "Ensure that the value(s) you're passing are valid."


class NextStep(Struct, frozen=True):
    """What Paystack advises."""

    nextStep: str = NEXT_STEP  # noqa: N815 - the wire's name


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """A refusal; Paystack says `status` for what others call success."""

    status: Literal[False] = False
    message: str
    meta: NextStep = NextStep()
    type: Literal["validation_error", "processor_error", "api_error"] = "validation_error"
    code: str = "invalid_params"


def invalid(message: str, *, code: str = "invalid_params") -> Refused:
    """The request is wrong, or the state is against it: 400."""
    return Refused(400, ErrorAnswer(message=message, code=code))


def mistaken(mistake: Mistake) -> Refused:
    """The body is not what it should be."""
    match mistake.field, mistake.kind:
        case "", _:
            return invalid("Invalid request body")
        case "email", _:
            return invalid("Invalid Email Address Passed", code="invalid_email_address")
        case "amount", _:
            return invalid("Amount must be an integer", code="invalid_amount")
        case field, "missing":
            return invalid(f"{field} is required")
        case field, _:
            return invalid(f"{field} is invalid")


def not_found(what: str) -> Refused:
    """There is no such thing; 404."""
    return Refused(404, ErrorAnswer(message=f"{what} not found", code=f"{what.lower()}_not_found"))


def no_key() -> Refused:
    """The call has no key."""
    return Refused(401, ErrorAnswer(message="No Authorization Header was found", code="missing_key"))


def wrong_key() -> Refused:
    """The key is not this account's."""
    step = NextStep("Ensure that you provide the correct authorization key for the request")
    return Refused(401, ErrorAnswer(message="Invalid key", meta=step, code="invalid_Key"))


def no_route() -> Refused:
    """The address does not exist."""
    return Refused(404, ErrorAnswer(message="Invalid endpoint", type="api_error", code="not_found"))


def rate_limited() -> Refused:
    """Too many calls."""
    message = "Please wait a few minutes and try again."
    return Refused(429, ErrorAnswer(message=message, type="api_error", code="rate_limited"))


def conflict() -> Refused:
    """Paystack publishes no conflicts; a fault can still ask for one."""
    return Refused(409, ErrorAnswer(message="Request is being processed", type="api_error", code="conflict"))


def broken(status: int) -> Refused:
    """Paystack's own fault."""
    message = "An error occurred. This is a fault that was asked of the sandbox."
    return Refused(status, ErrorAnswer(message=message, type="api_error", code="unknown"))

"""Refusals in Stripe's shape (gateways.md §2.8); owns their codes and sentences."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from holdfast.sandbox.bank.gate import Refused
from holdfast.sandbox.providers.stripe.objects import PaymentIntent

ErrorType = Literal["api_error", "card_error", "idempotency_error", "invalid_request_error"]


class ErrorBody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a program sees; fields that do not apply are absent."""

    type: ErrorType
    message: str
    code: str | None = None
    decline_code: str | None = None
    param: str | None = None
    charge: str | None = None
    payment_intent: PaymentIntent | None = None


class ErrorAnswer(Struct, frozen=True):
    """The outer shape of a refusal."""

    error: ErrorBody


def _refusal(
    status: int, body: ErrorBody, *, kept: bool = False, headers: Mapping[str, str] | None = None
) -> Refused:
    return Refused(status, ErrorAnswer(body), kept=kept, headers=headers)


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> Refused:
    """The parameters are wrong: 400, and nothing is kept."""
    return _refusal(400, ErrorBody(type="invalid_request_error", message=message, code=code, param=param))


def refused(message: str, *, code: str | None = None, param: str | None = None) -> Refused:
    """The parameters are right and the state is against it: 400, kept."""
    body = ErrorBody(type="invalid_request_error", message=message, code=code, param=param)
    return _refusal(400, body, kept=True)


def missing(param: str) -> Refused:
    """A required parameter is absent."""
    return invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown(param: str) -> Refused:
    """A parameter that the call does not have."""
    return invalid(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def too_small(least: int, currency: str) -> Refused:
    """The amount is below the smallest that the currency allows."""
    message = f"Amount must be no less than {least} (minor units of {currency})."
    return invalid(message, code="amount_too_small", param="amount")


def not_found(kind: str, thing_id: str) -> Refused:
    """The object that the path names does not exist: 404."""
    message = f"No such {kind}: '{thing_id}'"
    body = ErrorBody(type="invalid_request_error", message=message, code="resource_missing", param="id")
    return _refusal(404, body)


def no_such(kind: str, thing_id: str, *, param: str) -> Refused:
    """The object that a parameter names does not exist: 400."""
    return invalid(f"No such {kind}: '{thing_id}'", code="resource_missing", param=param)


def unexpected_state(intent: PaymentIntent, verb: str, allowed: tuple[str, ...]) -> Refused:
    """The intent's status does not allow this."""
    message = (
        f"You cannot {verb} this PaymentIntent as its status is {intent.status}. "
        f"Only one with one of the following statuses may be used here: {', '.join(allowed)}."
    )
    code = "payment_intent_unexpected_state"
    body = ErrorBody(type="invalid_request_error", message=message, code=code, payment_intent=intent)
    return _refusal(400, body, kept=True)


def card_declined(intent: PaymentIntent) -> Refused:
    """The try failed and the intent lives on: 402 with the intent inside."""
    error = intent.last_payment_error
    assert error is not None, "a declined intent says why"
    body = ErrorBody(
        type="card_error",
        message=error.message,
        code=error.code,
        decline_code=error.decline_code,
        charge=error.charge,
        payment_intent=intent,
    )
    return _refusal(402, body, kept=True)


def no_key() -> Refused:
    """The call has no key."""
    message = "You did not provide an API key. Provide it as a bearer token: Authorization: Bearer YOUR_KEY."
    return _refusal(401, ErrorBody(type="invalid_request_error", message=message))


def wrong_key(key: str) -> Refused:
    """The key is not this account's; its end is shown, as Stripe does."""
    shown = f"{key[:7]}{'*' * 8}{key[-4:]}" if len(key) > 16 else "********"  # noqa: PLR2004 - short keys stay hidden
    return _refusal(
        401, ErrorBody(type="invalid_request_error", message=f"Invalid API Key provided: {shown}")
    )


def key_reused() -> Refused:
    """The idempotency key came first with other parameters."""
    message = (
        "Keys for idempotent requests can only be used with the same parameters they were first used "
        "with. Try using a different key if you meant to execute a different request."
    )
    return _refusal(400, ErrorBody(type="idempotency_error", message=message))


def key_in_use() -> Refused:
    """Another call with this idempotency key is running."""
    message = "There is currently another in-progress request using this Idempotent Key."
    body = ErrorBody(type="idempotency_error", message=message, code="idempotency_key_in_use")
    return _refusal(409, body, headers={"Stripe-Should-Retry": "true"})


def rate_limited() -> Refused:
    """Too many calls: not begun, so nothing is kept."""
    message = "Request rate limit exceeded. Learn more about rate limits in the documentation."
    return _refusal(429, ErrorBody(type="invalid_request_error", message=message, code="rate_limit"))


def broken(status: int) -> Refused:
    """Stripe's own fault: kept, and so replayed to the same key."""
    message = "An unknown error occurred. This is a fault that was asked of the sandbox."
    return _refusal(status, ErrorBody(type="api_error", message=message), kept=True)


def no_route(method: str, path: str) -> Refused:
    """The address does not exist."""
    message = f"Unrecognized request URL ({method}: {path})."
    return _refusal(404, ErrorBody(type="invalid_request_error", message=message))

"""Refusals in PayPal's shape (gateways.md §6.5); owns their names, issues and sentences."""

import secrets

from msgspec import Struct

from holdfast.sandbox.bank.bodies import Mistake
from holdfast.sandbox.bank.gate import Dialect, Refused

REQUEST_ID_SECONDS = 45 * 86_400
"""How long Payments v2 keeps a request id; Orders v2 keeps one for 6 hours (§6.4)."""

Link = dict[str, str]


class Detail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong; its issue is the word that decides."""

    field: str = ""
    value: str = ""
    location: str = ""
    issue: str
    description: str


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """A refusal."""

    name: str
    message: str
    debug_id: str
    details: tuple[Detail, ...] = ()
    links: tuple[Link, ...] = ()


class TokenError(Struct, frozen=True):
    """How the token endpoint refuses (RFC 6749 §5.2), and who gets no further with a token."""

    error: str
    error_description: str


def new_debug_id() -> str:
    """What support asks for."""
    return secrets.token_hex(7)[:13]


def invalid(issue: str, description: str, *, field: str = "") -> Refused:
    """The request is wrong: 400."""
    detail = Detail(field=f"/{field}" if field else "", location="body", issue=issue, description=description)
    message = "Request is not well-formed, syntactically incorrect, or violates schema."
    return _refused(400, "INVALID_REQUEST", message, detail)


def mistaken(mistake: Mistake) -> Refused:
    """The body is not what it should be."""
    match mistake.kind:
        case "unreadable":
            return _refused(400, "MALFORMED_REQUEST_JSON", "The request JSON is not well formed.")
        case "missing":
            return invalid("MISSING_REQUIRED_PARAMETER", "A required field is missing.", field=mistake.field)
        case _:
            return invalid("INVALID_PARAMETER_VALUE", mistake.text, field=mistake.field)


def unprocessable(issue: str, description: str, *, links: tuple[Link, ...] = ()) -> Refused:
    """The request is well-formed, and the state or the rules are against it: 422."""
    message = (
        "The requested action could not be performed, semantically incorrect, or failed business validation."
    )
    detail = Detail(issue=issue, description=description)
    return _refused(422, "UNPROCESSABLE_ENTITY", message, detail, links=links)


def not_found() -> Refused:
    """There is no such thing, or no longer."""
    detail = Detail(
        issue="INVALID_RESOURCE_ID",
        description="Specified resource ID does not exist. Please check the resource ID and try again.",
    )
    return _refused(404, "RESOURCE_NOT_FOUND", "The specified resource does not exist.", detail)


def wrong_client() -> Refused:
    """The client id or its secret is wrong."""
    return Refused(401, TokenError("invalid_client", "Client Authentication failed"))


def wrong_grant() -> Refused:
    """Only client credentials are granted anything."""
    return Refused(400, TokenError("unsupported_grant_type", "Grant Type is NULL"))


def wrong_token() -> Refused:
    """No access token, or one that is wrong or has ended."""
    return Refused(401, TokenError("invalid_token", "Token signature verification failed"))


def request_id_required() -> Refused:
    """An order with a payment source needs a `PayPal-Request-Id`."""
    return invalid(
        "PAYPAL_REQUEST_ID_REQUIRED",
        "A PayPal-Request-Id is required if you are trying to process payment for an Order.",
    )


def key_reused() -> Refused:
    """The request id came first with another request."""
    return unprocessable(
        "DUPLICATE_REQUEST_ID", "The value of PayPal-Request-Id header has already been used."
    )


def conflict() -> Refused:
    """The first request under the same id is still running."""
    detail = Detail(
        issue="PREVIOUS_REQUEST_IN_PROGRESS",
        description="A previous request on this resource is currently in progress. "
        "Please wait for some time and try again.",
    )
    message = "The server has detected a conflict while processing this request."
    return _refused(409, "RESOURCE_CONFLICT", message, detail)


def rate_limited() -> Refused:
    """Too many calls."""
    return _refused(429, "RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting.")


def broken(status: int) -> Refused:
    """PayPal's own fault."""
    return _refused(status, "INTERNAL_SERVER_ERROR", "An internal server error has occurred.")


DIALECT = Dialect(
    rate_limited=rate_limited,
    conflict=conflict,
    broken=broken,
    key_reused=key_reused,
    key_kept_seconds=REQUEST_ID_SECONDS,
)


def _refused(status: int, name: str, message: str, *details: Detail, links: tuple[Link, ...] = ()) -> Refused:
    debug_id = new_debug_id()
    body = ErrorAnswer(name=name, message=message, debug_id=debug_id, details=details, links=links)
    return Refused(status, body, headers={"PayPal-Debug-Id": debug_id})

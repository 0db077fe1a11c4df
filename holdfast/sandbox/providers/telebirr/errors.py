"""Refusals in TeleBirr's two shapes (gateways.md §7.7); owns their codes and sentences.

The gateway in front says `errorCode` with an HTTP error; the payment behind it says FAIL with HTTP 200.
Codes that nobody has published are the sandbox's own and begin with 6020099.
"""

from typing import Literal

from msgspec import Struct

from holdfast.sandbox.bank.bodies import Mistake
from holdfast.sandbox.bank.gate import Refused


class GatewayError(Struct, frozen=True):
    """What the gateway in front says."""

    errorCode: str  # noqa: N815 - the wire's name
    errorMsg: str  # noqa: N815
    errorSolution: str = "Please check the request and try again."  # noqa: N815


class Failed(Struct, frozen=True, kw_only=True):
    """What the payment behind it says."""

    result: Literal["FAIL"] = "FAIL"
    code: str
    msg: str


def failed(code: str, msg: str) -> Refused:
    """A business refusal; HTTP says 200 all the same."""
    return Refused(200, Failed(code=code, msg=msg))


def mistaken(mistake: Mistake) -> Refused:
    """The body is not what it should be."""
    return wrong(mistake.field or "request body")


def wrong(field: str) -> Refused:
    """A parameter has a value that is not allowed."""
    return Refused(400, GatewayError("49401024995", f"The type of parameter {field} is wrong."))


def wrong_signature() -> Refused:
    """The signature is not the merchant's, or not in this account's padding."""
    return Refused(400, GatewayError("60200099", "Signature verification failed."))


def wrong_app() -> Refused:
    """`X-APP-Key`, the app's secret or the token is wrong, or the token is too old."""
    return Refused(401, GatewayError("49401021001", "Authentication failed."))


def rate_limited() -> Refused:
    """Too many calls."""
    return Refused(429, GatewayError("49401021002", "The quota is used up."))


def conflict() -> Refused:
    """TeleBirr publishes no conflicts; a fault can still ask for one."""
    return Refused(409, GatewayError("49401021409", "The request is being processed."))


def broken(status: int) -> Refused:
    """TeleBirr's own fault."""
    return Refused(status, GatewayError("49401025000", "This is a fault that was asked of the sandbox."))


def not_allowed() -> Refused:
    """The account may not do this."""
    return failed("60320025", "The operation is not allowed.")


def no_such_order() -> Refused:
    """The merchant has made no order with this number."""
    return failed("60200991", "The order does not exist.")


def used_before() -> Refused:
    """The merchant has made an order with this number."""
    return failed("60200992", "The merchant order ID is duplicated.")


def not_refundable(why: str) -> Refused:
    """The order's state, or what is left of it, is against a refund."""
    return failed("60200993", why)


def other_merchant() -> Refused:
    """`appid` or `merch_code` is not this account's."""
    return failed("60200994", "The merchant does not exist.")


def no_route() -> Refused:
    """The address does not exist, or the account has no such service."""
    return Refused(404, GatewayError("49401020404", "The API does not exist."))

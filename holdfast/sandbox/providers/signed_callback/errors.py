"""Refusals: a code for programs and a sentence for people. The convention leaves them open (§10)."""

from msgspec import Struct

from holdfast.sandbox.bank.bodies import Mistake
from holdfast.sandbox.bank.gate import Refused


class ErrorAnswer(Struct, frozen=True):
    """The shape of every refusal."""

    code: str
    message: str


def mistaken(mistake: Mistake) -> Refused:
    """The body is not what it should be."""
    return wrong(mistake.field or "body")


def wrong(field: str) -> Refused:
    """A field has a value that is not allowed."""
    return Refused(400, ErrorAnswer("invalid_request", f"{field} is missing or wrong"))


def no_key() -> Refused:
    """`Idempotency-Key` is missing."""
    return Refused(400, ErrorAnswer("idempotency_key_missing", "Idempotency-Key is needed"))


def wrong_signature() -> Refused:
    """The request is to be signed, and is not, or not so."""
    return Refused(400, ErrorAnswer("wrong_signature", "The signature does not fit the request"))


def unauthorized() -> Refused:
    """The API key is wrong."""
    return Refused(401, ErrorAnswer("unauthorized", "The API key is not valid"))


def not_found() -> Refused:
    """The merchant has asked for no payment with this reference."""
    return Refused(404, ErrorAnswer("payment_not_found", "There is no payment with this reference"))


def not_offered() -> Refused:
    """This bank has no such call."""
    return Refused(404, ErrorAnswer("not_offered", "There is no such call"))


def conflict() -> Refused:
    """A call with this key is still running."""
    return Refused(409, ErrorAnswer("in_progress", "The first call with this key is still running"))


def key_reused() -> Refused:
    """The key came first with another request."""
    return Refused(422, ErrorAnswer("idempotency_key_reused", "The key was used for another request"))


def reference_used() -> Refused:
    """The merchant has asked for a payment with this reference under another key."""
    return Refused(422, ErrorAnswer("reference_used", "There is a payment with this reference"))


def rate_limited() -> Refused:
    """Too many calls."""
    return Refused(429, ErrorAnswer("rate_limited", "Too many requests"))


def broken(status: int) -> Refused:
    """The bank's own fault."""
    return Refused(status, ErrorAnswer("internal_error", "This is a fault that was asked of the sandbox"))

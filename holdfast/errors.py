"""Problem and all its kinds: what a caller can act on, laid out as a table of contents.

A kind has a stable code, a status and fields; its sentence is made from the fields. The
HTTP form is RFC 9457 (``web/problems.py``). Bugs are asserts, never Problems.
"""

from dataclasses import dataclass, fields
from typing import ClassVar

Line = dict[str, str | int]


@dataclass(eq=False)
class Problem(Exception):
    """Something the caller can act on; never raised itself, only its kinds."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong on our side"
    sentence: ClassVar[str] = "The request was not carried out; nothing was changed. Try again."
    retry_after_s: ClassVar[int | None] = None

    def __str__(self) -> str:
        said = {k: ", ".join(map(str, v)) if isinstance(v, list) else v for k, v in self.extensions().items()}
        return self.sentence.format(**said)

    def extensions(self) -> dict[str, object]:
        """The fields that a program needs, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


# ── the request itself ────────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class RequestMalformed(Problem):
    code, status, title = "request_malformed", 400, "The request cannot be read"
    sentence = "{reason}."
    reason: str


@dataclass(eq=False)
class FieldInvalid(Problem):
    code, status, title = "field_invalid", 422, "A field has a value that is not allowed"
    sentence = "{field}: {reason}."
    field: str
    reason: str


@dataclass(eq=False)
class BodyTooLarge(Problem):
    code, status, title = "body_too_large", 413, "The request is too large"
    sentence = "The body may have at most {bytes_max} bytes."
    bytes_max: int


@dataclass(eq=False)
class UploadInvalid(Problem):
    code, status, title = "upload_invalid", 422, "This file is not taken"
    sentence = "The file {reason}."
    reason: str


@dataclass(eq=False)
class TooMany(Problem):
    code, status, title = "too_many", 409, "There are enough of these"
    sentence = "There can be at most {most} {what}."
    what: str
    most: int


@dataclass(eq=False)
class MediaTypeUnsupported(Problem):
    code, status, title = "media_type_unsupported", 415, "The body has a form that is not read here"
    sentence = "Send the body as {wanted}, not as {given}."
    given: str
    wanted: str


@dataclass(eq=False)
class MethodNotAllowed(Problem):
    code, status, title = "method_not_allowed", 405, "The address does not take this method"
    sentence = "{method} is not possible here; the header Allow names what is."
    method: str


@dataclass(eq=False)
class NotFound(Problem):
    code, status, title = "not_found", 404, "There is no such thing"
    sentence = "There is no {kind} {id!r}, or it is not yours."
    kind: str
    id: str


@dataclass(eq=False)
class IdempotencyKeyMissing(Problem):
    code, status, title = "idempotency_key_missing", 400, "An Idempotency-Key is needed"
    sentence = (
        "Send the header Idempotency-Key ({low} to {high} characters), so that the request may be retried."
    )
    low: int
    high: int


@dataclass(eq=False)
class IdempotencyKeyReused(Problem):
    code, status, title = (
        "idempotency_key_reused",
        422,
        "This Idempotency-Key was used for another request",
    )
    sentence = "The key {key!r} belongs to a request with another body. Use a new key."
    key: str


@dataclass(eq=False)
class IdempotencyKeyInUse(Problem):
    code, status, title = (
        "idempotency_key_in_use",
        409,
        "The first request with this key is still running",
    )
    sentence = "The request with the key {key!r} is still running. Repeat it in a moment, with the same key."
    retry_after_s = 1
    key: str


@dataclass(eq=False)
class Overloaded(Problem):
    code, status, title = "overloaded", 503, "Too many requests are waiting"
    sentence = (
        "The shop is busy. Nothing was changed; "
        "repeat the request in a moment, with the same Idempotency-Key."
    )
    retry_after_s = 1


@dataclass(eq=False)
class DatabaseAway(Problem):
    code, status, title = "database_away", 503, "The database does not answer"
    sentence = "The database does not answer. Repeat the request in a moment, with the same Idempotency-Key."
    retry_after_s = 2


@dataclass(eq=False)
class SchemaOutdated(Problem):
    code, status, title = "schema_outdated", 503, "The database is older than this program"
    sentence = "The database lacks the newest migration; run holdfast migrate."
    retry_after_s = 10


# ── who asks ──────────────────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class Unauthenticated(Problem):
    code, status, title = "unauthenticated", 401, "Say who you are"
    sentence = "{reason}."
    reason: str


@dataclass(eq=False)
class Forbidden(Problem):
    code, status, title = "forbidden", 403, "You may not do this"
    sentence = "The role {role} may not do {action}."
    role: str
    action: str


@dataclass(eq=False)
class FieldForStaffOnly(Problem):
    code, status, title = "field_for_staff_only", 403, "Only staff may set this field"
    sentence = "{field} may only be set with a staff key."
    field: str


# ── the shelf ─────────────────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class UnknownSku(Problem):
    code, status, title = "unknown_sku", 404, "There is no such SKU"
    sentence = "There is nothing for sale with the SKU {skus}."
    skus: list[str]
    field: str = "lines"


@dataclass(eq=False)
class OutOfStock(Problem):
    code, status, title = "out_of_stock", 409, "Not enough of it is left"
    sentence = "Not enough is left of {lines}. Nothing was ordered."
    lines: list[Line]

    def __str__(self) -> str:
        what = ", ".join(f"{x['sku']} ({x['requested']} asked, {x['available']} left)" for x in self.lines)
        return f"Not enough is left of {what}. Nothing was taken."


@dataclass(eq=False)
class TrackedFixed(Problem):
    code, status, title = "tracked_fixed", 409, "Stock tracking cannot change now"
    sentence = "Whether {skus} are tracked cannot change while units of them are promised."
    skus: list[str]


# ── cart and checkout ─────────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class CartEmpty(Problem):
    code, status, title = "cart_empty", 409, "There is nothing in the cart"
    sentence = "The cart is empty; add a line first."


@dataclass(eq=False)
class CheckoutClosed(Problem):
    code, status, title = "checkout_closed", 409, "This checkout is over"
    sentence = "The checkout is {state}; start a new one from the cart."
    state: str


@dataclass(eq=False)
class CheckoutIncomplete(Problem):
    code, status, title = "checkout_incomplete", 422, "Something is still missing"
    sentence = "These are still needed: {missing}."
    missing: list[str]


@dataclass(eq=False)
class PriceChanged(Problem):
    code, status, title = "price_changed", 409, "The total is not what you expected"
    sentence = "The total has changed meanwhile. Nothing was ordered; look at it again and confirm."
    expected: dict[str, str | int]
    total: dict[str, str | int]


@dataclass(eq=False)
class CurrencyMismatch(Problem):
    code, status, title = "currency_mismatch", 422, "Another currency is needed"
    sentence = "{field} is in {given}, but the shop sells in {wanted}."
    field: str
    given: str
    wanted: str


@dataclass(eq=False)
class MethodUnavailable(Problem):
    code, status, title = "method_unavailable", 422, "This is not offered"
    sentence = "{field} {method!r} is not offered here. Offered: {offered}."
    field: str
    method: str
    offered: list[str]


# ── order and money ───────────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class MoveRefused(Problem):
    code, status, title = "move_refused", 409, "The order cannot do that now"
    sentence = "The order is {state}; {event} is not possible. Possible: {possible}."
    state: str
    event: str
    possible: list[str]


@dataclass(eq=False)
class NothingToPay(Problem):
    code, status, title = "nothing_to_pay", 409, "There is nothing to pay"
    sentence = "The payment is {state}; nothing is to be paid."
    state: str


@dataclass(eq=False)
class NothingToCapture(Problem):
    code, status, title = "nothing_to_capture", 409, "No money is set aside"
    sentence = "The payment is {state}; nothing is set aside that could be taken."
    state: str


@dataclass(eq=False)
class RefundTooLarge(Problem):
    code, status, title = "refund_too_large", 409, "More than was captured cannot be refunded"
    sentence = "{refundable_minor} minor units can still be refunded, not {asked_minor}."
    refundable_minor: int
    asked_minor: int


@dataclass(eq=False)
class UnitsGone(Problem):
    code, status, title = "units_gone", 409, "So many units are not left of this line"
    sentence = "Of line {position} {left} units are left for this, not {asked}."
    position: int
    left: int
    asked: int


@dataclass(eq=False)
class ReturnTooLate(Problem):
    code, status, title = "return_too_late", 409, "The time for sending it back is over"
    sentence = "Goods of this order could be sent back until {until}."
    until: str


@dataclass(eq=False)
class DisputeOpen(Problem):
    code, status, title = "dispute_open", 409, "The payment is disputed"
    sentence = "{disputed_minor} minor units are disputed; refunds wait until the bank has decided."
    disputed_minor: int


@dataclass(eq=False)
class TransferAlreadyUsed(Problem):
    code, status, title = "transfer_already_used", 409, "This transfer was recorded before"
    sentence = "The bank reference {reference!r} has paid another order already."
    reference: str


@dataclass(eq=False)
class SecondPersonNeeded(Problem):
    code, status, title = "second_person_needed", 403, "Somebody else has to agree"
    sentence = "{recorded_by} has recorded this; another person has to agree to it."
    recorded_by: str


@dataclass(eq=False)
class AlreadyResolved(Problem):
    code, status, title = "already_resolved", 409, "Somebody has resolved this"
    sentence = "The matter {id} was resolved before."
    id: str


# ── webhooks and settings ─────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class SignatureInvalid(Problem):
    code, status, title = "signature_invalid", 401, "The signature does not fit"
    sentence = "The webhook's signature does not fit its body, or is too old."


@dataclass(eq=False)
class ProviderAway(Problem):
    code, status, title = "provider_away", 503, "The payment provider does not answer"
    sentence = "{provider} has to be asked about this and does not answer. Send it again in a moment."
    retry_after_s = 1
    provider: str


@dataclass(eq=False)
class StatementInvalid(Problem):
    code, status, title = "statement_invalid", 422, "The settlement file cannot be read"
    sentence = "Line {line} {reason}. Nothing behind it was read."
    line: int
    reason: str


@dataclass(eq=False)
class SettingsInvalid(Problem):
    code, status, title = "settings_invalid", 422, "Settings are wrong"
    sentence = "Settings are wrong: {settings}."
    settings: dict[str, str]

    def __str__(self) -> str:
        return "Settings are wrong:\n" + "\n".join(f"  {name} {why}" for name, why in self.settings.items())


@dataclass(eq=False)
class PromiseKept(Problem):
    """The database refused a write that would have broken a promise; the code names the constraint."""

    code, status, title = "promise_kept", 409, "That would break a promise of the shop"
    sentence = "{reason}. Nothing was changed."
    constraint: str
    reason: str

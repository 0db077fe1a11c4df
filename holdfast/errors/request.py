"""What is wrong with a request itself, whatever it asks for."""

from dataclasses import dataclass

from holdfast.errors.problem import Problem


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
class HostUnknown(Problem):
    code, status, title = "host_unknown", 421, "This shop has another name"
    sentence = "The header Host names a host that this shop does not answer to."


@dataclass(eq=False)
class AddressTooLong(Problem):
    code, status, title = "address_too_long", 414, "The address is too long"
    sentence = "The address may have at most {chars_max} characters, with its query."
    chars_max: int


@dataclass(eq=False)
class HeadersTooLarge(Problem):
    code, status, title = "headers_too_large", 431, "The headers are too large"
    sentence = "All headers together may have at most {bytes_max} bytes."
    bytes_max: int


@dataclass(eq=False)
class RateLimited(Problem):
    """Not a ``retry_after_s`` of the class: each one knows when its own window ends."""

    code, status, title = "rate_limited", 429, "Too many requests"
    sentence = "At most {limit} requests of the class {policy} are taken in {window_s} s. Wait {reset_s} s."
    policy: str
    limit: int
    window_s: int
    reset_s: int

    @property
    def wait_s(self) -> int:
        return self.reset_s


@dataclass(eq=False)
class BodyTooSlow(Problem):
    code, status, title = "body_too_slow", 408, "The body did not arrive in time"
    sentence = "The whole body has to arrive within {seconds_max} seconds. Nothing was changed."
    seconds_max: int


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
class AnswerErased(Problem):
    code, status, title = "answer_erased", 409, "The answer to this Idempotency-Key was erased"
    sentence = "What was asked for with the key {key!r} was done; its answer named somebody who was erased."
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

"""The body of a request: read once, with an end, and as strict JSON of the kind that the route declares.

The framework's own reading would take ``"3"`` for 3, and fails on bytes that are not UTF-8.
"""

import asyncio
import re
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from typing import Any

import msgspec
from litestar import Request

from holdfast.errors.problem import Problem
from holdfast.errors.request import (
    BodyTooLarge,
    BodyTooSlow,
    FieldInvalid,
    MediaTypeUnsupported,
    RequestMalformed,
)
from holdfast.limits import BODY_BYTES_MAX, BODY_READ_S, JSON_DEPTH_MAX, LINGER_BYTES_MAX, LINGER_S

NAME_CHARS_MAX = 100  # of a field that is not ours, when it is named
PATH_CHARS_MAX = 300  # of where something is wrong, and of what is

_AT = " - at `"
_NAMED = re.compile(r"^Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`$", re.DOTALL)
_PATTERN = re.compile(r"^Expected `\w+` matching regex ")
_TEXTS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # the last one may lack its end
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_REASONS = {"missing required": "is needed", "contains unknown": "is not a field of this request"}


class StrictRequest(Request[Any, Any, Any]):
    """What every handler is given."""

    async def body(self) -> bytes:
        """The raw bytes; raises BodyTooLarge, BodyTooSlow, MediaTypeUnsupported for compressed ones, or
        RequestMalformed where the client hung up in the middle.
        """
        state = self.scope["state"]
        if "body" not in state:
            state["body"] = await self._read_body()
        found: bytes = state["body"]
        return found

    async def _read_body(self) -> bytes:
        bytes_max = self.route_handler.resolve_request_max_body_size() or BODY_BYTES_MAX
        if (self.content_length or 0) > bytes_max:
            raise BodyTooLarge(bytes_max=bytes_max)
        coding = self.headers.get("content-encoding", "identity")
        if coding != "identity":  # a few bytes could become gigabytes
            raise MediaTypeUnsupported(given=coding[:NAME_CHARS_MAX], wanted="it is, without a coding")
        try:
            async with asyncio.timeout(BODY_READ_S):
                return await self._receive_all(bytes_max)
        except TimeoutError as error:
            raise BodyTooSlow(seconds_max=BODY_READ_S) from error

    async def _receive_all(self, bytes_max: int) -> bytes:
        found, more = b"", True
        while more:
            event = await self.receive()
            if event["type"] != "http.request":
                raise RequestMalformed(reason="The body ended too early")
            found, more = found + event["body"], event["more_body"]
            if len(found) > bytes_max:
                raise BodyTooLarge(bytes_max=bytes_max)
        return found

    async def json(self) -> Any:
        """A value of the kind that the handler declares.

        Raises FieldInvalid, RequestMalformed, BodyTooLarge or MediaTypeUnsupported.
        """
        given, _ = self.content_type
        if given and given != "application/json" and not given.endswith("+json"):
            raise MediaTypeUnsupported(given=given[:NAME_CHARS_MAX], wanted="application/json")
        declared = self.route_handler.parsed_data_field
        assert declared is not None, "only handlers with a body ask for it"
        return _read_json(await self.body(), declared.annotation)


def field_invalid(message: str, *, within: str = "") -> Problem:
    """msgspec's complaint with the field's path, such as ``lines[0].quantity``, in front."""
    reason, path = _split(message)
    named = _NAMED.match(reason)
    if named:
        path, reason = _join(path, named["name"][:NAME_CHARS_MAX]), _REASONS[named["what"]]
    if _PATTERN.match(reason):
        reason = "has a form or characters that are not allowed"
    field = _join(within, path)[:PATH_CHARS_MAX] or "body"
    return FieldInvalid(field=field, reason=reason[:PATH_CHARS_MAX])


def _split(message: str) -> tuple[str, str]:
    """What is wrong, and where; no regular expression, since a caller's own words may stand in it."""
    reason, found, place = message.rpartition(_AT)
    place = place.removeprefix("key` in `")
    if not found or not place.startswith("$") or not place.endswith("`"):
        return message, ""
    return reason, place[1:-1].removeprefix(".")


async def linger(request: Request[Any, Any, Any]) -> None:
    """Read on for a while after the answer was sent: a client that still writes would lose it to a reset.

    What is read is thrown away: at most LINGER_BYTES_MAX, for at most LINGER_S seconds.
    """
    left = LINGER_BYTES_MAX
    try:
        async with asyncio.timeout(LINGER_S):
            while left > 0:
                event = await request.receive()
                if event["type"] != "http.request" or not event["more_body"]:
                    return
                left -= len(event["body"])
    except TimeoutError:
        return


def is_unread(request: Request[Any, Any, Any]) -> bool:
    """Whether there is a body that nobody has read to its end."""
    announced = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    return announced and "body" not in request.scope["state"]


def is_too_deep(body: bytes) -> bool:
    """Whether lists and objects stand in one another deeper than JSON_DEPTH_MAX.

    Only a body with that many brackets is looked at closely; the reader itself would fail as well, but
    where depends on the interpreter.
    """
    if body.count(b"[") + body.count(b"{") <= JSON_DEPTH_MAX:
        return False
    brackets = _TEXTS.sub(b"", body).translate(None, _NO_BRACKETS)
    steps = (1 if bracket in b"[{" else -1 for bracket in brackets)
    return max(accumulate(steps), default=0) > JSON_DEPTH_MAX


def _read_json(body: bytes, kind: Any) -> Any:
    if is_too_deep(body):
        raise RequestMalformed(reason="The body is nested too deeply")
    try:
        try:
            return _reader(kind)(body)
        except msgspec.ValidationError as error:
            msgspec.json.decode(body)  # what is no JSON at all is said first
            raise field_invalid(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestMalformed(reason=f"The body is not JSON: {error}") from error
    except RecursionError as error:
        raise RequestMalformed(reason="The body is nested too deeply") from error


@cache
def _reader(kind: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(kind).decode


def _join(above: str, below: str) -> str:
    return f"{above}.{below}" if above and below and not below.startswith("[") else above + below

"""One call of a provider's API: a deadline, and what an answer means before it is read (gateways.md §1.4).

Nobody tries again here. A yes is only what ``read`` makes of it, a no only what ``refuse`` makes of
it; all else is Unknown. Keys, bodies and addresses with secrets in them are never logged.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec
import structlog

from holdfast.limits import REASON_CHARS_MAX
from holdfast.payment.provider import Refused, Unknown, Wiring

log = structlog.get_logger()

Fact = TypeVar("Fact")

UNREADABLE = (ValueError, ArithmeticError, RecursionError)
"""Not JSON, not UTF-8, another shape, a number of five thousand digits; or nested too deeply."""
YES = frozenset({200, 201})
FINAL = frozenset({400, 401, 402, 403, 404, 422})
KEY_IS_WRONG = frozenset({401, 403})
_IDS = ("Request-Id", "PayPal-Debug-Id", "X-Trace-Id")
_RENEW_EARLY_S = 60


class Bearer:
    """A token that is fetched when it is needed and kept until shortly before it ends (§5.2, §6.1, §7.2)."""

    def __init__(self, fetch: Callable[[], Awaitable[tuple[str, int] | Unknown | Refused]]) -> None:
        """``fetch`` answers what is to stand in Authorization, and for how many seconds it is good."""
        self._fetch = fetch
        self._fetching = asyncio.Lock()
        self._token, self._until = "", time.monotonic()

    async def get(self) -> str | Unknown | Refused:
        """The token; a new one if there is none, once however many ask."""
        async with self._fetching:
            if not self._token or time.monotonic() >= self._until:
                found = await self._fetch()
                if not isinstance(found, tuple):
                    return found
                self._token, seconds = found
                self._until = time.monotonic() + max(0, seconds - _RENEW_EARLY_S)
            return self._token

    def drop(self, token: str) -> None:
        """This one was refused; another that came meanwhile stays."""
        if token == self._token:
            self._token = ""


class Line:
    """One provider's API at the other end of the process's HTTP client."""

    def __init__(
        self,
        name: str,
        wiring: Wiring,
        *,
        api_base: str,
        headers: Mapping[str, str] | None = None,
        bearer: Bearer | None = None,
        accept: frozenset[int] = YES,
    ) -> None:
        """``accept``: the statuses that may be a yes."""
        self._name, self._api_base = name, api_base.rstrip("/")
        self._client: httpx.AsyncClient = wiring.client
        self._timeout_s = wiring.timeout_s
        self._headers = dict(headers or {})
        self._bearer, self._accept = bearer, accept

    async def ask(
        self,
        method: str,
        path: str,
        read: Callable[[bytes], Fact | Unknown | Refused | None],
        refuse: Callable[[bytes], Refused | None],
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        absent: Refused | None = None,
    ) -> Fact | Unknown | Refused:
        """One request under one deadline (httpx's own timeouts begin anew with every byte), and its meaning.

        ``read`` makes a fact of a body whose status may be a yes, ``refuse`` a no of one whose status
        is final; None, or an error of UNREADABLE, means that it is neither. With a bearer a 401 is
        answered by one new token and one more try, since the first changed nothing. ``absent`` is what a
        404 means, whatever its body says, of a call that not every account has.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._send(method, path, json=json, form=form, headers=headers)
        except TimeoutError:
            return self._unknown(path, f"no answer within {self._timeout_s} s")
        except httpx.HTTPError as error:
            return self._unknown(path, f"no answer: {type(error).__name__}")
        if not isinstance(response, httpx.Response):
            return response
        if absent is not None and response.status_code == httpx.codes.NOT_FOUND:
            return absent
        try:
            return self._understand(path, response, read, refuse)
        except UNREADABLE as error:
            reason = f"HTTP {response.status_code} that cannot be read: {type(error).__name__}"
            return self._unknown(path, reason, response)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        json: Any,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Response | Unknown | Refused:
        given = self._headers | dict(headers or {})
        content = None if json is None else msgspec.json.encode(json)
        if content is not None:
            given["Content-Type"] = "application/json"
        for last in (False, True):
            token = await self._bearer.get() if self._bearer else None
            if isinstance(token, Unknown | Refused):
                return token
            if token is not None:
                given["Authorization"] = token
            response = await self._client.request(
                method,
                self._api_base + path,
                content=content,
                data=form,
                headers=given,
                timeout=None,
                follow_redirects=False,
            )
            if (
                last
                or self._bearer is None
                or token is None
                or response.status_code != httpx.codes.UNAUTHORIZED
            ):
                return response
            self._bearer.drop(token)
        raise AssertionError("the second try is the last")

    def _understand(
        self,
        path: str,
        response: httpx.Response,
        read: Callable[[bytes], Fact | Unknown | Refused | None],
        refuse: Callable[[bytes], Refused | None],
    ) -> Fact | Unknown | Refused:
        status = response.status_code
        if status in self._accept:
            said = read(response.content)
            return self._unknown(path, "neither a yes nor a no", response) if said is None else said
        if status not in FINAL:
            return self._unknown(path, f"HTTP {status}", response)
        refused = refuse(response.content)
        if refused is None:
            return self._unknown(path, f"HTTP {status} that is no clear no", response)
        level = log.error if status in KEY_IS_WRONG else log.warning
        level(
            "provider.key_refused" if status in KEY_IS_WRONG else "provider.refused",
            provider=self._name,
            path=path,
            status=status,
            code=refused.code,
            request_id=_id_of(response),
        )
        return msgspec.structs.replace(refused, message=refused.message[:REASON_CHARS_MAX])

    def _unknown(self, path: str, reason: str, response: httpx.Response | None = None) -> Unknown:
        request_id = None if response is None else _id_of(response)
        log.warning("provider.unknown", provider=self._name, path=path, reason=reason, request_id=request_id)
        kept = response is not None and response.headers.get("Idempotent-Replayed") == "true"
        return Unknown(reason, kept)


def path(*parts: str) -> str:
    """An address of path segments, each quoted, so that a reference cannot lead elsewhere."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def key(operation: str, our_id: str, again: int | None) -> str:
    """The idempotency key of one operation on one thing of ours; ``again`` as in Ask."""
    return f"{operation}:{our_id}" if again is None else f"{operation}:{our_id}:{again}"


def _id_of(response: httpx.Response) -> str | None:
    return next((response.headers[name] for name in _IDS if name in response.headers), None)

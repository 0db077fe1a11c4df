"""Requests as Paystack reads them: the key, JSON bodies, the envelope, lists (gateways.md §4.1)."""

import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

from litestar import Response
from msgspec import Struct

from holdfast.sandbox.bank import gate
from holdfast.sandbox.bank.bodies import read_json
from holdfast.sandbox.bank.gate import Answer, Call, Dialect, HttpCall, Route, encode
from holdfast.sandbox.providers.paystack import errors
from holdfast.sandbox.providers.paystack.account import BANK, Account

Wanted = TypeVar("Wanted")

PAGE_DEFAULT, PAGE_MAX = 50, 100

DIALECT = Dialect(
    rate_limited=errors.rate_limited,
    conflict=errors.conflict,
    broken=errors.broken,
    key_reused=errors.conflict,  # nothing here has an idempotency key
)


class Ask(Struct, frozen=True):
    """One call: what its address, query and body say."""

    account: Account
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    def read(self, kind: type[Wanted]) -> Wanted:
        """The body as a struct; fields that are not known are ignored, as Paystack does."""
        return read_json(self.body, kind, errors.mistaken)

    def page(self, message: str, things: Iterable[Any]) -> "Envelope":
        """A page of what is given newest first: `perPage` and `page`."""
        size, number = self._number("perPage", PAGE_DEFAULT), self._number("page", 1)
        size = min(max(size, 1), PAGE_MAX)
        found = [*things]
        meta = {
            "total": len(found),
            "skipped": (number - 1) * size,
            "perPage": size,
            "page": number,
            "pageCount": -(-len(found) // size),
        }
        return Envelope(
            status=True, message=message, data=found[(number - 1) * size : number * size], meta=meta
        )

    def _number(self, name: str, default: int) -> int:
        text = self.query.get(name, str(default))
        if not text.isdecimal():
            raise errors.invalid(f"{name} must be a number")
        return int(text)


class Envelope(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The shape of every answer (§4.1)."""

    status: bool
    message: str
    data: Any
    meta: Any = None


def envelope(message: str, data: Any) -> Envelope:
    """A yes: the call was understood, whatever became of the money (§4.3)."""
    return Envelope(status=True, message=message, data=data)


Act: TypeAlias = Callable[[Ask], Envelope]


async def handle(request: HttpCall, route: Route) -> Response[Any]:
    """Let a call in, act, and answer as Paystack would."""
    account: Account = request.route_handler.opt[BANK]
    call = Call(on=route.on)

    async def read() -> gate.Act:
        _check_key(request, account.settings.keys["secret_key"])
        path = {name: str(value) for name, value in request.path_params.items()}
        ask = Ask(account, path, request.query_params, await request.body())
        call.payment = _named(ask)
        return lambda: _act(call, route.act, ask)

    return await gate.answer(account.books, DIALECT, call, read)


def _check_key(request: HttpCall, secret_key: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if not given:
        raise errors.no_key()
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), secret_key.encode()):
        raise errors.wrong_key()


def _named(ask: Ask) -> str | None:
    """The reference of what a call is about, be it in its address or its body."""
    named = ask.path.get("id")
    if named is None and ask.body:
        body = ask.read(dict[str, Any])
        named = str(body.get("transaction") or body.get("reference") or "")
    return ask.account.reference_of(named) if named else None


def _act(call: Call, act: Act, ask: Ask) -> Answer:
    answer = act(ask)
    if call.on == "create":
        call.payment = answer.data["reference"]
    return Answer(200, encode(answer))

"""Requests as PayPal reads them: tokens, request ids, JSON, two representations (gateways.md §6.1, §6.4)."""

import hmac
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qs

import msgspec
from litestar import Response
from msgspec import Struct

from holdfast.sandbox.bank import gate
from holdfast.sandbox.bank.bodies import read_json
from holdfast.sandbox.bank.gate import Answer, Call, HttpCall, Route, encode, fingerprint
from holdfast.sandbox.providers.paypal import errors, shown
from holdfast.sandbox.providers.paypal.account import BANK, TOKEN_SECONDS, Account
from holdfast.sandbox.providers.paypal.shown import Thing

Wanted = TypeVar("Wanted")

REQUEST_ID_CHARS_MAX = 108


class Ask(Struct, frozen=True):
    """One call: what its address, headers and body say."""

    account: Account
    path: Mapping[str, str]
    body: bytes
    request_id: str | None
    whole: bool
    """`Prefer: return=representation`; a call that only reads answers the whole anyway."""

    def read(self, kind: type[Wanted]) -> Wanted:
        """The body as a struct; fields that are not known are ignored."""
        return read_json(self.body, kind, errors.mistaken)


class Made(Struct, frozen=True):
    """A thing that a call has made or changed, and the status of the first answer."""

    thing: Thing
    status: int = 201


class Nothing(Struct, frozen=True):
    """A call that answers nothing: 204."""


Act: TypeAlias = Callable[[Ask], Made | Nothing | dict[str, Any]]


async def handle(request: HttpCall, route: Route) -> Response[Any]:
    """Let a call in, act once for each request id, and answer as PayPal would."""
    account: Account = request.route_handler.opt[BANK]
    call = Call(on=route.on)

    async def read() -> gate.Act:
        body = await request.body()
        if route.on == "token":
            return lambda: _grant(account, request.headers.get("authorization", ""), body)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not account.is_good(given):
            raise errors.wrong_token()
        path = {name: str(value) for name, value in request.path_params.items()}
        whole = request.method == "GET" or "return=representation" in request.headers.get("prefer", "")
        request_id = request.headers.get("paypal-request-id")
        if request_id is not None and not 0 < len(request_id) <= REQUEST_ID_CHARS_MAX:
            raise errors.invalid("INVALID_STRING_LENGTH", "PayPal-Request-Id has 1 to 108 characters.")
        ask = Ask(account, path, body, request_id, whole)
        call.payment = account.order_of(path["id"]) if "id" in path else None
        if request_id is not None and request.method == "POST":
            call.key = f"{request.url.path} {request_id}"
            call.asked = fingerprint(_parsed(body))
            call.latest = lambda first: _latest(ask, first)
        return lambda: _act(call, route.act, ask)

    headers = {"PayPal-Debug-Id": errors.new_debug_id()}
    return await gate.answer(account.books, errors.DIALECT, call, read, headers=headers)


def _act(call: Call, act: Act, ask: Ask) -> Answer:
    done = act(ask)
    match done:
        case Nothing():
            return Answer(204, b"")
        case Made(thing=thing, status=status):
            if call.on == "create":
                call.payment = thing.id
            return Answer(status, encode(shown.shown(ask.account, thing, whole=ask.whole)))
        case _:
            return Answer(200, encode(done))


def _latest(ask: Ask, first: bytes) -> Answer:
    """A repeat is told how the thing stands now, and that it is no new one: 200."""
    if first == b"null":
        return Answer(204, b"")
    thing_id, account = msgspec.json.decode(first)["id"], ask.account
    tables = (account.orders, account.holds, account.captures, account.refunds)
    thing = next(table[thing_id] for table in tables if thing_id in table)
    return Answer(200, encode(shown.shown(account, thing, whole=ask.whole)))


def _parsed(body: bytes) -> object:
    try:
        return msgspec.json.decode(body or b"{}")
    except msgspec.DecodeError:
        return body


def _grant(account: Account, authorization: str, body: bytes) -> Answer:
    """A token for the client's id and secret."""
    scheme, _, given = authorization.partition(" ")
    keys = account.settings.keys
    wanted = f"{keys['client_id']}:{keys['client_secret']}"
    try:
        pair = b64decode(given, validate=True)
    except ValueError:
        pair = b""
    if scheme.lower() != "basic" or not hmac.compare_digest(pair, wanted.encode()):
        raise errors.wrong_client()
    if parse_qs(body.decode("latin-1")).get("grant_type") != ["client_credentials"]:
        raise errors.wrong_grant()
    token = {
        "scope": "https://uri.paypal.com/services/payments/payment openid",
        "access_token": account.new_token(),
        "token_type": "Bearer",
        "app_id": "APP-80W284485P519543T",
        "expires_in": TOKEN_SECONDS,
        "nonce": errors.new_debug_id(),
    }
    return Answer(200, encode(token))

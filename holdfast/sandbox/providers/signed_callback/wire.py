"""Requests as such a bank reads them: the API key, the idempotency key, a signature (gateways.md §8, §10)."""

import hmac
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from litestar import Response
from msgspec import Struct

from holdfast.sandbox.bank import gate
from holdfast.sandbox.bank.bodies import read_json
from holdfast.sandbox.bank.gate import Answer, Call, Dialect, HttpCall, Route, encode
from holdfast.sandbox.providers.signed_callback import errors
from holdfast.sandbox.providers.signed_callback.account import Account, request_signature

Wanted = TypeVar("Wanted")

IDEMPOTENCY_KEY_CHARS_MAX = 255

DIALECT = Dialect(
    rate_limited=errors.rate_limited,
    conflict=errors.conflict,
    broken=errors.broken,
    key_reused=errors.key_reused,
)


class Ask(Struct, frozen=True):
    """One call: what its address and its body say."""

    account: Account
    reference: str
    """What its address names, if anything."""
    body: bytes

    def read(self, kind: type[Wanted]) -> Wanted:
        """The body as a struct; raises Refused."""
        return read_json(self.body, kind, errors.mistaken)


Act: TypeAlias = Callable[[Ask], Mapping[str, str]]


async def handle(account: Account, request: HttpCall, route: Route) -> Response[Any]:
    """Let a call in, act, and answer."""
    call = Call(on=route.on)

    async def read() -> gate.Act:
        _check(request.headers.get("authorization", ""), f"Bearer {account.keys['api_key']}")
        ask = Ask(account, str(request.path_params.get("reference", "")), await request.body())
        if route.on == "create":
            call.key = request.headers.get("idempotency-key", "")
            if not 0 < len(call.key) <= IDEMPOTENCY_KEY_CHARS_MAX:
                raise errors.no_key()
            call.asked = gate.fingerprint(ask.body)
            _check_signature(ask)
        elif ask.reference in account.payments:
            call.payment = ask.reference
        return lambda: _act(call, route.act, ask)

    return await gate.answer(account.books, DIALECT, call, read)


def _check(given: str, wanted: str) -> None:
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise errors.unauthorized()


def _check_signature(ask: Ask) -> None:
    key = ask.account.keys["hashing_key"]
    fields = ask.read(dict[str, Any])
    if key and fields.get("signature") != request_signature(key, fields):
        raise errors.wrong_signature()


def _act(call: Call, act: Act, ask: Ask) -> Answer:
    answer = act(ask)
    if call.on == "create":
        call.payment = answer["reference"]
        return Answer(201, encode(answer))
    return Answer(200, encode(answer))

"""Requests as TeleBirr reads them: the token, the signature, the envelope (gateways.md §7.2-7.4)."""

import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from litestar import Response
from msgspec import Meta, Struct
from msgspec.structs import asdict

from holdfast.sandbox.bank import gate
from holdfast.sandbox.bank.bodies import read_json
from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.gate import Answer, Call, Dialect, HttpCall, Route, encode
from holdfast.sandbox.providers.telebirr import errors
from holdfast.sandbox.providers.telebirr.account import BANK, Account, nonce
from holdfast.sandbox.providers.telebirr.objects import Token, local_time

Wanted = TypeVar("Wanted")

METHODS = {"create": "payment.preorder", "read": "payment.queryorder", "refund": "payment.refund"}
"""The `method` that each operation must name."""
TOKEN_SECONDS = 3_600

DIALECT = Dialect(
    rate_limited=errors.rate_limited,
    conflict=errors.conflict,
    broken=errors.broken,
    key_reused=errors.conflict,  # what happens once does so by its number, not by a key
)


class Wish(Struct, frozen=True, kw_only=True):
    """The body of a call."""

    timestamp: Annotated[str, Meta(pattern=r"^[0-9]{1,13}$")]
    nonce_str: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,32}$")]
    method: str
    version: Literal["1.0"]
    sign_type: Literal["SHA256WithRSA"]
    sign: Annotated[str, Meta(max_length=512)]
    biz_content: dict[str, Any]


class TokenWish(Struct, frozen=True):
    """The body of a call for a token."""

    appSecret: str  # noqa: N815 - the wire's name


class Ask(Struct, frozen=True):
    """One call that was signed: what it is about."""

    account: Account
    content: Mapping[str, Any]

    def read(self, kind: type[Wanted]) -> Wanted:
        """`biz_content` as a struct; raises Refused in TeleBirr's words."""
        return read_json(encode(self.content), kind, errors.mistaken)


Act: TypeAlias = Callable[[Ask], Mapping[str, Any]]


async def handle(request: HttpCall, route: Route) -> Response[Any]:
    """Let a call in, act, and answer as TeleBirr would."""
    account: Account = request.route_handler.opt[BANK]
    call = Call(on=route.on)

    async def read() -> gate.Act:
        body = await request.body()
        _check(request.headers.get("x-app-key", ""), account.keys["fabric_app_id"])
        if route.on == "token":
            _check(read_json(body, TokenWish, errors.mistaken).appSecret, account.keys["app_secret"])
            return lambda: Answer(200, encode(_grant(account)))
        token = account.tokens.get(request.headers.get("authorization", ""))
        if token is None or token.until <= seconds():
            raise errors.wrong_app()
        ask = Ask(account, _signed(account, body, METHODS[route.on]))
        number = ask.content.get("merch_order_id")
        call.payment = number if isinstance(number, str) and number in account.orders else None
        return lambda: _act(call, route.act, ask)

    return await gate.answer(account.books, DIALECT, call, read)


def _check(given: str, wanted: str) -> None:
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise errors.wrong_app()


def _grant(account: Account) -> dict[str, str]:
    """A token; the word Bearer is already in it (§7.2)."""
    now = seconds()
    token = account.save(Token(f"Bearer {secrets.token_hex(32)}", now + TOKEN_SECONDS))
    return {
        "token": token.id,
        "effectiveDate": local_time(now),
        "expirationDate": local_time(token.until),
    }


def _signed(account: Account, body: bytes, method: str) -> Mapping[str, Any]:
    """What was asked and signed by this merchant."""
    wish = read_json(body, Wish, errors.mistaken)
    if wish.method != method:
        raise errors.wrong("method")
    if not account.signed_by_merchant(asdict(wish)):
        raise errors.wrong_signature()
    mine = {"appid": account.keys["merchant_app_id"], "merch_code": account.keys["merchant_code"]}
    if any(wish.biz_content.get(name) != value for name, value in mine.items()):
        raise errors.other_merchant()
    return wish.biz_content


def _act(call: Call, act: Act, ask: Ask) -> Answer:
    content = act(ask)
    if call.on == "create":
        call.payment = content["merch_order_id"]
    answer = {"result": "SUCCESS", "code": "0", "msg": "success", "nonce_str": nonce()}
    return Answer(200, encode(ask.account.sign({**answer, "biz_content": content})))

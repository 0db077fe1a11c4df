"""What is Stripe's own about an API call: its key, its form, `expand` and its headers (gateways.md §2.1)."""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from litestar import Response
from msgspec import Raw, Struct

from holdfast.sandbox.bank import gate
from holdfast.sandbox.bank.books import new_id
from holdfast.sandbox.bank.faults import Operation
from holdfast.sandbox.bank.gate import Answer, Call, Dialect, HttpCall, encode
from holdfast.sandbox.providers.stripe import errors
from holdfast.sandbox.providers.stripe.account import BANK, Account
from holdfast.sandbox.providers.stripe.objects import EventRequest
from holdfast.sandbox.providers.stripe.wire import Params, read_pairs

IDEMPOTENCY_KEY_CHARS_MAX = 255

Act: TypeAlias = Callable[[Account, Params], Struct | Raw]

DIALECT = Dialect(
    rate_limited=errors.rate_limited,
    conflict=errors.key_in_use,
    broken=errors.broken,
    key_reused=errors.key_reused,
    replayed={"Idempotent-Replayed": "true"},  # §2.7
)


async def answer(
    request: HttpCall, act: Act, *, on: Operation = "read", payment: str | None = None
) -> Response[bytes]:
    """Let a call in, act, and answer as Stripe would; `payment` is what the path names."""
    account = account_of(request)
    call = Call(on=on, payment=payment)
    cause = EventRequest(
        new_id("req"), request.headers.get("idempotency-key") if request.method == "POST" else None
    )

    async def read() -> gate.Act:
        _check_key(request, account.settings.keys["secret_key"])
        encoded = await request.body() if request.method == "POST" else request.scope["query_string"]
        pairs = read_pairs(encoded)
        params = Params(pairs)
        named = payment or params.peek("payment_intent")
        call.payment = named and account.payment_of(named)
        call.key = cause.idempotency_key
        if call.key is not None:
            if not 0 < len(call.key) <= IDEMPOTENCY_KEY_CHARS_MAX:
                message = f"Idempotency keys must have 1 to {IDEMPOTENCY_KEY_CHARS_MAX} characters."
                raise errors.invalid(message)
            call.asked = gate.fingerprint(request.url.path, sorted(pairs))
        return lambda: _act(account, params, act, call, cause)

    headers = {"Request-Id": cause.id or ""}
    for name in ("Stripe-Version", "Idempotency-Key"):
        if name in request.headers:
            headers[name] = request.headers[name]
    return await gate.answer(account.books, DIALECT, call, read, headers=headers)


def account_of(request: HttpCall) -> Account:
    """The account that the application holds; routers are copied, so it cannot lie in one of them."""
    account: Account = request.route_handler.opt[BANK]
    return account


def _check_key(request: HttpCall, secret_key: str) -> None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    given = credentials.strip()
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    if not given or scheme.lower() not in ("basic", "bearer"):
        raise errors.no_key()
    if not hmac.compare_digest(given.encode(), secret_key.encode()):
        raise errors.wrong_key(given)


def _act(account: Account, params: Params, act: Act, call: Call, cause: EventRequest) -> Answer:
    expand = params.texts("expand")
    account.cause = cause
    try:
        thing = act(account, params)
    finally:
        account.cause = EventRequest()
    if call.on == "create" and isinstance(thing, Struct):
        call.payment = getattr(thing, "id", None)
    return Answer(200, encode(_expanded(account, thing, expand) if expand else thing))


def _expanded(account: Account, thing: Struct | Raw, names: tuple[str, ...]) -> dict[str, Any]:
    tables: dict[str, Mapping[str, Struct]] = {
        "latest_charge": account.charges,
        "charge": account.charges,
        "payment_intent": account.intents,
    }
    shown = thing.__struct_fields__ if isinstance(thing, Struct) else ()
    fields: dict[str, Any] = {name: getattr(thing, name) for name in shown}
    for name in names:
        if name not in fields or name not in tables:
            raise errors.invalid(f"This property cannot be expanded ({name}).", param="expand")
        fields[name] = tables[name].get(fields[name])
    return fields

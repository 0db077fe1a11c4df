"""What every API call passes: key, form, faults, idempotency (gateways.md §2.1, §2.7), and the answer.

One call runs from its key to its answer on one event loop, so that it acts at once and whole; only
faults make it wait.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from litestar import Request, Response
from msgspec import Raw, Struct

from holdfast.sandbox.faults import Operation
from holdfast.sandbox.providers.stripe import errors
from holdfast.sandbox.providers.stripe.account import BANK, Account, new_id, seconds
from holdfast.sandbox.providers.stripe.errors import ErrorBody, StripeError
from holdfast.sandbox.providers.stripe.objects import EventRequest, KeptAnswer
from holdfast.sandbox.providers.stripe.wire import Params, read_pairs

IDEMPOTENCY_KEY_CHARS_MAX = 255
OVERTAKING_SECONDS_MAX = 5.0
NEVER_MS = 60_000
DELAY_MS = 1_000
GARBAGE = b"<html><body>502 somewhere else</body></html>"

Call: TypeAlias = Request[Any, Any, Any]
Act: TypeAlias = Callable[[Account, Params], Struct]
_encode = msgspec.json.Encoder().encode


class ErrorAnswer(Struct, frozen=True):
    """The outer shape of a refusal."""

    error: ErrorBody


class _Answer(Struct, frozen=True):
    status: int
    body: bytes
    replayed: bool = False
    should_retry: bool | None = None


async def answer(
    request: Call, act: Act, *, on: Operation = "read", payment: str | None = None
) -> Response[bytes]:
    """Let a call in, act, and answer as Stripe would; `payment` is the intent that the path names."""
    account = account_of(request)
    request_id = new_id("req")
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    try:
        _check_key(request, account.secret_key)
        pairs = read_pairs(
            await request.body() if request.method == "POST" else request.scope["query_string"]
        )
        params = Params(pairs)
        payment = payment or params.peek("payment_intent")
        if account.faults.take("error_429", payment, on=on):
            raise errors.rate_limited()
        if account.faults.take("conflict_409", payment, on=on):
            raise errors.key_in_use()
        asked = EventRequest(request_id, key)
        if key is None:
            given = await _act(account, params, act, on=on, payment=payment, cause=asked)
        else:
            given = await _act_once(
                account, request.url.path, pairs, act, on=on, payment=payment, cause=asked
            )
    except StripeError as error:
        given = _refusal(error)
    await let_overtake(account)
    return await _respond(account, request, given, request_id=request_id, on=on, payment=payment)


def account_of(request: Call) -> Account:
    """The account that the application holds; routers are copied, so it cannot lie in one of them."""
    account: Account = request.route_handler.opt[BANK].account
    return account


async def let_overtake(account: Account) -> None:
    """Wait for events that were asked to arrive before the answer of the call that caused them."""
    waited, account.held_answer = account.held_answer, []
    if waited:
        arrivals = [asyncio.create_task(event.wait()) for event in waited]
        _, late = await asyncio.wait(arrivals, timeout=OVERTAKING_SECONDS_MAX)
        for task in late:
            task.cancel()


def _check_key(request: Call, secret_key: str) -> None:
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


async def _act_once(
    account: Account,
    path: str,
    pairs: list[tuple[str, str]],
    act: Act,
    *,
    on: Operation,
    payment: str | None,
    cause: EventRequest,
) -> _Answer:
    key = cause.idempotency_key
    assert key is not None, "an idempotent call has a key"
    if not 0 < len(key) <= IDEMPOTENCY_KEY_CHARS_MAX:
        raise errors.invalid(f"Idempotency keys must have 1 to {IDEMPOTENCY_KEY_CHARS_MAX} characters.")
    asked = hashlib.sha256(repr((path, sorted(pairs))).encode()).hexdigest()
    if key in account.running_keys:
        raise errors.key_in_use()
    kept = account.recall(key, seconds())
    if kept is not None:
        if kept.asked != asked:
            raise errors.key_reused()
        return _Answer(kept.status, bytes(kept.body), replayed=True)
    account.running_keys.add(key)
    try:
        given = await _act(account, Params(pairs), act, on=on, payment=payment, cause=cause)
    except StripeError as error:
        given = _refusal(error)
        if not error.kept:
            return given
    finally:
        account.running_keys.discard(key)
    account.save(
        KeptAnswer(id=key, asked=asked, status=given.status, body=Raw(given.body), created=seconds())
    )
    return given


async def _act(
    account: Account,
    params: Params,
    act: Act,
    *,
    on: Operation,
    payment: str | None,
    cause: EventRequest,
) -> _Answer:
    if delay := account.faults.take("delay", payment, on=on):
        await asyncio.sleep((DELAY_MS if delay.ms is None else delay.ms) / 1000)
    if account.faults.take("error_500", payment, on=on):
        raise errors.broken()
    expand = params.texts("expand")
    account.cause = cause
    try:
        thing = act(account, params)
    finally:
        account.cause = EventRequest()
    return _Answer(200, _encode(_expanded(account, thing, expand) if expand else thing))


def _expanded(account: Account, thing: Struct, names: tuple[str, ...]) -> dict[str, Any]:
    tables: dict[str, Mapping[str, Struct]] = {
        "latest_charge": account.charges,
        "charge": account.charges,
        "payment_intent": account.intents,
    }
    fields: dict[str, Any] = {name: getattr(thing, name) for name in thing.__struct_fields__}
    for name in names:
        if name not in fields or name not in tables:
            raise errors.invalid(f"This property cannot be expanded ({name}).", param="expand")
        fields[name] = tables[name].get(fields[name])
    return fields


def _refusal(error: StripeError) -> _Answer:
    return _Answer(error.status, _encode(ErrorAnswer(error.body)), should_retry=error.should_retry)


async def _respond(
    account: Account,
    request: Call,
    given: _Answer,
    *,
    request_id: str,
    on: Operation,
    payment: str | None,
) -> Response[bytes]:
    headers = {"Request-Id": request_id}
    for name in ("Stripe-Version", "Idempotency-Key"):
        if name in request.headers:
            headers[name] = request.headers[name]
    if given.replayed:
        headers["Idempotent-Replayed"] = "true"
    if given.should_retry is not None:
        headers["Stripe-Should-Retry"] = str(given.should_retry).lower()
    if never := account.faults.take("timeout_after_effect", payment, on=on):
        await asyncio.sleep((NEVER_MS if never.ms is None else never.ms) / 1000)
    if account.faults.take("garbage", payment, on=on):
        return Response(GARBAGE, media_type="text/html", headers=headers)
    return Response(given.body, status_code=given.status, media_type="application/json", headers=headers)

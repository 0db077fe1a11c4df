"""Who asks, and by which secret they own what they ask for: read from headers, checked in one place."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.params import PathParameter, QueryParameter

from holdfast import clock, idempotency, ids
from holdfast.accounts.keys import find_principal
from holdfast.accounts.roles import GUEST, Action, Principal, check, may
from holdfast.accounts.secret import SESSION_PREFIX, csrf_fits
from holdfast.accounts.sessions import find_session
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read, transaction
from holdfast.errors.people import CsrfTokenInvalid, Unauthenticated
from holdfast.errors.request import FieldInvalid, IdempotencyKeyMissing, NotFound
from holdfast.idempotency import Claim, Done
from holdfast.limits import IDEMPOTENCY_KEY_CHARS_MAX, IDEMPOTENCY_KEY_CHARS_MIN
from holdfast.order.own_orders import owns
from holdfast.process import Process
from holdfast.web.guard.door import check_door
from holdfast.web.guard.rates import rates_of
from holdfast.web.guard.routes import methods_answer

Asked = Request[Any, Any, Any]
PathId = Annotated[str, PathParameter(max_length=255, pattern=r"^[!-~]+(?!\n)$")]
"""An id in an address; what cannot be one is refused before anybody looks."""

Cursor = Annotated[str | None, QueryParameter(pattern=ids.ID.pattern)]
"""Where a list by id goes on: the last id of the page before."""

KEY_HEADER = "Idempotency-Key"
TOKEN_HEADER = "X-Holdfast-Token"  # noqa: S105 - a header's name
CSRF_HEADER = "X-CSRF-Token"
COOKIE = "holdfast_session"
_LOOKS = frozenset(("GET", "HEAD", "OPTIONS"))
REPLAYED = {"Idempotent-Replayed": "true"}


async def authorise(request: Asked) -> Response[None] | None:
    """Every route names its action; this is where the table of roles is asked, before a body is read.

    Not a guard of the framework's, which copies the route's handler for every request.
    """
    check_door(request, process_of(request).settings.door)
    if answer := methods_answer(request):
        return answer
    action: Action = request.route_handler.opt["action"]
    principal = await _principal(request)
    await rates_of(request).count_request(request, principal)
    check(principal, action)
    request.scope["state"]["principal"] = principal
    _key_of(request)
    return None


async def _principal(request: Asked) -> Principal:
    """By the header, else by the cookie; who has neither is a guest, and the database is not asked."""
    header = request.headers.get("authorization")
    if header is None:
        return await _by_cookie(request)
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Unauthenticated(reason="Authorization must be: Bearer hf_… (a key), or hs_… (a log-in)")
    rates = rates_of(request)
    await rates.check_wrong_keys(request)
    process, at = process_of(request), clock.now()
    if key.startswith(SESSION_PREFIX):
        principal = await _logged_in(process, key)
    else:
        principal = await read(process.database, lambda c: find_principal(c, key=key, at=at))
        process.key_uses.note(principal, at=at)
    if principal is None:
        await rates.count_wrong_key(request)
        raise Unauthenticated(reason="This key or log-in is unknown, expired or revoked")
    return principal


async def _by_cookie(request: Asked) -> Principal:
    """A cookie that is over makes a guest; a change by one that is not needs the page's own header too."""
    token = cookie_token(request)
    if token is None:
        return GUEST
    process = process_of(request)
    principal = await _logged_in(process, token)
    if principal is None:
        return GUEST
    given = request.headers.get(CSRF_HEADER, "")
    if request.method not in _LOOKS and not csrf_fits(process.settings.secret_key, token, given):
        raise CsrfTokenInvalid
    return principal


async def _logged_in(process: Process, token: str) -> Principal | None:
    rules, at = process.rules, clock.now()
    return await read(process.database, lambda c: find_session(c, token=token, rules=rules, at=at))


def cookie_token(request: Asked) -> str | None:
    """What the session's cookie holds."""
    return request.cookies.get(cookie_name(request)) if "cookie" in request.headers else None


def cookie_name(request: Asked) -> str:
    """With TLS the browser vouches that it is this host's own, never sent in the clear (RFC 6265bis)."""
    secure = process_of(request).settings.base_url.startswith("https:")
    return f"__Host-{COOKIE}" if secure else COOKIE


def process_of(request: Asked) -> Process:
    """What this process shares."""
    process: Process = request.app.state.process
    return process


def principal_of(request: Asked) -> Principal:
    """Who asks, as the guard found out."""
    principal: Principal = request.scope["state"]["principal"]
    return principal


def owner_token(request: Asked, owned_id: str) -> str:
    """The secret that a guest will own this by; given once, in the answer that made it."""
    return ids.token_for(process_of(request).settings.secret_key, owned_id)


async def check_owner(
    request: Asked, owned_id: str, *, kind: str, token: str | None = None, named: str | None = None
) -> None:
    """Raise NotFound for what is somebody else's: foreign and missing things look the same.

    Who has the token is the owner, and the database is not asked; a customer without it may be. ``named`` is
    the id that was asked for, where it is not the owned one itself.
    """
    who, process = principal_of(request), process_of(request)
    if may(who, Action.ACT_FOR_BUYERS):
        return
    given = token if token is not None else request.headers.get(TOKEN_HEADER, "")
    if ids.token_fits(process.settings.secret_key, owned_id, given):
        return
    user_id = who.customer_id
    if user_id is None or not await read(
        process.database, lambda c: owns(c, user_id=user_id, owned_id=owned_id)
    ):
        raise NotFound(kind=kind, id=named or owned_id)


async def claim_of(request: Asked, *, required: bool) -> Claim | None:
    """The claim that the Idempotency-Key header makes, in the scope of who asks and the address."""
    key = _key_of(request)
    if key is None:
        if required:
            raise IdempotencyKeyMissing(low=IDEMPOTENCY_KEY_CHARS_MIN, high=IDEMPOTENCY_KEY_CHARS_MAX)
        return None
    body_hash = sha256(await request.body()).digest()
    return Claim(principal_of(request).id, f"{request.method} {request.scope['path']}", key, body_hash)


def _key_of(request: Asked) -> str | None:
    """The Idempotency-Key, which has to be one also where nothing is done with it."""
    key = request.headers.get(KEY_HEADER)
    low, high = IDEMPOTENCY_KEY_CHARS_MIN, IDEMPOTENCY_KEY_CHARS_MAX
    if key is None or (low <= len(key) <= high and key.isascii() and key.isprintable()):
        return key
    raise FieldInvalid(field=KEY_HEADER, reason=f"must have {low} to {high} printable ASCII characters")


def json_answer(body: bytes, *, status: int = 200, replayed: bool = False) -> Response[Any]:
    """JSON that is already written; the routes' annotations say of what, for the reference."""
    headers = REPLAYED if replayed else {}
    return Response(body, status_code=status, media_type="application/json", headers=headers)


async def once(
    request: Asked,
    effect: Callable[[Transaction], Awaitable[object]],
    *,
    status: int = 200,
    required: bool = True,
) -> Done:
    """Run an effect in one transaction, once per Idempotency-Key; what it returns is kept as JSON."""
    claim, at = await claim_of(request, required=required), clock.now()

    async def work(tx: Transaction) -> Done:
        async def run() -> tuple[int, bytes]:
            return status, msgspec.json.encode(await effect(tx))

        return await idempotency.once(tx, claim_=claim, effect=run, at=at)

    return await transaction(process_of(request).database, work)


async def do_once(
    request: Asked,
    effect: Callable[[Transaction], Awaitable[object]],
    *,
    status: int = 200,
    required: bool = True,
) -> Response[Any]:
    """The same, answered as it is kept."""
    return done_answer(await once(request, effect, status=status, required=required))


def done_answer(done: Done) -> Response[Any]:
    """What was done, as it was answered the first time."""
    return json_answer(done.body, status=done.status, replayed=done.replayed)

"""Registering, logging in and out, and passwords that were forgotten.

Who asks for a letter gets the same answer whether there is an account or not.
"""

from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import audit, clock, ids
from holdfast.accounts import sessions
from holdfast.accounts.letters import LetterKind, ask_letter
from holdfast.accounts.login.lockout import place_of
from holdfast.accounts.login.log_in import Attempt, LoggedIn, log_in
from holdfast.accounts.profile.change_password import reset_password
from holdfast.accounts.profile.register import register
from holdfast.accounts.roles import Action, Principal, Role
from holdfast.accounts.secret import csrf_token
from holdfast.accounts.sessions import Visitor
from holdfast.cart.cart import Cart, MergeHow
from holdfast.checkout.merge_carts import Brought, bring_cart
from holdfast.db.queries import Transaction
from holdfast.db.transaction import transaction
from holdfast.errors.request import NotFound
from holdfast.limits import PASSWORD_CHARS_MAX
from holdfast.web.api.carts import merger_of
from holdfast.web.api.orders import Email
from holdfast.web.guard.rates import rates_of
from holdfast.web.session import Asked, cookie_name, cookie_token, principal_of, process_of

Password = Annotated[str, Meta(min_length=1, max_length=PASSWORD_CHARS_MAX, pattern=r"^[^\x00]*$")]
Token = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[!-~]+(?!\n)$")]
Code = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[ -~]+(?!\n)$")]

PRIVATE = {"Cache-Control": "no-store"}


class EmailBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address that a letter is to be sent to."""

    email: Email


class GuestCart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cart that somebody filled before they logged in, and its secret."""

    id: Annotated[str, Meta(max_length=40)]
    token: Annotated[str, Meta(max_length=100)]


class LinkBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of a letter's link, and the password to have from now on."""

    token: Token
    password: Password


class ConfirmBody(LinkBody, frozen=True, forbid_unknown_fields=True):
    """The same with a cart that becomes the new account's."""

    cart: GuestCart | None = None


class LoginBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who it is; a code too where the second factor is on. ``bearer``: answer a token, set no cookie.

    ``cart`` is the guest's, which becomes one with the customer's.
    """

    email: Email
    password: Password
    code: Code | None = None
    bearer: bool = False
    cart: GuestCart | None = None


class Told(msgspec.Struct, frozen=True):
    """What happens next."""

    detail: str


class Entered(msgspec.Struct, frozen=True):
    """A log-in: with the cookie goes ``csrf_token``, without it ``token`` is what to send as bearer.

    ``cart`` is the customer's, if there is one. Where the buyer has to choose how ``guest_cart`` is merged
    into it, ``merge_choices`` are what POST /carts/{id}/merge takes as ``how``; until then both stay.
    """

    user_id: str
    email: str
    role: Role
    session_id: str
    csrf_token: str | None
    token: str | None
    cart: Cart | None
    guest_cart: Cart | None
    merge_choices: tuple[MergeHow, ...]


_LETTER = Told("If the address can be used, a letter is on its way to it.")
_DONE = Told("Done.")


@post("/account/register", status_code=202, opt={"action": Action.LOG_IN})
async def ask_to_register(request: Asked, data: JSONBody[EmailBody]) -> Told:
    """Ask for an account: a letter comes, with a link to choose a password by."""
    return await _ask(request, LetterKind.REGISTER, data.email)


@post("/account/register/confirm", status_code=201, opt={"action": Action.LOG_IN})
async def confirm(request: Asked, data: JSONBody[ConfirmBody]) -> Response[Entered]:
    """Follow the letter's link: the account is made, its address is proved, and it is logged in."""
    process = process_of(request)
    _check_cart(request, data.cart)
    entered = await register(
        process.database,
        process.hasher,
        token=data.token,
        password=data.password,
        visitor=visitor_of(request),
        at=clock.now(),
    )
    return _entered(request, entered, await _bring(request, entered, data.cart), bearer=False)


@post("/account/login", status_code=201, opt={"action": Action.LOG_IN})
async def enter(request: Asked, data: JSONBody[LoginBody]) -> Response[Entered]:
    """Log in; a session with a new token begins, and the one before it in this browser ends."""
    process = process_of(request)
    _check_cart(request, data.cart)
    attempt = Attempt(data.email, data.password, data.code, visitor_of(request), cookie_token(request))
    entered = await log_in(process.database, process.hasher, process.vault, attempt, at=clock.now())
    return _entered(request, entered, await _bring(request, entered, data.cart), bearer=data.bearer)


@post("/account/logout", status_code=200, opt={"action": Action.LOG_IN})
async def leave(request: Asked) -> Response[Told]:
    """Log out; who is not logged in may do so too."""
    who, at = principal_of(request), clock.now()

    async def effect(tx: Transaction) -> None:
        if who.session_id is not None:
            await sessions.end_session(tx, user_id=who.id, session_id=who.session_id, at=at)
            detail = {"session": who.session_id}
            await audit.record(tx, actor=who.id, action="logout", subject=who.id, detail=detail, at=at)

    await transaction(process_of(request).database, effect)
    return Response(_DONE, cookies=[_cookie(request, "", max_age_s=0)], headers=PRIVATE)


@post("/account/password/forgot", status_code=202, opt={"action": Action.LOG_IN})
async def forgot(request: Asked, data: JSONBody[EmailBody]) -> Told:
    """Ask for a link to choose a new password by; it works for 30 minutes."""
    return await _ask(request, LetterKind.RESET_PASSWORD, data.email)


@post("/account/password/reset", status_code=200, opt={"action": Action.LOG_IN})
async def reset(request: Asked, data: JSONBody[LinkBody]) -> Told:
    """Follow that link: the password is changed, every log-in ends, and nobody is logged in by it."""
    process = process_of(request)
    await reset_password(
        process.database, process.hasher, token=data.token, password=data.password, at=clock.now()
    )
    return _DONE


def visitor_of(request: Asked) -> Visitor:
    """Where the request comes from, as sessions and lockouts remember it."""
    address = rates_of(request).address_of(request)
    return Visitor(place_of(address), request.headers.get("user-agent", ""))


def session_of(request: Asked) -> str:
    """The session of who asks, on a route whose action is one of ``BY_LOGIN``."""
    session_id = principal_of(request).session_id
    assert session_id is not None, "the guard lets no key to this action"
    return session_id


async def _ask(request: Asked, kind: LetterKind, email: str) -> Told:
    at = clock.now()
    await transaction(process_of(request).database, lambda tx: ask_letter(tx, kind=kind, email=email, at=at))
    return _LETTER


def _check_cart(request: Asked, cart: GuestCart | None) -> None:
    """Raise NotFound for a cart whose secret this is not, before anybody is logged in."""
    if cart is not None and not ids.token_fits(process_of(request).settings.secret_key, cart.id, cart.token):
        raise NotFound(kind="cart", id=cart.id)


async def _bring(request: Asked, entered: LoggedIn, cart: GuestCart | None) -> Brought:
    """The customer's cart with what the guest had; staff have none.

    A transaction of its own: who repeats a log-in whose answer was lost merges what is not merged yet.
    """
    who = Principal(entered.user_id, entered.role)
    if who.customer_id is None:
        return Brought(None)
    by, at, guest_cart_id = merger_of(request, who), clock.now(), cart.id if cart else None
    return await transaction(
        process_of(request).database, lambda tx: bring_cart(tx, guest_cart_id=guest_cart_id, by=by, at=at)
    )


def _entered(request: Asked, entered: LoggedIn, brought: Brought, *, bearer: bool) -> Response[Entered]:
    opened = entered.session
    secret_key = process_of(request).settings.secret_key
    answer = Entered(
        user_id=entered.user_id,
        email=entered.email,
        role=entered.role,
        session_id=opened.id,
        csrf_token=None if bearer else csrf_token(secret_key, opened.token),
        token=opened.token if bearer else None,
        cart=brought.cart,
        guest_cart=brought.guest_cart,
        merge_choices=brought.choices,
    )
    left_s = int((opened.expires_at - clock.now()).total_seconds())
    cookies = [] if bearer else [_cookie(request, opened.token, max_age_s=left_s)]
    return Response(answer, status_code=201, cookies=cookies, headers=PRIVATE)


def _cookie(request: Asked, token: str, *, max_age_s: int) -> Cookie:
    """Out of reach of scripts and of other sites' forms; with TLS it never travels without."""
    name = cookie_name(request)
    return Cookie(
        key=name,
        value=token,
        max_age=max_age_s,
        path="/",
        httponly=True,
        samesite="lax",
        secure=name.startswith("__Host-"),
    )


ROUTES = [ask_to_register, confirm, enter, leave, forgot, reset]

"""One's own account: how it stands, its password, its address, and where it is logged in."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts import sessions
from holdfast.accounts.profile import change_email
from holdfast.accounts.profile.change_email import AccountView, confirm_change, read_account
from holdfast.accounts.profile.change_password import change_password, prove_password
from holdfast.accounts.roles import Action, Permission
from holdfast.accounts.secret import csrf_token
from holdfast.accounts.sessions import SessionView
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read, transaction
from holdfast.errors.request import NotFound
from holdfast.limits import PASSWORD_CHARS_MAX
from holdfast.order.own_orders import claim_orders
from holdfast.web.api.account.login import PRIVATE, Password, Token, Told, session_of, visitor_of
from holdfast.web.api.orders import Email
from holdfast.web.session import Asked, PathId, cookie_token, principal_of, process_of

NewPassword = Annotated[str, Meta(max_length=PASSWORD_CHARS_MAX, pattern=r"^[^\x00]*$")]


class MyAccount(msgspec.Struct, frozen=True):
    """The account, what it may do, and what changes by the cookie have to send as X-CSRF-Token."""

    account: AccountView
    permissions: list[Permission]
    session_id: str
    csrf_token: str | None


class PasswordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password as it is, and as it shall be."""

    current_password: Password
    new_password: NewPassword


class NewEmailBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new address; the password shows that it is not somebody at an open screen."""

    email: Email
    password: Password


class TokenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of a letter's link."""

    token: Token


class MySession(msgspec.Struct, frozen=True):
    """A log-in; ``current`` is the one that asks."""

    session: SessionView
    current: bool


class MySessions(msgspec.Struct, frozen=True):
    """Every log-in that is not over, newest first."""

    data: list[MySession]


class Ended(msgspec.Struct, frozen=True):
    """How many log-ins have ended."""

    sessions_ended: int


@get("/account", opt={"action": Action.MANAGE_ACCOUNT})
async def read_mine(request: Asked) -> Response[MyAccount]:
    """The account that is logged in."""
    session_id, process, who = session_of(request), process_of(request), principal_of(request)
    account = await read(process.database, lambda c: read_account(c, user_id=who.id))
    cookie = cookie_token(request) if "authorization" not in request.headers else None
    token = csrf_token(process.settings.secret_key, cookie) if cookie else None
    return Response(MyAccount(account, sorted(who.permissions), session_id, token), headers=PRIVATE)


@post("/account/password", status_code=200, opt={"action": Action.MANAGE_ACCOUNT})
async def new_password(request: Asked, data: JSONBody[PasswordBody]) -> Ended:
    """Change the password; every other log-in ends, and a letter tells of it."""
    process = process_of(request)
    ended = await change_password(
        process.database,
        process.hasher,
        principal_of(request),
        current=data.current_password,
        wanted=data.new_password,
        place=visitor_of(request).place,
        at=clock.now(),
    )
    return Ended(ended)


@post("/account/email", status_code=202, opt={"action": Action.MANAGE_ACCOUNT})
async def new_email(request: Asked, data: JSONBody[NewEmailBody]) -> Told:
    """Ask to change the address: a link is sent to the new one."""
    process, who, at = process_of(request), principal_of(request), clock.now()
    place = visitor_of(request).place
    await prove_password(
        process.database, process.hasher, user_id=who.id, password=data.password, place=place, at=at
    )
    await transaction(
        process.database, lambda tx: change_email.ask_change(tx, user_id=who.id, email=data.email, at=at)
    )
    return Told("If the address can be used, a letter is on its way to it.")


@post("/account/email/confirm", status_code=200, opt={"action": Action.MANAGE_ACCOUNT})
async def confirm_email(request: Asked, data: JSONBody[TokenBody]) -> AccountView:
    """Follow that link, logged in: the address is changed, and the former one is told."""
    user_id, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> AccountView:
        await claim_orders(tx, user_id=user_id)
        await confirm_change(tx, user_id=user_id, token=data.token, at=at)
        return await read_account(tx, user_id=user_id)

    return await transaction(process_of(request).database, effect)


@get("/account/sessions", opt={"action": Action.MANAGE_ACCOUNT})
async def list_sessions(request: Asked) -> MySessions:
    """Where one is logged in."""
    current, user_id, at = session_of(request), principal_of(request).id, clock.now()
    process = process_of(request)
    rows = await read(
        process.database,
        lambda c: sessions.living_sessions(c, user_id=user_id, rules=process.rules, at=at),
    )
    return MySessions([MySession(row, row.id == current) for row in rows])


@delete("/account/sessions/{session_id:str}", status_code=200, opt={"action": Action.MANAGE_ACCOUNT})
async def end_one(request: Asked, session_id: PathId) -> Ended:
    """End one log-in."""
    user_id, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> None:
        if not await sessions.end_session(tx, user_id=user_id, session_id=session_id, at=at):
            raise NotFound(kind="session", id=session_id)
        detail = {"session": session_id}
        await audit.record(tx, actor=user_id, action="session.ended", subject=user_id, detail=detail, at=at)

    await transaction(process_of(request).database, effect)
    return Ended(1)


@delete("/account/sessions", status_code=200, opt={"action": Action.MANAGE_ACCOUNT})
async def end_all(request: Asked) -> Ended:
    """Log out everywhere, here too."""
    user_id, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> int:
        ended = await sessions.end_sessions(tx, user_id=user_id, but=None, at=at)
        detail = {"sessions_ended": ended}
        await audit.record(tx, actor=user_id, action="sessions.ended", subject=user_id, detail=detail, at=at)
        return ended

    return Ended(await transaction(process_of(request).database, effect))


ROUTES = [read_mine, new_password, new_email, confirm_email, list_sessions, end_one, end_all]

"""The second factor of one's own account: set up, turn on, turn off."""

import msgspec
from litestar import Response, post
from litestar.params import JSONBody

from holdfast import clock
from holdfast.accounts.login import totp
from holdfast.accounts.login.totp import Enrolled
from holdfast.accounts.profile.change_password import prove_password
from holdfast.accounts.roles import Action
from holdfast.db.transaction import transaction
from holdfast.web.api.account.login import PRIVATE, Code, Password, Told, visitor_of
from holdfast.web.session import Asked, principal_of, process_of


class PasswordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password shows that it is not somebody at an open screen."""

    password: Password


class CodeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code of the authenticator."""

    code: Code


class OffBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password, and a code of the authenticator or a recovery code."""

    password: Password
    code: Code


class RecoveryCodes(msgspec.Struct, frozen=True):
    """To be kept on paper: each stands for one code of an authenticator that was lost."""

    recovery_codes: list[str]


@post("/account/totp", status_code=201, opt={"action": Action.MANAGE_ACCOUNT})
async def enrol(request: Asked, data: JSONBody[PasswordBody]) -> Response[Enrolled]:
    """A key for an authenticator; nothing is asked for until a code of it was confirmed."""
    await _prove(request, data.password)
    process, user_id, at = process_of(request), principal_of(request).id, clock.now()
    enrolled = await transaction(
        process.database,
        lambda tx: totp.enrol(tx, process.vault, user_id=user_id, shop=process.rules.name, at=at),
    )
    return Response(enrolled, status_code=201, headers=PRIVATE)


@post("/account/totp/confirm", status_code=200, opt={"action": Action.MANAGE_ACCOUNT})
async def confirm(request: Asked, data: JSONBody[CodeBody]) -> Response[RecoveryCodes]:
    """Turn it on with a first code; the recovery codes are shown this once."""
    process, user_id, at = process_of(request), principal_of(request).id, clock.now()
    codes = await transaction(
        process.database,
        lambda tx: totp.confirm(tx, process.vault, user_id=user_id, code=data.code, at=at),
    )
    return Response(RecoveryCodes(codes), status_code=200, headers=PRIVATE)


@post("/account/totp/disable", status_code=200, opt={"action": Action.MANAGE_ACCOUNT})
async def turn_off(request: Asked, data: JSONBody[OffBody]) -> Told:
    """Turn it off, which takes the password and a code."""
    await _prove(request, data.password)
    process, user_id, at = process_of(request), principal_of(request).id, clock.now()
    await transaction(
        process.database,
        lambda tx: totp.disable(tx, process.vault, user_id=user_id, code=data.code, at=at),
    )
    return Told("The second factor is off.")


async def _prove(request: Asked, password: str) -> None:
    process, at = process_of(request), clock.now()
    await prove_password(
        process.database,
        process.hasher,
        user_id=principal_of(request).id,
        password=password,
        place=visitor_of(request).place,
        at=at,
    )


ROUTES = [enrol, confirm, turn_off]

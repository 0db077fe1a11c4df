"""One's own data: all of them as a document, and their erasure."""

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody

from holdfast import clock
from holdfast.accounts.profile.change_password import prove_password
from holdfast.accounts.roles import Action
from holdfast.db.queries import Connection, Transaction
from holdfast.db.transaction import transaction
from holdfast.retention.person.erase import Erased, erase
from holdfast.retention.person.tell import PersonalData, tell_to
from holdfast.retention.person.who import Person, find_user
from holdfast.web.api.account.login import PRIVATE, Password, visitor_of
from holdfast.web.session import Asked, principal_of, process_of


class EraseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password shows that it is not somebody at an open screen."""

    password: Password


@get("/account/data", opt={"action": Action.MANAGE_ACCOUNT})
async def read_data(request: Asked) -> Response[PersonalData]:
    """Everything that is held about whoever is logged in."""
    user_id, at = principal_of(request).id, clock.now()

    async def find(connection: Connection) -> Person:
        return await find_user(connection, user_id=user_id)

    found = await transaction(
        process_of(request).database, lambda tx: tell_to(tx, find, actor=user_id, at=at)
    )
    return Response(found, headers=PRIVATE)


@post("/account/erase", status_code=200, opt={"action": Action.MANAGE_ACCOUNT})
async def erase_me(request: Asked, data: JSONBody[EraseBody]) -> Erased:
    """Delete the account and take its owner out of the books; refused while something of theirs is open."""
    process, user_id, at = process_of(request), principal_of(request).id, clock.now()
    place = visitor_of(request).place
    await prove_password(
        process.database, process.hasher, user_id=user_id, password=data.password, place=place, at=at
    )

    async def find(connection: Connection) -> Person:
        return await find_user(connection, user_id=user_id)

    async def effect(tx: Transaction) -> Erased:
        return await erase(tx, find, rules=process.rules, actor=user_id, at=at)

    return await transaction(process.database, effect)


ROUTES = [read_data, erase_me]

"""What is held about a customer, or a guest: told to whoever asks for them, and erased when they wish it.

By POST, so that no address of theirs stands in a log of addresses.
"""

import msgspec
from litestar import Response, post
from litestar.params import JSONBody

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.db.queries import Connection
from holdfast.db.transaction import transaction
from holdfast.retention.person.erase import Erased, erase
from holdfast.retention.person.tell import PersonalData, tell_to
from holdfast.retention.person.who import Person, find_by_email
from holdfast.web.api.account.login import PRIVATE
from holdfast.web.api.orders import Email
from holdfast.web.session import Asked, principal_of, process_of


class WhomBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom it is about: a customer's address, or the one that a guest has ordered under."""

    email: Email


@post("/people/data", status_code=200, opt={"action": Action.HANDLE_PERSONAL_DATA})
async def read_data(request: Asked, data: JSONBody[WhomBody]) -> Response[PersonalData]:
    """Everything that is held about them; empty where nothing is."""
    actor, at = principal_of(request).id, clock.now()

    async def find(connection: Connection) -> Person:
        return await find_by_email(connection, email=data.email)

    found = await transaction(process_of(request).database, lambda tx: tell_to(tx, find, actor=actor, at=at))
    return Response(found, headers=PRIVATE)


@post("/people/erase", status_code=200, opt={"action": Action.HANDLE_PERSONAL_DATA})
async def erase_them(request: Asked, data: JSONBody[WhomBody]) -> Erased:
    """Take them out of the books; refused while something of theirs is open. Make sure who asks for it."""
    process, actor, at = process_of(request), principal_of(request).id, clock.now()

    async def find(connection: Connection) -> Person:
        return await find_by_email(connection, email=data.email)

    return await transaction(
        process.database, lambda tx: erase(tx, find, rules=process.rules, actor=actor, at=at)
    )


ROUTES = [read_data, erase_them]

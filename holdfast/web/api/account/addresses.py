"""The addresses of one's own account: saved, changed, made the default, removed."""

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import JSONBody

from holdfast import clock
from holdfast.accounts.address import check_address
from holdfast.accounts.profile import keep_addresses
from holdfast.accounts.profile.keep_addresses import NewAddress, SavedAddress
from holdfast.accounts.roles import Action
from holdfast.db.transaction import read, transaction
from holdfast.web.api.account.login import PRIVATE
from holdfast.web.session import Asked, PathId, do_once, principal_of, process_of


class MyAddresses(msgspec.Struct, frozen=True):
    """All of them."""

    data: list[SavedAddress]


@get("/account/addresses", opt={"action": Action.MANAGE_ACCOUNT})
async def list_mine(request: Asked) -> Response[MyAddresses]:
    """What one has saved; a checkout begins with the defaults, and may name another."""
    user_id = principal_of(request).id
    rows = await read(
        process_of(request).database, lambda c: keep_addresses.list_addresses(c, user_id=user_id)
    )
    return Response(MyAddresses(rows), headers=PRIVATE)


@post("/account/addresses", status_code=201, opt={"action": Action.MANAGE_ACCOUNT})
async def save(request: Asked, data: JSONBody[NewAddress]) -> Response[SavedAddress]:
    """Save one more."""
    check_address(data.address, field="address")
    user_id, at = principal_of(request).id, clock.now()
    return await do_once(
        request,
        lambda tx: keep_addresses.save_address(tx, data, user_id=user_id, at=at),
        status=201,
        required=False,
    )


@put("/account/addresses/{address_id:str}", opt={"action": Action.MANAGE_ACCOUNT})
async def change(request: Asked, address_id: PathId, data: JSONBody[NewAddress]) -> SavedAddress:
    """Replace one; what is left out of the defaults is no default any more."""
    check_address(data.address, field="address")
    user_id = principal_of(request).id
    return await transaction(
        process_of(request).database,
        lambda tx: keep_addresses.change_address(tx, data, user_id=user_id, address_id=address_id),
    )


@delete("/account/addresses/{address_id:str}", status_code=204, opt={"action": Action.MANAGE_ACCOUNT})
async def remove(request: Asked, address_id: PathId) -> None:
    """Forget one."""
    user_id = principal_of(request).id
    await transaction(
        process_of(request).database,
        lambda tx: keep_addresses.remove_address(tx, user_id=user_id, address_id=address_id),
    )


ROUTES = [list_mine, save, change, remove]

"""The wishlist of one's own account; every answer is the whole list, with prices and availability of now."""

from collections.abc import Awaitable, Callable

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromPath

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.catalog import wishlist
from holdfast.catalog.wishlist import Wished
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.web.api.account.login import PRIVATE
from holdfast.web.api.carts import sku_in
from holdfast.web.session import Asked, do_once, principal_of, process_of


class Wishlist(msgspec.Struct, frozen=True):
    """The newest wish first."""

    data: list[Wished]


@get("/account/wishlist", opt={"action": Action.MANAGE_ACCOUNT})
async def read_mine(request: Asked) -> Response[Wishlist]:
    """What one would like to have; what is not for sale now is left out."""
    user_id, at = principal_of(request).id, clock.now()
    rows = await read(
        process_of(request).database, lambda c: wishlist.read_wishlist(c, user_id=user_id, at=at)
    )
    return Response(Wishlist(rows), headers=PRIVATE)


@put("/account/wishlist/{sku:path}", opt={"action": Action.MANAGE_ACCOUNT})
async def add(request: Asked, sku: FromPath[str]) -> Response[Wishlist]:
    """Put a SKU on the list; one that is there stays as it is."""
    wanted, user_id, at = sku_in(sku), principal_of(request).id, clock.now()
    return await _change(request, lambda tx: wishlist.add_wish(tx, user_id=user_id, sku=wanted, at=at))


@delete("/account/wishlist/{sku:path}", status_code=200, opt={"action": Action.MANAGE_ACCOUNT})
async def remove(request: Asked, sku: FromPath[str]) -> Response[Wishlist]:
    """Take a SKU off the list; one that is not there is no error."""
    wanted, user_id = sku_in(sku), principal_of(request).id
    return await _change(request, lambda tx: wishlist.remove_wish(tx, user_id=user_id, sku=wanted))


async def _change(request: Asked, change: Callable[[Transaction], Awaitable[None]]) -> Response[Wishlist]:
    user_id, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Wishlist:
        await change(tx)
        return Wishlist(await wishlist.read_wishlist(tx, user_id=user_id, at=at))

    return await do_once(request, effect, required=False)


ROUTES = [read_mine, add, remove]

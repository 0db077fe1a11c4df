"""Holds: keep the units of a checkout before it is an order, and let them go."""

from typing import Annotated

import msgspec
from litestar import Response, delete, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast.accounts.roles import Action
from holdfast.checkout import hold_early
from holdfast.checkout.hold_early import HoldEarly
from holdfast.db.transaction import read
from holdfast.errors.request import NotFound
from holdfast.order.read_order import HoldView
from holdfast.shop_settings.rules import RateClass
from holdfast.web.session import Asked, PathId, check_owner, claim_of, done_answer, principal_of, process_of


class HoldBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose units."""

    checkout_id: Annotated[str, Meta(max_length=40)]


@post("/holds", status_code=201, opt={"action": Action.SHOP, "rate": RateClass.CHECKOUT})
async def hold(request: Asked, data: JSONBody[HoldBody]) -> Response[HoldView]:
    """Hold what the checkout's cart has; owned by the checkout's token. Needs an Idempotency-Key."""
    await check_owner(request, data.checkout_id, kind="checkout")
    wish = HoldEarly(data.checkout_id, await claim_of(request, required=True), principal_of(request))
    return done_answer(await process_of(request).hold.submit(wish))


@delete("/holds/{hold_id:str}", status_code=204, opt={"action": Action.SHOP})
async def let_go(request: Asked, hold_id: PathId) -> None:
    """Give the units back; the hold of an order goes with its order."""
    process, who = process_of(request), principal_of(request)
    checkout_id = await read(
        process.database, lambda c: hold_early.checkout_of_hold(c, hold_id=hold_id, by=who)
    )
    if checkout_id is None:
        raise NotFound(kind="hold", id=hold_id)
    await check_owner(request, checkout_id, kind="hold", named=hold_id)
    await process.let_go.submit(checkout_id)


ROUTES = [hold, let_go]

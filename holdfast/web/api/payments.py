"""Payments: how one stands, and what the provider gave the buyer's browser."""

from litestar import get, post

from holdfast.accounts.roles import Action
from holdfast.checkout import counter
from holdfast.db.transaction import read
from holdfast.errors import NotFound
from holdfast.order.read_order import PaymentView, order_of_payment, read_order
from holdfast.web.session import Asked, PathId, check_owner, process_of


@get("/payments/{payment_id:str}", opt={"action": Action.SHOP})
async def read_one(request: Asked, payment_id: PathId) -> PaymentView:
    """How a payment stands; owned by its order's token."""
    return await _payment(request, payment_id, ask=False)


@post("/payments/{payment_id:str}/return", status_code=200, opt={"action": Action.SHOP})
async def come_back(request: Asked, payment_id: PathId) -> PaymentView:
    """The buyer is back from the provider: ask it now. Returns are unsigned: nothing in them is believed."""
    return await _payment(request, payment_id, ask=True)


async def _payment(request: Asked, payment_id: str, *, ask: bool) -> PaymentView:
    process = process_of(request)
    order_id = await read(process.database, lambda c: order_of_payment(c, payment_id))
    if order_id is None:
        raise NotFound(kind="payment", id=payment_id)
    check_owner(request, order_id, kind="payment", named=payment_id)
    if ask:
        await counter.ask_now(process.counter, order_id)
    order = await read(process.database, lambda c: read_order(c, order_id))
    assert order is not None, "the payment's order is there"
    return order.payment


ROUTES = [read_one, come_back]

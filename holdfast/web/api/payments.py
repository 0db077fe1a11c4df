"""Payments: the ways to pay, how one payment stands, and what the provider gave the buyer's browser."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from holdfast.accounts.roles import Action
from holdfast.checkout import counter
from holdfast.db.transaction import read
from holdfast.errors.request import NotFound
from holdfast.limits import TOTAL_MINOR_MAX
from holdfast.money import Money
from holdfast.order.read_order import PaymentView, order_of_payment, read_order
from holdfast.payment.offer import offers
from holdfast.payment.provider import Provider
from holdfast.payment.start_payment import check_return
from holdfast.shop_settings.rules import RateClass
from holdfast.web.session import Asked, PathId, check_owner, process_of

Amount = Annotated[int | None, QueryParameter(ge=1, le=TOTAL_MINOR_MAX)]
Currency = Annotated[str | None, QueryParameter(pattern=r"^[A-Z]{3}(?!\n)$")]
Country = Annotated[str | None, QueryParameter(pattern=r"^[A-Z]{2}(?!\n)$")]
Word = Annotated[str, Meta(max_length=100)]
Value = Annotated[str, Meta(max_length=4_096)]


class MethodView(msgspec.Struct, frozen=True):
    """A way to pay: what it can do, and for which payments."""

    name: str
    can: list[str]
    currencies: list[str] | None
    """Those that it takes; null: any."""
    least: Money | None
    most: Money | None


class Methods(msgspec.Struct, frozen=True):
    """In the order in which the merchant wants them shown."""

    data: list[MethodView]


class ReturnBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the provider appended to the return address, or handed to the page's script."""

    params: Annotated[dict[Word, Value], Meta(max_length=50)] = {}


_NOTHING = ReturnBody()


@get("/payment-methods", opt={"action": Action.SHOP})
async def methods(
    request: Asked, amount: Amount = None, currency: Currency = None, country: Country = None
) -> Methods:
    """The ways to pay this amount (minor units) in this currency, for goods sent to this country."""
    process = process_of(request)
    wanted = currency or process.rules.currency
    names = offers(process.providers, process.rules, amount_minor=amount, currency=wanted, country=country)
    return Methods([_view(process.providers[name], wanted) for name in names])


@get("/payments/{payment_id:str}", opt={"action": Action.SHOP})
async def read_one(request: Asked, payment_id: PathId) -> PaymentView:
    """How a payment stands; owned by its order's token."""
    return await _payment(request, payment_id, await _order_of(request, payment_id))


@post(
    "/payments/{payment_id:str}/return",
    status_code=200,
    opt={"action": Action.SHOP, "rate": RateClass.CHECKOUT},
)
async def come_back(request: Asked, payment_id: PathId, data: JSONBody[ReturnBody] = _NOTHING) -> PaymentView:
    """The buyer is back: verify what the provider signs, and ask it now, since nothing else is believed."""
    order_id = await _order_of(request, payment_id)
    process = process_of(request)
    await check_return(process.asking, order_id=order_id, params=data.params)
    await counter.ask_now(process.counter, order_id)
    return await _payment(request, payment_id, order_id)


async def _order_of(request: Asked, payment_id: str) -> str:
    order_id = await read(process_of(request).database, lambda c: order_of_payment(c, payment_id))
    if order_id is None:
        raise NotFound(kind="payment", id=payment_id)
    await check_owner(request, order_id, kind="payment", named=payment_id)
    return order_id


async def _payment(request: Asked, payment_id: str, order_id: str) -> PaymentView:
    order = await read(process_of(request).database, lambda c: read_order(c, order_id))
    assert order is not None, f"the order of {payment_id} is there"
    return order.payment


def _view(provider: Provider, currency: str) -> MethodView:
    can = provider.can

    def limit(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, currency)

    return MethodView(
        name=provider.name,
        can=sorted(can.deeds),
        currencies=None if can.currencies is None else sorted(can.currencies),
        least=limit(can.least.get(currency)),
        most=limit(can.most.get(currency)),
    )


ROUTES = [methods, read_one, come_back]

"""Checkouts: start, fill in, complete, give up."""

from typing import Annotated

import msgspec
from litestar import Response, get, patch, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import clock
from holdfast.accounts.address import Address, check_address
from holdfast.accounts.profile.keep_addresses import own_address
from holdfast.accounts.roles import Action, may
from holdfast.cart import keep_cart
from holdfast.cart.cart import CartLine
from holdfast.checkout import counter, keep_checkout
from holdfast.checkout.checkout import Wish, mint_place_order
from holdfast.checkout.keep_checkout import Changes, CheckoutView
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read, transaction
from holdfast.errors.request import FieldInvalid
from holdfast.limits import CART_LINES_MAX
from holdfast.money import Money
from holdfast.payment.offer import offers
from holdfast.shop_settings.rules import RateClass
from holdfast.web.api.orders import Email, Method, OrderPlaced, check_currency, placed_answer
from holdfast.web.session import (
    Asked,
    PathId,
    check_owner,
    claim_of,
    json_answer,
    once,
    owner_token,
    principal_of,
    process_of,
)

SavedId = Annotated[str, Meta(max_length=40, pattern=r"^[!-~]+(?!\n)$")]


class CheckoutBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Start from a cart of one's own, or from lines (a cart is made of them)."""

    cart_id: Annotated[str, Meta(max_length=40)] | None = None
    lines: Annotated[list[CartLine], Meta(min_length=1, max_length=CART_LINES_MAX)] | None = None


class ChangeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the buyer fills in; what is left out stays. Customers may name addresses that they have saved."""

    email: Email | None = None
    shipping_address: Address | None = None
    shipping_address_id: SavedId | None = None
    billing_address: Address | None = None
    billing_address_id: SavedId | None = None
    shipping_option: Method | None = None
    payment_method: Method | None = None


class CompleteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The total that the buyer saw; a differing one is refused with price_changed."""

    expected_total: Money | None = None


_ADDRESSES = ("shipping_address", "billing_address")
_AT_ANY_TOTAL = CompleteBody()


class Started(msgspec.Struct, frozen=True):
    """A checkout and the secret that a guest owns it by."""

    checkout: CheckoutView
    token: str


@post("/checkouts", status_code=201, opt={"action": Action.SHOP, "rate": RateClass.CHECKOUT})
async def start(request: Asked, data: JSONBody[CheckoutBody]) -> Response[Started]:
    """Start a checkout; a customer's begins with the addresses that they have made the default."""
    if (data.cart_id is None) == (data.lines is None):
        raise FieldInvalid(field="cart_id", reason="give either cart_id or lines")
    if data.cart_id is not None:
        await check_owner(request, data.cart_id, kind="cart")
    rules, at = process_of(request).rules, clock.now()
    who = principal_of(request)

    async def effect(tx: Transaction) -> CheckoutView:
        cart_id = data.cart_id
        if cart_id is None:
            made = await keep_cart.create_cart(
                tx, currency=rules.currency, customer_id=who.customer_id, at=at
            )
            cart_id = made.id
            await keep_cart.fill_cart(tx, cart_id=cart_id, lines=data.lines or (), at=at)
        return await keep_checkout.create_checkout(tx, cart_id=cart_id, by=who, rules=rules, at=at)

    done = await once(request, effect, status=201, required=False)
    view = msgspec.json.decode(done.body, type=CheckoutView)
    answer = msgspec.json.encode(Started(view, owner_token(request, view.id)))
    return json_answer(answer, status=done.status, replayed=done.replayed)


@get("/checkouts/{checkout_id:str}", opt={"action": Action.SHOP})
async def read_one(request: Asked, checkout_id: PathId) -> CheckoutView:
    """A checkout with its quote at today's prices."""
    await check_owner(request, checkout_id, kind="checkout")
    process, who, at = process_of(request), principal_of(request), clock.now()
    return await read(
        process.database,
        lambda c: keep_checkout.read_checkout(c, checkout_id=checkout_id, by=who, rules=process.rules, at=at),
    )


@patch("/checkouts/{checkout_id:str}", opt={"action": Action.SHOP})
async def change(request: Asked, checkout_id: PathId, data: JSONBody[ChangeBody]) -> CheckoutView:
    """Fill something in."""
    await check_owner(request, checkout_id, kind="checkout")
    process, at = process_of(request), clock.now()
    who, offered = principal_of(request), offers(process.providers, process.rules)
    _check_addresses(data, unchecked=may(who, Action.SET_ORDER_FACTS))

    async def effect(tx: Transaction) -> CheckoutView:
        changes = await _changes(tx, data, user_id=who.id)
        return await keep_checkout.change_checkout(
            tx,
            checkout_id=checkout_id,
            by=who,
            changes=changes,
            offered=offered,
            rules=process.rules,
            at=at,
        )

    return await transaction(process.database, effect)


@post(
    "/checkouts/{checkout_id:str}/complete",
    status_code=201,
    opt={"action": Action.SHOP, "rate": RateClass.CHECKOUT},
)
async def complete(
    request: Asked, checkout_id: PathId, data: JSONBody[CompleteBody] = _AT_ANY_TOTAL
) -> Response[OrderPlaced]:
    """Place the order: hold its units and begin its payment. Needs an Idempotency-Key."""
    await check_owner(request, checkout_id, kind="checkout")
    process = process_of(request)
    claim = await claim_of(request, required=True)
    check_currency(data.expected_total, field="expected_total", rules=process.rules)
    wish = Wish(expected_total=data.expected_total)
    wanted = mint_place_order(wish, claim=claim, by=principal_of(request), checkout_id=checkout_id)
    return placed_answer(request, await counter.place(process.counter, wanted))


@post("/checkouts/{checkout_id:str}/cancel", status_code=200, opt={"action": Action.SHOP})
async def cancel(request: Asked, checkout_id: PathId) -> CheckoutView:
    """Give it up; units that it held early go back."""
    await check_owner(request, checkout_id, kind="checkout")
    process, who, at = process_of(request), principal_of(request), clock.now()
    return await transaction(
        process.database,
        lambda tx: keep_checkout.cancel_checkout(
            tx, checkout_id=checkout_id, by=who, rules=process.rules, at=at
        ),
    )


def _check_addresses(data: ChangeBody, *, unchecked: bool) -> None:
    """Raise FieldInvalid for an address given twice, or by a buyer in no form that its country knows."""
    for field in _ADDRESSES:
        address, address_id = getattr(data, field), getattr(data, f"{field}_id")
        if address is not None and address_id is not None:
            raise FieldInvalid(field=f"{field}_id", reason=f"give either {field} or {field}_id")
        if address is not None and not unchecked:
            check_address(address, field=field)


async def _changes(tx: Transaction, data: ChangeBody, *, user_id: str) -> Changes:
    """What was filled in, saved addresses as they are now; raises NotFound for those of others."""
    given = msgspec.structs.asdict(data)
    for field in _ADDRESSES:
        address_id = given.pop(f"{field}_id")
        if address_id is not None:
            given[field] = await own_address(tx, user_id=user_id, address_id=address_id)
    return Changes(**given)


ROUTES = [start, read_one, change, complete, cancel]

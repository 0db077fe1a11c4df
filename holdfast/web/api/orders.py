"""Orders: place in one call, read, pay again, cancel."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from holdfast import clock
from holdfast.accounts.address import Address, check_address
from holdfast.accounts.roles import Action, may
from holdfast.checkout import counter
from holdfast.checkout.cancel_order import cancel_order
from holdfast.checkout.checkout import WantedLine, Wish, mint_place_order
from holdfast.checkout.pay_again import PayAgain
from holdfast.checkout.place_order import Placed
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.checkout import CurrencyMismatch
from holdfast.errors.people import FieldForStaffOnly
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.fulfilment.issue_invoice import read_invoice
from holdfast.fulfilment.papers.invoice_pdf import invoice_pdf
from holdfast.limits import (
    COUPONS_MAX,
    EMAIL_CHARS_MAX,
    ORDER_LINES_MAX,
    PAGE_ROWS_DEFAULT,
    PAGE_ROWS_MAX,
    PRICE_MINOR_MAX,
    QUANTITY_MAX,
    REASON_CHARS_MAX,
    REFERENCE_CHARS_MAX,
    SKU_CHARS_MAX,
)
from holdfast.money import Money
from holdfast.order.cancel_lines import LineUnits
from holdfast.order.list_orders import OrderSummary
from holdfast.order.own_orders import page_of_own
from holdfast.order.read_order import HoldView, OrderAnswer, OrderView, PaymentView, read_order
from holdfast.pricing.coupon import TypedCode, plain
from holdfast.shop_settings.rules import RateClass, ShopRules
from holdfast.web.session import (
    Asked,
    Cursor,
    PathId,
    check_owner,
    claim_of,
    do_once,
    json_answer,
    owner_token,
    principal_of,
    process_of,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(days=1)
_NEWEST = "ord_~"

Email = Annotated[str, Meta(max_length=EMAIL_CHARS_MAX, pattern=r"^[^@\s\x00]+@[^@\s\x00]+(?!\n)$")]
Sku = Annotated[str, Meta(min_length=1, max_length=SKU_CHARS_MAX, pattern=r"^[^\x00]*$")]
Quantity = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
Reference = Annotated[str, Meta(max_length=REFERENCE_CHARS_MAX, pattern=r"^[^\x00]*$")]
RowsMax = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)]
Method = Annotated[str, Meta(max_length=40, pattern=r"^[a-z0-9_]+(?!\n)$")]


class LineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of an order; only staff may set its unit price."""

    sku: Sku
    quantity: Quantity
    unit_price: Money | None = None


class OrderBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order in one call; give lines or a cart, whose coupons count unless others are given.

    Only staff may set ``placed_at`` and ``reference``.
    """

    payment_method: Method
    shipping_option: Method
    lines: Annotated[list[LineBody], Meta(max_length=ORDER_LINES_MAX)] | None = None
    cart_id: Annotated[str, Meta(max_length=40)] | None = None
    email: Email | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    expected_total: Money | None = None
    placed_at: datetime | None = None
    reference: Reference | None = None
    coupons: Annotated[list[TypedCode], Meta(max_length=COUPONS_MAX)] | None = None


class OwnOrders(msgspec.Struct, frozen=True):
    """Orders, newest first, and where the next page begins."""

    data: list[OrderSummary]
    next_cursor: str | None


class PayBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to pay now; nothing means by the same method."""

    payment_method: Method | None = None


class CancelLineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a line that are not to be sent."""

    position: Annotated[int, Meta(ge=1, le=ORDER_LINES_MAX)]
    quantity: Quantity


class CancelBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which units, and why; no lines: the whole order."""

    lines: Annotated[list[CancelLineBody], Meta(max_length=ORDER_LINES_MAX)] = []
    reason: Annotated[str, Meta(max_length=REASON_CHARS_MAX, pattern=r"^[^\x00]*$")] = ""


_BY_THE_SAME_METHOD = PayBody()
ALL_OF_IT = CancelBody()


class OrderPlaced(msgspec.Struct, frozen=True):
    """The order, what holds its units, how it is paid, and the secret that a guest owns it by."""

    order: OrderView
    hold: HoldView | None
    payment: PaymentView
    token: str


class Written(msgspec.Struct):
    """The same as it is stored, before the secret is put in."""

    order: msgspec.Raw
    hold: msgspec.Raw
    payment: msgspec.Raw
    token: str = ""


@post("/orders", status_code=201, opt={"action": Action.SHOP, "rate": RateClass.CHECKOUT})
async def place(request: Asked, data: JSONBody[OrderBody]) -> Response[OrderPlaced]:
    """Place an order and begin its payment; all lines or none. Needs an Idempotency-Key."""
    process, principal = process_of(request), principal_of(request)
    staff = may(principal, Action.SET_ORDER_FACTS)
    claim = await claim_of(request, required=True)
    wish = wish_of(data, staff=staff, rules=process.rules)
    if wish.cart_id is not None:
        await check_owner(request, wish.cart_id, kind="cart")
    wanted = mint_place_order(wish, claim=claim, by=principal)
    return placed_answer(request, await counter.place(process.counter, wanted))


@get("/orders", opt={"action": Action.LIST_OWN_ORDERS})
async def list_own(request: Asked, limit: RowsMax = PAGE_ROWS_DEFAULT, cursor: Cursor = None) -> OwnOrders:
    """The orders of who is logged in, also those placed as a guest under the address they have proved."""
    user_id = principal_of(request).id
    rows = await read(
        process_of(request).database,
        lambda c: page_of_own(c, user_id=user_id, before=cursor or _NEWEST, rows_max=limit + 1),
    )
    return OwnOrders(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


@get("/orders/{order_id:str}", opt={"action": Action.SHOP})
async def read_one(request: Asked, order_id: PathId) -> OrderAnswer:
    """An order of one's own; a payment that its provider had not answered is asked for again."""
    await check_owner(request, order_id, kind="order")
    process = process_of(request)
    return await counter.resume_payment(process.counter, await process.orders.submit(order_id))


@post("/orders/{order_id:str}/pay", status_code=200, opt={"action": Action.SHOP, "rate": RateClass.CHECKOUT})
async def pay(
    request: Asked, order_id: PathId, data: JSONBody[PayBody] = _BY_THE_SAME_METHOD
) -> Response[OrderAnswer]:
    """Try again, by the same or another method. Needs an Idempotency-Key."""
    await check_owner(request, order_id, kind="order")
    process, claim = process_of(request), await claim_of(request, required=True)
    if claim is not None:
        claim = msgspec.structs.replace(claim, subject=order_id)
    wanted = PayAgain(order_id, data.payment_method, principal_of(request).id)
    placed = await counter.pay(process.counter, wanted, claim=claim, rules=process.rules)
    return json_answer(placed.body, replayed=placed.replayed)


@post("/orders/{order_id:str}/cancel", status_code=200, opt={"action": Action.SHOP})
async def cancel(
    request: Asked, order_id: PathId, data: JSONBody[CancelBody] = ALL_OF_IT
) -> Response[OrderAnswer]:
    """Cancel before it is shipped, all of it or some units: they go back, and so does captured money.

    Until when is the shop's setting. Needs an Idempotency-Key.
    """
    await check_owner(request, order_id, kind="order")
    at, principal, units = clock.now(), principal_of(request), units_of(data.lines)
    rules, by_buyer = process_of(request).rules, not may(principal, Action.CANCEL_ORDERS)
    reason = data.reason or "asked for"

    async def effect(tx: Transaction) -> OrderAnswer | None:
        await cancel_order(
            tx,
            order_id=order_id,
            units=units,
            by_buyer=by_buyer,
            actor=principal.id,
            reason=reason,
            rules=rules,
            at=at,
        )
        return await read_order(tx, order_id)

    return await do_once(request, effect)


@get("/orders/{order_id:str}/invoice.pdf", media_type="application/pdf", opt={"action": Action.SHOP})
async def read_invoice_pdf(request: Asked, order_id: PathId) -> Response[bytes]:
    """The invoice of an order of one's own, once it was issued."""
    await check_owner(request, order_id, kind="order")
    return await invoice_answer(request, order_id)


async def invoice_answer(request: Asked, order_id: str) -> Response[bytes]:
    """An order's invoice as a file; raises NotFound while there is none."""
    invoice = await read(process_of(request).database, lambda c: read_invoice(c, order_id=order_id))
    if invoice is None:
        raise NotFound(kind="invoice of order", id=order_id)
    body = await asyncio.to_thread(invoice_pdf, invoice)
    return pdf_answer(body, f"invoice-{invoice.order_number}")


def pdf_answer(body: bytes, name: str) -> Response[bytes]:
    """A PDF to look at, which no cache keeps."""
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(body, media_type="application/pdf", headers=headers)


def units_of(lines: Sequence[CancelLineBody]) -> tuple[LineUnits, ...]:
    """The units in a body; raises FieldInvalid."""
    if len({line.position for line in lines}) < len(lines):
        raise FieldInvalid(field="lines", reason="must name each position once")
    return tuple(LineUnits(line.position, line.quantity) for line in lines)


def placed_answer(request: Asked, placed: Placed) -> Response[OrderPlaced]:
    """The answer of placing, with the secret, which is never stored with it."""
    answer = msgspec.json.decode(placed.body, type=Written)
    answer.token = owner_token(request, placed.order_id)
    return json_answer(msgspec.json.encode(answer), status=201, replayed=placed.replayed)


def wish_of(data: OrderBody, *, staff: bool, rules: ShopRules) -> Wish:
    """The wish in a body; raises for fields that only staff may set, and for addresses of buyers."""
    if (data.lines is None) == (data.cart_id is None):
        raise FieldInvalid(field="lines", reason="give either lines or cart_id")
    lines = tuple(WantedLine(line.sku, line.quantity, line.unit_price) for line in data.lines or ())
    if not staff:
        _check_buyer(data)
    for place, line in enumerate(lines):
        field = f"lines[{place}].unit_price"
        check_currency(line.unit_price, field=field, rules=rules)
        if line.unit_price is not None and not 0 <= line.unit_price.amount <= PRICE_MINOR_MAX:
            raise FieldInvalid(field=f"{field}.amount", reason=f"must be from 0 to {PRICE_MINOR_MAX}")
    if data.placed_at is not None:
        _check_moment(data.placed_at)
    check_currency(data.expected_total, field="expected_total", rules=rules)
    return Wish(
        lines=lines,
        cart_id=data.cart_id,
        email=data.email,
        shipping_address=data.shipping_address,
        billing_address=data.billing_address,
        shipping_option=data.shipping_option,
        payment_method=data.payment_method,
        expected_total=data.expected_total,
        placed_at=data.placed_at,
        reference=data.reference,
        coupons=None if data.coupons is None else tuple(plain(code) for code in data.coupons),
    )


def check_currency(given: Money | None, *, field: str, rules: ShopRules) -> None:
    """Raise CurrencyMismatch for an amount that is not in the shop's currency."""
    if given is not None and given.currency != rules.currency:
        raise CurrencyMismatch(field=f"{field}.currency", given=given.currency, wanted=rules.currency)


def _check_moment(placed_at: datetime) -> None:
    if placed_at.tzinfo is None:
        raise FieldInvalid(field="placed_at", reason="needs an offset, for example Z")
    if not _EPOCH <= placed_at <= clock.now() + _CLOCKS_DIFFER:
        raise FieldInvalid(field="placed_at", reason="must be a moment from 1970 until now")


def _check_buyer(data: OrderBody) -> None:
    """Raise FieldForStaffOnly or FieldInvalid for what a buyer may not set, or may not leave out."""
    prices = {f"lines[{place}].unit_price": x.unit_price for place, x in enumerate(data.lines or ())}
    staff_only = {"placed_at": data.placed_at, "reference": data.reference, **prices}
    for field, value in staff_only.items():
        if value is not None:
            raise FieldForStaffOnly(field=field)
    for field in ("shipping_address", "billing_address"):
        address = getattr(data, field)
        if address is not None:
            check_address(address, field=field)


ROUTES = [place, list_own, read_one, pay, cancel, read_invoice_pdf]

"""Money back, for staff: ask for it, see what was given, record what a person has sent."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.checkout import CurrencyMismatch
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.limits import ORDER_LINES_MAX, PAGE_ROWS_DEFAULT, QUANTITY_MAX, TOTAL_MINOR_MAX
from holdfast.money import Money
from holdfast.order.read_order import OrderAnswer, read_order
from holdfast.refund.by_hand import record_by_hand
from holdfast.refund.disputes import Dispute, page_of_disputes
from holdfast.refund.give_back import RefundedLine, Request, refunded_lines_of, request_refund, requests_of
from holdfast.refund.issue_refund import order_of_refund
from holdfast.refund.refund import Wish, WishedLine
from holdfast.web.admin.orders import BankReference, Reason, RowsMax, do_to_order
from holdfast.web.session import Asked, Cursor, PathId, principal_of, process_of


class RefundLineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a line; ``restock``: they were not shipped and lie on the shelf again, ``location`` first."""

    position: Annotated[int, Meta(ge=1, le=ORDER_LINES_MAX)]
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
    restock: bool = False
    location: Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9-]+(?!\n)$")] | None = None


class RefundBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to go back; nothing named: everything that is left.

    ``shipping``: all that is left of it, or so much, tax included. ``amount``: this instead of what
    lines and shipping come to, or an amount for nothing in particular.
    """

    lines: Annotated[list[RefundLineBody], Meta(max_length=ORDER_LINES_MAX)] = []
    shipping: bool | Money = False
    amount: Money | None = None
    reason: Reason = ""


class ByHandBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The reference of the transfer or receipt by which the money went back."""

    reference: BankReference


class Refunds(msgspec.Struct, frozen=True):
    """What staff wanted given back, and for which units; amounts in minor units."""

    requests: list[Request]
    lines: list[RefundedLine]


class DisputePage(msgspec.Struct, frozen=True):
    """Disputes, newest first, and where the next page begins; amounts in minor units."""

    data: list[Dispute]
    next_cursor: str | None


_NEWEST = "dsp_~"
_EVERYTHING = RefundBody()


@post("/orders/{order_id:str}/refund", status_code=200, opt={"action": Action.REFUND})
async def refund(
    request: Asked, order_id: PathId, data: JSONBody[RefundBody] = _EVERYTHING
) -> Response[OrderAnswer]:
    """Give money back, all that was captured unless less is named; needs an Idempotency-Key."""
    rules, actor, wish = process_of(request).rules, principal_of(request).id, wish_of(data)

    async def deed(tx: Transaction) -> None:
        reason = data.reason or "asked for"
        await request_refund(
            tx, order_id=order_id, wish=wish, rules=rules, reason=reason, actor=actor, at=clock.now()
        )

    return await do_to_order(request, order_id, "refund", deed)


@get("/orders/{order_id:str}/refunds", opt={"action": Action.READ_ORDERS})
async def list_refunds(request: Asked, order_id: PathId) -> Refunds:
    """What staff wanted given back for an order, oldest first."""
    database = process_of(request).database
    if await read(database, lambda c: read_order(c, order_id)) is None:
        raise NotFound(kind="order", id=order_id)
    requests = await read(database, lambda c: requests_of(c, order_id=order_id))
    return Refunds(requests, await read(database, lambda c: refunded_lines_of(c, order_id=order_id)))


@post("/refunds/{refund_id:str}/paid-by-hand", status_code=200, opt={"action": Action.REFUND})
async def refund_by_hand(
    request: Asked, refund_id: PathId, data: JSONBody[ByHandBody]
) -> Response[OrderAnswer]:
    """A person has sent the money back; a large one waits for a second person. Needs an Idempotency-Key."""
    rules, actor = process_of(request).rules, principal_of(request).id
    order_id = await read(process_of(request).database, lambda c: order_of_refund(c, refund_id=refund_id))
    if order_id is None:
        raise NotFound(kind="refund", id=refund_id)

    async def deed(tx: Transaction) -> None:
        await record_by_hand(
            tx, refund_id=refund_id, reference=data.reference, rules=rules, actor=actor, at=clock.now()
        )

    return await do_to_order(request, order_id, "refund_by_hand", deed)


@get("/disputes", opt={"action": Action.READ_ORDERS})
async def list_disputes(
    request: Asked,
    limit: RowsMax = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
    order_id: Annotated[str | None, QueryParameter(max_length=40, pattern=r"^[A-Za-z0-9_]+(?!\n)$")] = None,
) -> DisputePage:
    """Disputes, newest first, of one order if it is named."""
    rows = await read(
        process_of(request).database,
        lambda c: page_of_disputes(c, before=cursor or _NEWEST, order_id=order_id, rows_max=limit + 1),
    )
    return DisputePage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def wish_of(data: RefundBody) -> Wish:
    """The wish in a body; raises FieldInvalid or CurrencyMismatch."""
    named = {"amount": data.amount, "shipping": None if isinstance(data.shipping, bool) else data.shipping}
    sums = {field: money for field, money in named.items() if money is not None}
    for field, money in sums.items():
        if not 1 <= money.amount <= TOTAL_MINOR_MAX:
            raise FieldInvalid(field=f"{field}.amount", reason=f"must be 1 to {TOTAL_MINOR_MAX}")
    currencies = [money.currency for money in sums.values()]
    if len(set(currencies)) > 1:
        raise CurrencyMismatch(field="shipping", given=currencies[1], wanted=currencies[0])
    if len({line.position for line in data.lines}) < len(data.lines):
        raise FieldInvalid(field="lines", reason="must name each position once")
    return Wish(
        lines=tuple(WishedLine(x.position, x.quantity, x.restock, x.location) for x in data.lines),
        shipping=data.shipping if isinstance(data.shipping, bool) else data.shipping.amount,
        amount_minor=data.amount.amount if data.amount else None,
        currency=currencies[0] if currencies else None,
    )


ROUTES = [refund, list_refunds, refund_by_hand, list_disputes]

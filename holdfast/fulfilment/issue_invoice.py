"""Issue invoices: numbered without gaps, one per order, never changed."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast import ids
from holdfast.db.queries import Connection, Do, Many, Maybe, One, Queries, Transaction
from holdfast.errors.money import MoveRefused
from holdfast.errors.request import NotFound
from holdfast.fulfilment.invoice import Invoice, invoice_of
from holdfast.order.move_order import lock_orders
from holdfast.order.order import UNPAID, State, possible
from holdfast.order.read_order import read_orders
from holdfast.shop_settings.rules import ShopRules


class RateRow(msgspec.Struct, frozen=True):
    """An order that has no invoice yet, and the tax rate when it was placed; None: the shop's first."""

    order_id: str
    rate_bp: int | None


class sql(Queries):
    without: Many[RateRow]
    take_numbers: One[int]
    create: Do
    of_order: Maybe[object]


async def issue_invoices(
    tx: Transaction, *, order_ids: Sequence[str], rules: ShopRules, actor: str, at: datetime
) -> None:
    """Issue the invoices of locked orders that have none, in the order of their ids.

    The counter is the last thing that is locked, and stays so until the numbers are committed.
    """
    missing = {row.order_id: row.rate_bp for row in await sql.without(tx, order_ids=list(order_ids))}
    if not missing:
        return
    answers = await read_orders(tx, order_ids=list(missing))
    last = await sql.take_numbers(tx, count=len(answers))
    first = last - len(answers) + 1
    usual = ShopRules().tax_rate_bp
    invoices = [
        invoice_of(
            answer,
            number=number,
            seller=rules.seller,
            shipping_name=_shipping_name(answer.order.shipping_option, rules),
            rate_bp=usual if (rate := missing[answer.order.id]) is None else rate,
            at=at,
        )
        for number, answer in enumerate(answers, first)
    ]
    await sql.create(
        tx,
        ids=[ids.mint("inv") for _ in invoices],
        numbers=list(range(first, last + 1)),
        order_ids=[answer.order.id for answer in answers],
        documents=invoices,
        actor=actor,
        at=at,
    )


def _shipping_name(code: str, rules: ShopRules) -> str:
    option = rules.shipping_option(code)
    return option.name if option else code


async def issue_invoice(
    tx: Transaction, *, order_id: str, rules: ShopRules, actor: str, at: datetime
) -> Invoice:
    """The invoice of an order, issued now if it has none.

    Raises NotFound, or MoveRefused for one that is not paid for or was cancelled before it had one.
    """
    order = (await lock_orders(tx, order_ids=[order_id])).get(order_id)
    if order is None:
        raise NotFound(kind="order", id=order_id)
    found = await read_invoice(tx, order_id=order_id)
    if found is not None:
        return found
    if order.state in (*UNPAID, State.CANCELLED, State.ARCHIVED):
        can = possible(order.state, goods_out=order.goods_out)
        raise MoveRefused(state=order.state, event="invoice", possible=can)
    await issue_invoices(tx, order_ids=[order_id], rules=rules, actor=actor, at=at)
    issued = await read_invoice(tx, order_id=order_id)
    assert issued is not None, "it was written just now"
    return issued


async def read_invoice(connection: Connection, *, order_id: str) -> Invoice | None:
    """An order's invoice as it was issued, or None."""
    document = await sql.of_order(connection, order_id=order_id)
    return None if document is None else msgspec.convert(document, Invoice)

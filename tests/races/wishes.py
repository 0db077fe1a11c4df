"""Requests to place orders, as the counter submits them, for tests that are closer to it than HTTP."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from holdfast.accounts.address import Address
from holdfast.accounts.roles import GUEST
from holdfast.checkout.checkout import PlaceOrder, WantedLine, Wish, mint_place_order
from holdfast.checkout.place_order import Bench, Placed, place_orders
from holdfast.db.queries import Transaction
from holdfast.errors.problem import Problem
from holdfast.idempotency import Claim, Unfinished
from holdfast.process import Process
from tests.house import ADDRESS


def wish(lines: Mapping[str, int], *, cart_id: str | None = None, method: str = "cash_on_delivery") -> Wish:
    return Wish(
        lines=tuple(WantedLine(sku, quantity) for sku, quantity in lines.items()),
        cart_id=cart_id,
        email="ada@example.com",
        shipping_address=msgspec.convert(ADDRESS, Address),
        shipping_option="collect",
        payment_method=method,
    )


def wanted(
    lines: Mapping[str, int] | None = None,
    *,
    key: str | None = None,
    cart_id: str | None = None,
    checkout_id: str | None = None,
    method: str = "cash_on_delivery",
    coupons: tuple[str, ...] = (),
) -> PlaceOrder:
    """A guest's order; to be paid in cash, where nobody is asked, unless another method is given."""
    claim = Claim("guest", "POST /api/v1/orders", key, b"a body") if key else None
    return mint_place_order(
        msgspec.structs.replace(wish(lines or {}, cart_id=cart_id, method=method), coupons=coupons or None),
        claim=claim,
        by=GUEST,
        checkout_id=checkout_id,
    )


async def place(
    tx: Transaction, process: Process, requests: Sequence[PlaceOrder]
) -> list[Placed | Unfinished | Problem]:
    """What the door does with a batch, in a transaction of the test's own."""
    bench = Bench(
        rules=process.rules,
        providers=process.providers,
        lease=timedelta(seconds=10),
        return_url="http://127.0.0.1/return",
    )
    return await place_orders(tx, requests, bench=bench)

"""A buyer's cart and checkouts, filled in and ready to be completed."""

from typing import Any

from tests.house import ADDRESS, Shop

Token = dict[str, str]


async def cart_with(shop: Shop, lines: dict[str, int]) -> tuple[str, Token]:
    """A cart with these units, and its token."""
    cart = (await shop.call("POST", "/carts")).json()
    token = {"X_Holdfast_Token": cart["token"]}
    body = {"lines": [{"sku": sku, "quantity": n} for sku, n in lines.items()]}
    assert (await shop.call("POST", f"/carts/{cart['id']}/lines", body, **token)).status_code == 200
    return cart["id"], token


async def checkout_of(
    shop: Shop, cart_id: str, token: Token, method: str = "cash_on_delivery"
) -> tuple[str, Token]:
    """A checkout of the cart in which everything is filled in, and its token."""
    started = (await shop.call("POST", "/checkouts", {"cart_id": cart_id}, **token)).json()
    checkout_id, mine = started["checkout"]["id"], {**token, "X_Holdfast_Token": started["token"]}
    filled = {
        "email": "ada@example.com",
        "shipping_address": ADDRESS,
        "shipping_option": "collect",
        "payment_method": method,
    }
    assert (await shop.call("PATCH", f"/checkouts/{checkout_id}", filled, **mine)).status_code == 200
    return checkout_id, mine


async def units(shop: Shop, sku: str) -> tuple[int, int, int]:
    """(on hand, held, committed) of a SKU at the one location there is."""
    (row,) = await shop.fetch("SELECT on_hand, held, committed FROM stock WHERE sku = $1", sku)
    return row["on_hand"], row["held"], row["committed"]


async def states(shop: Shop) -> list[str]:
    """The states of all orders, oldest first."""
    return [row["state"] for row in await shop.fetch("SELECT state FROM orders ORDER BY id")]


async def lines(shop: Shop) -> list[dict[str, Any]]:
    """All hold lines with the orders that they are for, oldest hold first."""
    rows = await shop.fetch(
        """SELECT h.order_id, l.sku, l.quantity, l.state FROM hold_lines l JOIN holds h ON h.id = l.hold_id
           ORDER BY h.id, l.sku"""
    )
    return [dict(row) for row in rows]

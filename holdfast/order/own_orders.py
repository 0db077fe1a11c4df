"""What belongs to a customer: what they made while logged in, and guests' orders under their address.

A guest's order becomes theirs when they prove its address, by a predicate of the SQL and not by a copy.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from holdfast.db.queries import Connection, Do, Many, One, Queries, Transaction
from holdfast.order.list_orders import OrderSummary, SummaryRow, summary


class sql(Queries):
    cart: One[bool]
    checkout: One[bool]
    order: One[bool]
    page: Many[SummaryRow]
    claim: Do
    claim_unpaid: Do


_BY_PREFIX: Mapping[str, One[bool]] = MappingProxyType(
    {"crt": sql.cart, "chk": sql.checkout, "ord": sql.order}
)


async def owns(connection: Connection, *, user_id: str, owned_id: str) -> bool:
    """Whether a cart, checkout or order is this customer's."""
    look = _BY_PREFIX.get(owned_id.partition("_")[0])
    return look is not None and await look(connection, user_id=user_id, id=owned_id)


async def page_of_own(
    connection: Connection, *, user_id: str, before: str, rows_max: int
) -> list[OrderSummary]:
    """A customer's orders, newest first, those behind the cursor."""
    return [
        summary(row) for row in await sql.page(connection, user_id=user_id, before=before, rows_max=rows_max)
    ]


async def claim_orders(tx: Transaction, *, user_id: str) -> int:
    """Keep what was placed as a guest under a proved address that its owner gives up; how many orders."""
    return await sql.claim(tx, user_id=user_id)


async def claim_unpaid(tx: Transaction, *, user_id: str, cart_ids: Sequence[str]) -> int:
    """Make unpaid orders of a guest's carts, which are the customer's now, theirs; how many orders."""
    return await sql.claim_unpaid(tx, user_id=user_id, cart_ids=list(cart_ids))

"""More of a charge has gone back than came: what a provider gave as a refund, and a bank took besides.

Each of the two is recorded as it is told, since both are true. What has gone twice is the shop's to
claim, with the refund as its evidence, so a person is told until it is no longer so.
"""

from datetime import datetime

import msgspec

from holdfast.attention.matters import Kind, Matter, open_matters, settle_matters
from holdfast.db.queries import One, Queries, Transaction


class Twice(msgspec.Struct, frozen=True):
    """What went back beyond what came, in minor units, and whether a person has been told already."""

    order_id: str
    over_minor: int
    told: bool


class sql(Queries):
    over: One[Twice]


async def tell_of_money_given_twice(tx: Transaction, *, payment_id: str, source: str, at: datetime) -> None:
    """Open the matter of a locked payment of which too much went back, or end it where that is over."""
    found = await sql.over(tx, payment_id=payment_id)
    if found.over_minor > 0:
        detail = {"order_id": found.order_id, "over_minor": found.over_minor}
        await open_matters(tx, matters=[Matter(Kind.GIVEN_BACK_TWICE, payment_id, detail)], at=at)
    elif found.told:
        await settle_matters(
            tx, kind=Kind.GIVEN_BACK_TWICE, subjects=[payment_id], step="over", actor=source[:100], at=at
        )

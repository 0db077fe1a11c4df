"""Alerts: the staff learn once that little is left of a SKU, waiting buyers once that it is back.

Both are looked for by the timetable in sets, so that selling does not carry them.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast import ids, letters
from holdfast.db.queries import Connection, Do, Many, Maybe, One, Queries, Transaction
from holdfast.errors.request import NotFound, TooMany
from holdfast.jobs import Job, enqueue
from holdfast.letters import About, Wanted
from holdfast.limits import (
    ALERTS_OF_SKU_MAX,
    OWN_ALERTS_SHOWN_MAX,
    PAGE_ROWS_MAX,
    STOCK_PAGE_ROWS_MAX,
    SWEEP_ROWS_MAX,
)
from holdfast.stock.movements import read_available


class Level(msgspec.Struct, frozen=True):
    """A SKU whose alarm is not as its units are: it fell to its threshold, or rose above it."""

    sku: str
    low: bool


class Low(msgspec.Struct, frozen=True):
    """A SKU of which little is left: units that are not sold, over all places that are open."""

    sku: str
    units: int
    low_at: int
    below_since: datetime


class Alert(msgspec.Struct, frozen=True):
    """A buyer who is to be told, and of what."""

    id: str
    sku: str
    email: str
    slug: str
    name: str
    """Of the product."""


class OwnAlert(msgspec.Struct, frozen=True):
    """A SKU that somebody waits for."""

    id: str
    sku: str
    created_at: datetime


class sql(Queries):
    page_end: Maybe[str]
    levels: Many[Level]
    fell: Many[str]
    rose: Do
    low: Many[Low]
    buyable: Many[str]
    waiting: One[int]
    ask: Do
    of_user: Many[OwnAlert]
    drop_own: Do
    back: Many[str]
    mark_due: Many[str]
    find: Maybe[Alert]
    fallen: Many[Low]
    forget_told: Do
    stop: Do
    forget_before: Do


async def look_at_levels(
    connection: Connection, *, after: str, low_at: int
) -> tuple[str | None, list[Level]]:
    """Look at a page of SKUs behind ``after``; answers where it ends (None: there is none) and what crossed.

    What counts is what is not sold (on hand less committed): a hold that ends gives its units back, and
    would ring every few minutes.
    """
    last = await sql.page_end(connection, after=after, rows_max=STOCK_PAGE_ROWS_MAX)
    if last is None:
        return None, []
    return last, await sql.levels(connection, after=after, last=last, low_at=low_at)


async def record_levels(tx: Transaction, *, levels: Sequence[Level], at: datetime) -> list[str]:
    """Ring for SKUs that fell, once until they rose again; those that rose are armed again.

    Those that fell at one moment are one letter. Answers them.
    """
    fell = await sql.fell(tx, skus=[x.sku for x in levels if x.low], at=at)
    await sql.rose(tx, skus=[x.sku for x in levels if not x.low])
    if fell:
        await letters.ask(tx, [Wanted(About.LOW_STOCK, at.isoformat())], at=at)
    return fell


async def fallen(connection: Connection, *, below_since: datetime, low_at: int) -> list[Low]:
    """SKUs that became few at this very moment, and still are."""
    return await sql.fallen(connection, below_since=below_since, low_at=low_at, rows_max=PAGE_ROWS_MAX)


async def list_low(connection: Connection, *, low_at: int, after: str, rows_max: int) -> list[Low]:
    """SKUs of which little is left, behind the cursor."""
    return await sql.low(connection, low_at=low_at, after=after, rows_max=rows_max)


async def ask_to_be_told(tx: Transaction, *, sku: str, email: str, at: datetime) -> bool:
    """Tell a buyer once when the SKU can be had again; False: it can be had now, so nothing is kept.

    Asking twice is asking once. Raises NotFound for what is not for sale, TooMany.
    """
    if not await sql.buyable(tx, sku=sku):
        raise NotFound(kind="sku", id=sku)
    (row,) = await read_available(tx, skus=[sku], at=at)
    if row.available > 0 or not row.tracked:
        return False
    if await sql.waiting(tx, sku=sku, most=ALERTS_OF_SKU_MAX) >= ALERTS_OF_SKU_MAX:
        raise TooMany(what="alerts of one SKU", most=ALERTS_OF_SKU_MAX)
    await sql.ask(tx, id=ids.mint("alr"), sku=sku, email=email, at=at)
    return True


async def own_alerts(connection: Connection, *, user_id: str) -> list[OwnAlert]:
    """What somebody waits for under the address that they have proved, the newest first."""
    return await sql.of_user(connection, user_id=user_id, most=OWN_ALERTS_SHOWN_MAX)


async def drop_own(tx: Transaction, *, user_id: str, alert_id: str) -> None:
    """Wait no longer; raises NotFound, also for what somebody else waits for."""
    if not await sql.drop_own(tx, user_id=user_id, id=alert_id):
        raise NotFound(kind="alert", id=alert_id)


async def tell_waiting(tx: Transaction, *, at: datetime) -> None:
    """Have everybody told who waits for a SKU that can be had again."""
    await enqueue(tx, Job.BACK_IN_STOCK, await sql.back(tx, at=at, rows_max=SWEEP_ROWS_MAX))


async def mark_due(tx: Transaction, *, sku: str, at: datetime) -> int:
    """The letters of a SKU are due, unless it went again meanwhile; answers how many."""
    rows = await read_available(tx, skus=[sku], at=at)
    if not rows or (rows[0].tracked and rows[0].available <= 0):
        return 0
    due = await sql.mark_due(tx, sku=sku, at=at)
    await letters.ask(tx, [Wanted(About.BACK_IN_STOCK, alert_id) for alert_id in due], at=at)
    return len(due)


async def find_alert(connection: Connection, *, alert_id: str) -> Alert | None:
    """Whom to write to; None for who has had enough meanwhile."""
    return await sql.find(connection, id=alert_id)


async def forget_told(tx: Transaction) -> int:
    """Whoever was told is not told again, and their address is not kept."""
    return await sql.forget_told(tx, kind=About.BACK_IN_STOCK)


async def stop_alerts(tx: Transaction, *, email: str) -> int:
    """Somebody does not want to be told of anything any more."""
    return await sql.stop(tx, email=email)


async def forget_before(tx: Transaction, *, before: datetime) -> int:
    """Forget those who have waited for longer than anybody still wants to know."""
    return await sql.forget_before(tx, before=before)

"""The nightly chores, each in bounded sets of its own transactions: stopped anywhere, the next night goes on.

Several workers side by side do each thing once: what is found is looked at anew under its lock.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from holdfast.db.queries import Transaction
from holdfast.db.transaction import Database, read, transaction
from holdfast.limits import SWEEP_ROWS_MAX
from holdfast.retention import archive, papers
from holdfast.shop_settings.rules import ShopRules

_YEAR_DAYS = 366  # a leap year, so that nobody is forgotten too early


async def do_chores(database: Database, *, rules: ShopRules, at: datetime) -> dict[str, int]:
    """Everything that age does to data; by name, how much of it."""

    def before(days: int) -> datetime:
        return at - timedelta(days=days)

    return {
        "orders_archived": await _archive(database, before=before(rules.archive_after_days), at=at),
        "event_bodies_dropped": await _all(
            database, lambda tx: papers.drop_bodies(tx, before=before(rules.webhook_body_days))
        ),
        "invoices_without_buyer": await _all(
            database, lambda tx: papers.forget_buyers(tx, before=before(rules.invoice_years * _YEAR_DAYS))
        ),
        "job_log_lines_deleted": await _all(
            database, lambda tx: papers.forget_job_log(tx, before=before(rules.job_log_days))
        ),
    }


async def _archive(database: Database, *, before: datetime, at: datetime) -> int:
    """Page by page along the ids, since what stays open would be found again; how many."""

    async def next_page(after: str) -> list[str]:
        return await read(database, lambda c: archive.page_of_old(c, after=after, before=before))

    async def archive_page(page: list[str]) -> int:
        return await transaction(
            database, lambda tx: archive.archive(tx, order_ids=page, before=before, at=at)
        )

    done, page = 0, await next_page("")
    while page:
        done += await archive_page(page)
        page = await next_page(page[-1])
    return done


async def _all(database: Database, work: Callable[[Transaction], Awaitable[int]]) -> int:
    """Round by round, until one is not full."""
    done = count = await transaction(database, work)
    while count == SWEEP_ROWS_MAX:
        count = await transaction(database, work)
        done += count
    return done

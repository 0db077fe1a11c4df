"""What is kept for a time: bodies of provider events, buyers on invoices, the log of finished jobs.

The shop's processes may neither delete what money came in by nor change history, so two functions of the
owner do it for them (migration ``archive``), each within bounds that it holds itself.
"""

from datetime import datetime

from holdfast.db.queries import Do, One, Queries, Transaction
from holdfast.limits import SWEEP_ROWS_MAX


class sql(Queries):
    drop_bodies: One[int]
    forget_buyers: One[int]
    forget_job_log: Do


async def drop_bodies(tx: Transaction, *, before: datetime) -> int:
    """Drop the oldest bodies of events that were carried out, of those that came before then; how many."""
    return await sql.drop_bodies(tx, before=before, rows_max=SWEEP_ROWS_MAX)


async def forget_buyers(tx: Transaction, *, before: datetime) -> int:
    """Take the buyers out of invoices that were issued before then; how many."""
    return await sql.forget_buyers(tx, before=before, rows_max=SWEEP_ROWS_MAX)


async def forget_job_log(tx: Transaction, *, before: datetime) -> int:
    """Delete what the queue wrote down of jobs before then; how many lines."""
    return await sql.forget_job_log(tx, before=before, rows_max=SWEEP_ROWS_MAX)

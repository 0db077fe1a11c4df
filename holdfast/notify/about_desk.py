"""Letters to the staff, at the one address that the merchant has set: they hold ids, and no buyer's data."""

from datetime import datetime

from holdfast.attention.matters import find_matter
from holdfast.db.queries import Transaction
from holdfast.money import Money
from holdfast.notify.shop import Fill, Filled, Sender
from holdfast.refund.dispute import State as Dispute
from holdfast.refund.disputes import find_dispute
from holdfast.stock import alerts


async def low_stock(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
    """The SKUs that became few at this moment, unless there is more of them by now."""
    since = datetime.fromisoformat(subject)
    lows = await alerts.fallen(tx, below_since=since, low_at=sender.rules.low_stock_at)
    return Filled(sender.rules.desk_email, {"lows": lows}) if lows else None


async def matter(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
    """An urgent matter, unless somebody has resolved it."""
    found = await find_matter(tx, matter_id=subject)
    if found.resolved_at is not None:
        return None
    values = {
        "kind": found.kind.replace("_", " "),
        "subject": found.subject,
        "order_id": found.detail.get("order_id"),
        "since": sender.moment(found.opened_at),
    }
    return Filled(sender.rules.desk_email, values)


def dispute_in(state: Dispute) -> Fill:
    """A dispute, while it is in this state."""

    async def fill(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
        found = await find_dispute(tx, dispute_id=subject.partition("/")[0])
        if found.state != state:
            return None
        values = {
            "dispute": found,
            "amount": sender.money(Money(found.amount_minor, found.currency)),
            "due": sender.moment(found.due_at) if found.due_at else None,
        }
        return Filled(sender.rules.desk_email, values)

    return fill

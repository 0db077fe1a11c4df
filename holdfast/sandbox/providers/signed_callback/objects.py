"""What such a bank keeps (gateways.md §10); amounts are kept in minor units, told in major ones.

Objects are frozen: a change is a new one that takes the old one's place in the account.
"""

from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

Status = Literal["pending", "succeeded", "failed", "cancelled", "expired"]


class Payment(Struct, frozen=True, kw_only=True):
    """One amount to be paid before a moment."""

    id: str
    """The merchant's own `reference`."""
    transaction_id: str
    page: str
    """What its hosted page is found by, and all the authority that it asks for."""
    description: str
    asked: int
    """What is to be paid, in minor units."""
    amount: int
    """What was paid, in minor units; before that what is to be."""
    currency: str
    status: Status = "pending"
    reason: str = ""
    """Why it failed."""
    callback_url: str
    return_url: str
    proof: bool = False
    """The buyer was asked for a one-time code."""
    busy: bool = False
    """The buyer has done everything, and the bank is still at work."""
    created: int
    until: int
    ended: int = 0
    """When it was paid, failed, was cancelled or expired."""

    def shown(self) -> dict[str, str]:
        """As a query shows it, and a callback tells it."""
        told = {
            "transaction_id": self.transaction_id,
            "reference": self.id,
            "status": self.status,
            "amount": major(self.amount),
            "currency": self.currency,
            "paid_at": moment(self.ended) if self.status == "succeeded" else "",
            "reason": self.reason,
        }
        return {name: text for name, text in told.items() if text}


def major(minor: int) -> str:
    """An amount as it is written: 1250.00."""
    return f"{minor // 100}.{minor % 100:02}"


def moment(seconds: int) -> str:
    """Unix seconds as they are written: RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""What a TeleBirr account keeps (gateways.md §7); amounts are kept in minor units, told in major ones.

Objects are frozen: a change is a new one that takes the old one's place in the account.
"""

from datetime import datetime, timedelta, timezone
from typing import Literal

from msgspec import Struct

ADDIS_ABABA = timezone(timedelta(hours=3))

OrderStatus = Literal[
    "WAIT_PAY",
    "PAYING",
    "PAY_SUCCESS",
    "PAY_FAILED",
    "ORDER_CLOSED",
    "REFUNDING",
    "REFUND_SUCCESS",
    "REFUND_FAILED",
]
RefundStatus = Literal["REFUND_SUCCESS", "REFUNDING", "REFUND_FAILED"]

OPEN = ("WAIT_PAY", "PAYING")
PAID = ("PAY_SUCCESS", "REFUNDING", "REFUND_SUCCESS", "REFUND_FAILED")

TRADE_STATUS = {
    "PAYING": "Paying",
    "PAY_SUCCESS": "Completed",
    "PAY_FAILED": "Failure",
    "ORDER_CLOSED": "Expired",
}
"""What a notification calls the status of a query (§7.5)."""


class Token(Struct, frozen=True):
    """A fabric token (§7.2); its id is all of it, the word Bearer too."""

    id: str
    until: int


class Order(Struct, frozen=True, kw_only=True):
    """One amount to be paid before a moment (§7.3)."""

    id: str
    """The merchant's own number, `merch_order_id`."""
    prepay_id: str
    payment_order_id: str
    title: str
    asked: int
    """What is to be paid, in minor units."""
    amount: int
    """What was paid, in minor units; before that what is to be."""
    currency: str = "ETB"
    status: OrderStatus = "WAIT_PAY"
    trans_id: str = ""
    """The receipt's number, once it is paid."""
    notify_url: str
    redirect_url: str
    callback_info: str
    proof: bool = False
    """The buyer was asked for the PIN."""
    left: bool = False
    """The buyer went away from the page."""
    created: int
    until: int
    ended: int = 0
    """When it was paid, failed or closed."""

    def shown(self) -> dict[str, str]:
        """As a query shows it."""
        return {
            "merch_order_id": self.id,
            "order_status": self.status,
            "payment_order_id": self.payment_order_id,
            "trans_id": self.trans_id,
            "total_amount": major(self.amount),
            "trans_currency": self.currency,
            "trans_time": local_time(self.ended or self.created),
        }


class Refund(Struct, frozen=True, kw_only=True):
    """Money on its way back (§7.5)."""

    id: str
    """The merchant's own number, `refund_request_no`."""
    order: str
    refund_order_id: str
    amount: int
    currency: str
    reason: str
    status: RefundStatus
    created: int

    def shown(self) -> dict[str, str]:
        """As the answer to a refund shows it."""
        return {
            "merch_order_id": self.order,
            "refund_order_id": self.refund_order_id,
            "refund_amount": major(self.amount),
            "trans_currency": self.currency,
            "refund_status": self.status,
            "refund_time": local_time(self.created),
        }


def major(minor: int) -> str:
    """An amount as TeleBirr writes it: 1250.00."""
    return f"{minor // 100}.{minor % 100:02}"


def local_time(seconds: int) -> str:
    """Unix seconds as TeleBirr writes them: Addis Ababa's time, three hours ahead, all year round (§7.2)."""
    return datetime.fromtimestamp(seconds, ADDIS_ABABA).strftime("%Y%m%d%H%M%S")

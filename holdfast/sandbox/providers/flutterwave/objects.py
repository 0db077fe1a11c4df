"""What a Flutterwave account keeps, whichever of its two APIs asked for it (gateways.md §5).

Owns what is true; leaves how an API shows it to `v3/shown` and `v4/shown`. Amounts are minor units here.
Objects are frozen: a change is a new one that takes the old one's place in the account.
"""

from typing import Any, Literal

from msgspec import Struct

CHARGE = "chg_"
"""How the id of a v4 charge begins; every other bill is a hosted link of v3."""
CUSTOMER = "cus_"
"""How the id of a v4 customer begins."""

NextAction = Literal[
    "redirect_url",
    "payment_instruction",
    "requires_bank_transfer",
    "requires_pin",
    "requires_otp",
    "requires_additional_fields",
]


class Buyer(Struct, frozen=True, kw_only=True):
    """Who pays: a part of a v3 request, a customer with an id of its own in v4."""

    id: str
    email: str
    name: str = ""
    phone: str = ""
    meta: dict[str, Any] = {}
    created: int


class Method(Struct, frozen=True, kw_only=True):
    """How a v4 charge is paid."""

    id: str
    type: str
    details: dict[str, Any] = {}
    created: int


class Bill(Struct, frozen=True, kw_only=True):
    """What a buyer is asked to pay: a hosted link (v3), or a charge (v4)."""

    id: str
    reference: str
    """`tx_ref`, or `reference`."""
    amount: int
    currency: str
    redirect_url: str
    buyer: str
    title: str = ""
    meta: dict[str, Any] = {}
    tries_max: int = 0
    """After so many failed tries a link is closed; 0: never."""
    left: bool = False
    """The buyer has gone back without paying."""
    ended: bool = False
    """Nobody can pay it any more: its session is over, or the shop has disabled it."""
    method: str = ""
    next_action: NextAction = "redirect_url"
    issuer: str = "approved"
    """What the bank says once a v4 charge is authorised by the API: the scenario's word."""
    created: int

    @property
    def is_charge(self) -> bool:
        """A v4 charge is one try and ends with it; a v3 link has as many as it takes."""
        return self.id.startswith(CHARGE)


class Try(Struct, frozen=True, kw_only=True):
    """One try to pay: a v3 transaction with a number of its own; in v4 it has the charge's id."""

    id: str
    bill: str
    amount: int
    currency: str
    status: Literal["pending", "successful", "failed"] = "pending"
    phase: Literal["open", "proof", "processing"] = "open"
    """While it is pending: not begun, waiting for the buyer's proof, or for the bank."""
    outcome: str = ""
    """Why it ended so: a key of `outcomes.OUTCOMES`."""
    created: int


class Refund(Struct, frozen=True, kw_only=True):
    """Money on its way back; its status is in the words of the API that the payment belongs to."""

    id: str
    paid: str
    """The try that was successful."""
    amount: int
    currency: str
    comment: str = ""
    reason: str = "requested_by_customer"
    meta: dict[str, Any] = {}
    status: str
    created: int


class Chargeback(Struct, frozen=True, kw_only=True):
    """A payment that the buyer's bank asks back; nothing is told of it, it has to be asked for."""

    id: str
    paid: str
    amount: int
    currency: str
    status: Literal["initiated", "accepted", "declined", "won", "lost"] = "initiated"
    comment: str = "Product/service not received"
    created: int

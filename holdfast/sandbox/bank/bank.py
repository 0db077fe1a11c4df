"""A bank as the rest of the sandbox sees it: its routes, its payments, and what can be done to them.

Owns the words of the control API; leaves to each provider what they do.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, Literal, TypeAlias

from litestar import Router
from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import Books
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS, DeclineCode, Fault
from holdfast.sandbox.bank.hooks import Hooks

LATEST_MAX = 20
UNDELIVERED_SHOWN_MAX = 100

BUYER_VERBS = ("pay", "decline", "cancel", "three_d_secure", "three_d_secure_ok", "three_d_secure_fail")
"""What a buyer can do on the hosted page."""
BANK_VERBS = ("expire", "late_success", "refund", *DISPUTE_FAULTS)
"""What only time, the merchant's dashboard or the buyer's bank can do."""
REFUND_VERBS = ("succeed", "fail")
"""What can become of a refund; it may fail after it succeeded."""

Stage = Literal["open", "failed", "paid", "over"]
"""Open: can be paid. Failed: can be paid still, a try failed. Paid: at least authorised. Over: neither."""


class PaymentRow(Struct, frozen=True, kw_only=True):
    """One payment, in words that all banks share."""

    bank: str
    id: str
    amount: int
    """In minor units."""
    currency: str
    status: str
    """In the provider's own word."""
    stage: Stage
    description: str
    page: str
    """Where the buyer pays it."""
    created: int


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """How something is to be done; what does not apply is ignored."""

    code: DeclineCode = "card_declined"
    """For decline: why."""
    amount: Annotated[int, Meta(ge=1)] | None = None
    """For refund: how much, in minor units; none: all that is left."""


class NoSuchThingError(LookupError):
    """No bank knows this id, or this verb."""


class NotNowError(ValueError):
    """The thing is in a state that does not allow this."""


Verb: TypeAlias = Callable[[str, Told], Any]
"""Does something to the payment or refund with this id; answers it as the API shows it, or raises
NotNowError."""


class Bank(Struct, frozen=True, kw_only=True, eq=False):
    """Everything that the sandbox needs of one provider's stand-in."""

    name: str
    title: str
    """The provider's name as people write it."""
    books: Books
    hooks: Hooks
    account: object
    """What its own routes work on; they find it in the application's `opt` under the bank's name."""
    routers: Sequence[Router]
    """Its API and hosted page, below its base URL."""
    payments: Callable[[], Iterable[str]]
    """The ids of its payments, newest first."""
    row: Callable[[str], PaymentRow | None]
    """The payment that an id names: its own, or one that the merchant gave it."""
    verbs: Mapping[str, Verb]
    """Of BUYER_VERBS and BANK_VERBS those that this provider knows."""
    refunds: dict[str, Any]
    refund_verbs: Mapping[str, Verb]

    def knows(self, thing_id: str) -> bool:
        """Whether a payment, refund or event with this id is its own."""
        return thing_id in self.refunds or thing_id in self.books.notices or self.row(thing_id) is not None

    def payment(self, thing_id: str) -> PaymentRow:
        """The payment with this id; raises NoSuchThingError."""
        row = self.row(thing_id)
        if row is None:
            raise NoSuchThingError(f"{self.title} has no payment {thing_id}")
        return row

    def act(self, thing_id: str, verb: str, told: Told) -> Any:
        """What a buyer or a bank can do to a payment or a refund."""
        refund = thing_id in self.refunds
        verbs = self.refund_verbs if refund else self.verbs
        if verb not in verbs:
            raise NoSuchThingError(f"nothing can {verb} at {self.title}; it knows {', '.join(verbs)}")
        return verbs[verb](thing_id if refund else self.payment(thing_id).id, told)

    def arm(self, fault: Fault) -> bool:
        """Arm a fault; one whose payment is past that moment strikes at once, and true is answered."""
        if fault.payment is not None:
            row = self.payment(fault.payment)
            if _is_due(fault, row.stage):
                self.act(row.id, fault.kind, Told())
                return True
            fault = replace(fault, payment=row.id)
        self.books.faults.arm(fault)
        return False

    def resend(self, event_id: str) -> None:
        """Deliver an event once more; raises NoSuchThingError."""
        notice = self.books.notices.get(event_id)
        if notice is None:
            raise NoSuchThingError(f"{event_id} is not an event")
        self.hooks.resend(notice)

    def latest(self, limit: int) -> list[PaymentRow]:
        """Its last payments, newest first."""
        return [self.payment(payment) for payment in islice(self.payments(), limit)]

    def state(self) -> dict[str, object]:
        """Settings, counts, faults, last payments and refunds, and what has not been delivered."""
        notices = self.books.notices.values()
        undelivered = (
            notice.id for notice in notices if self.hooks.fate(notice) in ("pending", "dropped", "given_up")
        )
        return {
            "base_url": self.books.base_url,
            "settings": self.books.settings,
            "payments_by_status": Counter(self.payment(payment).status for payment in self.payments()),
            "refunds": len(self.refunds),
            "events_by_fate": self.hooks.fates(),
            "deliveries_waiting": self.hooks.waiting,
            "faults": self.books.faults.armed,
            "latest_payments": self.latest(LATEST_MAX),
            "latest_refunds": [self.refunds[refund] for refund in islice(reversed(self.refunds), LATEST_MAX)],
            "undelivered_events": list(islice(undelivered, UNDELIVERED_SHOWN_MAX)),
            "verbs": {"payments": list(self.verbs), "refunds": list(self.refund_verbs)},
        }


def _is_due(fault: Fault, stage: Stage) -> bool:
    if fault.kind in DISPUTE_FAULTS:
        return stage == "paid"
    return fault.kind == "late_success" and stage in ("failed", "over")

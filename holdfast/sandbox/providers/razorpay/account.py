"""One Razorpay account: what it keeps, how its ids look, and how it signs what it tells (§3.3, §3.7)."""

import hashlib
import hmac
import secrets
import string
from collections.abc import Mapping
from typing import Any

from msgspec import Raw, Struct

from holdfast.sandbox.bank.books import Books, House, Notice, seconds
from holdfast.sandbox.bank.gate import encode
from holdfast.sandbox.bank.hooks import Forgery, Habits, Hooks, doubling
from holdfast.sandbox.providers.razorpay.objects import (
    Dispute,
    Order,
    Payment,
    PaymentLink,
    Refund,
    Shown,
    Terms,
    Visit,
)

BANK = "razorpay"
KEYS = {
    "key_id": "rzp_test_holdfastSandbox",
    "key_secret": "holdfast_sandbox_key_secret",
    "webhook_secret": "holdfast_sandbox_webhook_secret",
}
ACCOUNT_ID = "acc_HoldfastSandbx"
ID_CHARS = 14
ALPHABET = string.ascii_letters + string.digits
DAY_SECONDS = 86_400
NAMES: Mapping[type[Any], str] = {
    Order: "order",
    Payment: "payment",
    PaymentLink: "payment_link",
    Refund: "refund",
    Dispute: "dispute",
}
"""What the parts of an event's payload are called."""


class Entity(Struct, frozen=True):
    """One part of an event's payload."""

    entity: Shown


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened (§3.7); its id is only in a header."""

    entity: str = "event"
    account_id: str = ACCOUNT_ID
    event: str
    contains: tuple[str, ...]
    payload: Mapping[str, Entity]
    created_at: int


class Account:
    """The state of one account, restored from the journal; all changes happen on one event loop."""

    def __init__(self, house: House) -> None:
        """Start empty; the books bring back what the journal holds."""
        kinds = (Order, Terms, Visit, Payment, PaymentLink, Refund, Dispute)
        self.books = Books(house, bank=BANK, keys=KEYS, kinds=kinds, placed=self._index)
        self.settings = self.books.settings
        self.hooks = Hooks(
            self.books,
            Habits(
                gaps_seconds=doubling(30, within_seconds=DAY_SECONDS),  # growing gaps for 24 h
                patience_seconds=5,
                sign=self._sign,
            ),
        )
        self.base_url = self.books.base_url
        self.faults = self.books.faults
        self.save = self.books.save
        self.later = self.books.later
        self.orders = self.books.table(Order)
        self.terms = self.books.table(Terms)
        self.visits = self.books.table(Visit)
        self.payments = self.books.table(Payment)
        self.links = self.books.table(PaymentLink)
        self.refunds = self.books.table(Refund)
        self.disputes = self.books.table(Dispute)
        self._payments_of: dict[str, dict[str, None]] = {}  # dicts as sets that keep their order
        self._refunds_of: dict[str, dict[str, None]] = {}
        self._orders_with: dict[str, str] = {}

    def _index(self, thing: Any) -> None:
        match thing:
            case Payment():
                self._payments_of.setdefault(thing.order_id, {})[thing.id] = None
            case Refund():
                self._refunds_of.setdefault(thing.payment_id, {})[thing.id] = None
            case Order(receipt=str(receipt)):
                self._orders_with[receipt] = thing.id

    def payments_of(self, order: str) -> list[Payment]:
        """The tries to pay an order, oldest first."""
        return [self.payments[payment] for payment in self._payments_of.get(order, ())]

    def refunds_of(self, payment: str) -> list[Refund]:
        """The refunds of a payment, oldest first."""
        return [self.refunds[refund] for refund in self._refunds_of.get(payment, ())]

    def order_of(self, thing_id: str) -> str | None:
        """The order that an id means: its own, its receipt's, a payment's, link's or refund's of it."""
        if thing_id in self.refunds:
            thing_id = self.refunds[thing_id].payment_id
        if thing_id in self.payments:
            return self.payments[thing_id].order_id
        if thing_id in self.links:
            return self.links[thing_id].order_id
        return thing_id if thing_id in self.orders else self._orders_with.get(thing_id)

    def sign_text(self, text: str) -> str:
        """The signature of what a buyer's browser brings back: HMAC-SHA256 under the key's secret."""
        return _hmac(self.settings.keys["key_secret"], text.encode())

    def tell(self, kind: str, order: str, *things: Shown) -> None:
        """Keep and send an event about these things as they are now."""
        now = seconds()
        event = Event(
            event=kind,
            contains=tuple(NAMES[type(thing)] for thing in things),
            payload={NAMES[type(thing)]: Entity(thing) for thing in things},
            created_at=now,
        )
        self.hooks.tell(
            Notice(
                id=new_id("evt"),
                kind=kind,
                payment=order,
                created=now,
                body=Raw(encode(event)),
                wanted=self.hooks.wants(kind),
            )
        )

    def _sign(self, notice: Notice, forgery: Forgery | None) -> Mapping[str, str]:
        """No time is signed, so that a stale event is no different from a fresh one."""
        secret = self.settings.keys["webhook_secret"]
        secret += "_another" if forgery == "webhook_wrong_secret" else ""
        return {
            "User-Agent": "Razorpay-Webhook/v1 (holdfast sandbox)",
            "X-Razorpay-Signature": _hmac(secret, bytes(notice.body)),
            "X-Razorpay-Event-Id": notice.id,
        }


def new_id(prefix: str) -> str:
    """An id of Razorpay's length that nobody can guess."""
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(ID_CHARS))}"


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()

"""One Stripe account: every object it keeps, and how it signs what it tells (gateways.md §2.6).

Leaves what may become what to `intents`, `charges` and `refunds`, and what is told of it to `events`.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from holdfast.sandbox.bank.books import Books, House, Kept, Notice, seconds
from holdfast.sandbox.bank.faults import Fault, FaultKind
from holdfast.sandbox.bank.hooks import STALE_SECONDS, Forgery, Habits, Hooks, doubling
from holdfast.sandbox.config import Settings
from holdfast.sandbox.providers.stripe.objects import (
    Charge,
    CheckoutSession,
    Dispute,
    EventRequest,
    IntentPlan,
    PaymentIntent,
    Refund,
    ReturnUrl,
)

BANK = "stripe"
THREE_DAYS_SECONDS = 3 * 86_400
KEYS = {
    "secret_key": "sk_test_holdfast_sandbox",
    "webhook_secret": "whsec_holdfast_sandbox",
}


class Account:
    """The state of one account, restored from the journal; all changes happen on one event loop."""

    def __init__(self, house: House) -> None:
        """Start empty; the books bring back what the journal holds."""
        self.books = Books(
            house,
            bank=BANK,
            keys=KEYS,
            kinds=(PaymentIntent, CheckoutSession, IntentPlan, Charge, Refund, Dispute, ReturnUrl),
            placed=self._index,
        )
        self.hooks = Hooks(self.books, _habits(self.books.settings))
        self.base_url = self.books.base_url
        self.settings = self.books.settings
        self.faults = self.books.faults
        self.later = self.books.later
        self.intents = self.books.table(PaymentIntent)
        self.sessions = self.books.table(CheckoutSession)
        self.plans = self.books.table(IntentPlan)
        self.charges = self.books.table(Charge)
        self.refunds = self.books.table(Refund)
        self.disputes = self.books.table(Dispute)
        self.return_urls = self.books.table(ReturnUrl)
        self.cause = EventRequest()
        """The API call whose effects are being written down."""
        self.follow: Callable[[PaymentIntent], None] = lambda _: None
        """Told of every intent that has changed."""
        self.payments: dict[str, None] = {}
        """What a merchant has made, oldest first: sessions, and intents that belong to none."""
        self._session_of: dict[str, str] = {}
        self._refunds_of: dict[str, dict[str, None]] = {}  # dicts as sets that keep their order
        self._intents_with: dict[tuple[str, str], dict[str, None]] = {}

    def _index(self, thing: Any) -> None:
        match thing:
            case CheckoutSession():
                self.payments[thing.id] = None
                if thing.payment_intent is not None:
                    self._session_of[thing.payment_intent] = thing.id
            case PaymentIntent():
                self.payments[self.payment_of(thing.id)] = None
                for pair in thing.metadata.items():
                    self._intents_with.setdefault(pair, {})[thing.id] = None
            case Refund():
                self._refunds_of.setdefault(thing.payment_intent, {})[thing.id] = None

    def save(self, thing: Kept) -> Kept:
        """Keep an object, in place of an older one with its id."""
        self.books.save(thing)
        if isinstance(thing, PaymentIntent):
            self.follow(thing)
        return thing

    def payment_of(self, intent: str) -> str:
        """The payment that an intent belongs to: its session where it has one, or itself."""
        return self._session_of.get(intent, intent)

    def struck(self, kind: FaultKind, intent: str) -> Fault | None:
        """The fault of this kind that strikes the payment of an intent now."""
        return self.faults.take(kind, self.payment_of(intent))

    def page(self, intent: PaymentIntent) -> str:
        """Where the buyer pays it."""
        payment = self.payment_of(intent.id)
        if payment in self.sessions:
            return f"{self.base_url}/c/pay/{payment}"
        return f"{self.base_url}/pay/{payment}?client_secret={intent.client_secret}"

    def refunds_of(self, payment: str) -> list[Refund]:
        """The refunds of one intent, oldest first."""
        return [self.refunds[refund] for refund in self._refunds_of.get(payment, ())]

    def dispute_of(self, charge: str) -> Dispute | None:
        """The dispute about a charge."""
        return next((dispute for dispute in self.disputes.values() if dispute.charge == charge), None)

    def intents_with(self, key: str, value: str) -> list[PaymentIntent]:
        """The intents whose metadata has this pair now, newest first."""
        bearers = [self.intents[intent] for intent in self._intents_with.get((key, value), ())]
        return [intent for intent in reversed(bearers) if intent.metadata.get(key) == value]


def _habits(settings: Settings) -> Habits:
    """Up to three days with growing gaps; how fast they grow is not published."""

    def sign(notice: Notice, forgery: Forgery | None) -> Mapping[str, str]:
        secret = settings.keys["webhook_secret"] + ("_another" if forgery == "webhook_wrong_secret" else "")
        timestamp = seconds() - (STALE_SECONDS if forgery == "webhook_stale" else 0)
        return {
            "User-Agent": "Stripe/1.0 (holdfast sandbox)",
            "Stripe-Signature": signature(secret, bytes(notice.body), timestamp),
        }

    return Habits(
        gaps_seconds=doubling(10, within_seconds=THREE_DAYS_SECONDS),
        patience_seconds=20,  # §12.11
        sign=sign,
    )


def signature(secret: str, body: bytes, timestamp: int) -> str:
    """The value of Stripe-Signature: HMAC-SHA256 over `t.body` under the whole secret."""
    digest = hmac.new(secret.encode(), b"%d.%s" % (timestamp, body), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"

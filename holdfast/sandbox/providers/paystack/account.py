"""One Paystack account: what it keeps, and how it signs what it tells (gateways.md §4.6)."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Raw

from holdfast.sandbox.bank.books import Books, House, Notice, new_id, seconds
from holdfast.sandbox.bank.gate import encode
from holdfast.sandbox.bank.hooks import Forgery, Habits, Hooks
from holdfast.sandbox.providers.paystack.objects import Dispute, Hold, Refund, Shown, Transaction

BANK = "paystack"
KEYS = {"secret_key": "sk_test_holdfast_sandbox"}
"""There is no webhook secret: the key signs (§4.6)."""
LEAST_NUMBER = 2**53 + 1
GAPS_SECONDS = (*(180.0,) * 4, *(3_600.0,) * 72)
"""Live: every 3 minutes for the first 4 tries, then hourly for 72 h (§4.6)."""


class Account:
    """The state of one account, restored from the journal; all changes happen on one event loop."""

    def __init__(self, house: House) -> None:
        """Start empty; the books bring back what the journal holds."""
        kinds = (Transaction, Hold, Refund, Dispute)
        self.books = Books(house, bank=BANK, keys=KEYS, kinds=kinds, placed=self._index)
        self.settings = self.books.settings
        habits = Habits(gaps_seconds=GAPS_SECONDS, patience_seconds=30, accepts=(200,), sign=self._sign)
        self.hooks = Hooks(self.books, habits)
        self.base_url = self.books.base_url
        self.faults = self.books.faults
        self.save = self.books.save
        self.later = self.books.later
        self.transactions = self.books.table(Transaction)
        self.holds = self.books.table(Hold)
        self.refunds = self.books.table(Refund)
        self.disputes = self.books.table(Dispute)
        self._references: dict[str, str] = {}
        self._refunds_of: dict[str, dict[str, None]] = {}  # dicts as sets that keep their order

    def _index(self, thing: Any) -> None:
        match thing:
            case Transaction() | Hold():
                self._references[thing.access_code] = self._references[str(thing.number)] = thing.id
            case Refund():
                self._refunds_of.setdefault(thing.reference, {})[thing.id] = None

    @property
    def domain(self) -> Literal["test", "live"]:
        """Whether the key is for tests."""
        return "test" if self.settings.keys["secret_key"].startswith("sk_test_") else "live"

    def reference_of(self, thing_id: str) -> str:
        """The reference that an id means: itself, a transaction's number or access code, a refund's."""
        if thing_id in self.refunds:
            return self.refunds[thing_id].reference
        return self._references.get(thing_id, thing_id)

    def refunds_of(self, reference: str) -> list[Refund]:
        """The refunds of a transaction, oldest first."""
        return [self.refunds[refund] for refund in self._refunds_of.get(reference, ())]

    def dispute_of(self, reference: str) -> Dispute | None:
        """The dispute about a transaction."""
        return next((case for case in self.disputes.values() if case.reference == reference), None)

    def tell(self, kind: str, reference: str, data: Shown) -> None:
        """Keep and send an event; it has no id, and nothing says when it was made."""
        self.hooks.tell(
            Notice(
                id=new_id("evt"),
                kind=kind,
                payment=reference,
                created=seconds(),
                body=Raw(encode({"event": kind, "data": data})),
                wanted=self.hooks.wants(kind),
            )
        )

    def _sign(self, notice: Notice, forgery: Forgery | None) -> Mapping[str, str]:
        """No time is signed, so that a stale event is no different from a fresh one."""
        key = self.settings.keys["secret_key"] + ("_another" if forgery == "webhook_wrong_secret" else "")
        return {
            "User-Agent": "Paystack/2.0 (holdfast sandbox)",
            "x-paystack-signature": signature(key, bytes(notice.body)),
        }


def signature(key: str, body: bytes) -> str:
    """Lower-case hex of HMAC-SHA512 over the raw body under the API's secret key."""
    return hmac.new(key.encode(), body, hashlib.sha512).hexdigest()


def new_number() -> int:
    """An id larger than a double can tell apart."""
    return LEAST_NUMBER + secrets.randbelow(2**40)

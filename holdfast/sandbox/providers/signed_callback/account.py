"""One merchant's account at such a bank: what it keeps, and how it signs what it tells (gateways.md §10)."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from msgspec import Raw, Struct

from holdfast.sandbox.bank.books import Books, House, Notice, new_id, seconds
from holdfast.sandbox.bank.gate import encode
from holdfast.sandbox.bank.hooks import STALE_SECONDS, Forgery, Habits, Hooks
from holdfast.sandbox.providers.signed_callback.objects import Payment

PATIENCE_SECONDS = 15
GAPS_SECONDS = (15.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 10_800.0, 21_600.0)
"""The convention names no timetable; that of many a bank stands in for it."""


class Brand(Struct, frozen=True, kw_only=True):
    """Which bank it is, and what tells it from the others."""

    name: str
    title: str
    """As people write it."""
    header: str
    """How the names of its headers begin."""

    @property
    def keys(self) -> dict[str, str]:
        """The credentials, and how the account is set up.

        `signature` may be plain: without a time; with a `hashing_key` requests are to be signed by it
        (§8); `query` may be off: the bank cannot be asked how a payment stands.
        """
        return {
            "api_key": f"{self.name}_test_holdfast_sandbox",
            "webhook_secret": f"{self.name}_secret_holdfast_sandbox",
            "signature": "timestamped",
            "hashing_key": "",
            "query": "on",
        }


CBE_BIRR = Brand(name="cbe_birr", title="CBE Birr", header="X-CBEBirr")
AWASH = Brand(name="awash", title="Awash Bank", header="X-Awash")


class Account:
    """The state of one account, restored from the journal; all changes happen on one event loop."""

    def __init__(self, house: House, brand: Brand) -> None:
        """Start empty; the books bring back what the journal holds."""
        self.brand = brand
        self.books = Books(house, bank=brand.name, keys=brand.keys, kinds=(Payment,), placed=self._index)
        self.settings = self.books.settings
        habits = Habits(
            gaps_seconds=GAPS_SECONDS,
            patience_seconds=PATIENCE_SECONDS,
            sign=self._sign,
            tampered=(b'"amount":"', b'"amount":"9'),
        )
        self.hooks = Hooks(self.books, habits)
        self.faults = self.books.faults
        self.save = self.books.save
        self.later = self.books.later
        self.payments = self.books.table(Payment)
        self._references: dict[str, str] = {}

    def _index(self, thing: Any) -> None:
        if isinstance(thing, Payment):
            self._references[thing.transaction_id] = self._references[thing.page] = thing.id

    @property
    def keys(self) -> Mapping[str, str]:
        """The credentials as they are now."""
        return self.settings.keys

    def reference_of(self, thing_id: str) -> str:
        """The merchant's reference that an id means: itself, the bank's own, that of the page."""
        return self._references.get(thing_id, thing_id)

    def page_of(self, payment: Payment) -> str:
        """Where the buyer pays."""
        return f"{self.books.base_url}/pay/{payment.page}"

    def tell(self, payment: Payment) -> None:
        """Keep and send an event about a payment as it is now, to the address that came with it."""
        event_id, kind = new_id("evt"), f"payment.{payment.status}"
        self.hooks.tell(
            Notice(
                id=event_id,
                kind=kind,
                payment=payment.id,
                created=seconds(),
                body=Raw(encode({"event_id": event_id, "event": kind, **payment.shown()})),
                wanted=self.hooks.wants(kind, payment.callback_url),
                url=payment.callback_url,
            )
        )

    def _sign(self, notice: Notice, forgery: Forgery | None) -> Mapping[str, str]:
        """The headers of one try: the plain form, or the stronger one with its time."""
        secret = self.keys["webhook_secret"] + ("_another" if forgery == "webhook_wrong_secret" else "")
        headers = {"User-Agent": f"{self.brand.title} (holdfast sandbox)"}
        body = bytes(notice.body)
        if self.keys["signature"] == "plain":
            return headers | {f"{self.brand.header}-Signature": signature(secret, body)}
        signed_at = str(seconds() - (STALE_SECONDS if forgery == "webhook_stale" else 0))
        return headers | {
            f"{self.brand.header}-Timestamp": signed_at,
            f"{self.brand.header}-Signature": signature(secret, f"{signed_at}.".encode() + body),
        }


def signature(secret: str, message: bytes) -> str:
    """Lower-case hex of HMAC-SHA256."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def request_signature(hashing_key: str, fields: Mapping[str, Any]) -> str:
    """What a request to CBE Birr Plus is signed with: a plain hash, the key among its fields (§8)."""
    signed = {name: value for name, value in fields.items() if name != "signature"} | {"key": hashing_key}
    text = "&".join(f"{name}={signed[name]}" for name in sorted(signed))
    return hashlib.sha256(text.encode()).hexdigest()


def new_transaction() -> str:
    """A number as banks write them on a receipt."""
    return f"FT{secrets.randbelow(10**12):012}"

"""One PayPal account: what it keeps, its tokens, and how it tells of things (gateways.md §6.1, §6.6)."""

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from holdfast.sandbox.bank.books import Books, House, Notice, seconds
from holdfast.sandbox.bank.gate import encode
from holdfast.sandbox.bank.hooks import STALE_SECONDS, Forgery, Habits, Hooks
from holdfast.sandbox.providers.paypal import certificates
from holdfast.sandbox.providers.paypal.objects import Capture, Dispute, Hold, Order, Refund, moment, new_id

BANK = "paypal"
KEYS = {
    "client_id": "holdfast-sandbox-client",
    "client_secret": "holdfast-sandbox-client-secret",
    "webhook_id": "8PT597110X687430LKGECATA",
    "token_key": "holdfast_sandbox_token_key",
}
"""A new `token_key` ends every access token at once."""
TOKEN_SECONDS = 32_400
TRIES = 25
FIRST_GAP_SECONDS, GROWTH = 20.0, 1.43
GAPS_SECONDS = tuple(FIRST_GAP_SECONDS * GROWTH**tried for tried in range(TRIES - 1))
"""25 tries over 3 days (§6.6); how they are spread nobody tells."""
PATIENCE_SECONDS = 30
CERTS_PATH = "/v1/notifications/certs"


class Account:
    """The state of one account, restored from the journal; all changes happen on one event loop."""

    def __init__(self, house: House) -> None:
        """Start empty; the books bring back what the journal holds."""
        kinds = (Order, Hold, Capture, Refund, Dispute)
        self.books = Books(house, bank=BANK, keys=KEYS, kinds=kinds, placed=self._index)
        self.settings = self.books.settings
        habits = Habits(
            gaps_seconds=GAPS_SECONDS,
            patience_seconds=PATIENCE_SECONDS,
            sign=self._sign,
            tampered=(b'"value":"', b'"value":"9'),
        )
        self.hooks = Hooks(self.books, habits)
        self.base_url = self.books.base_url
        self.faults = self.books.faults
        self.save = self.books.save
        self.later = self.books.later
        self.orders = self.books.table(Order)
        self.holds = self.books.table(Hold)
        self.captures = self.books.table(Capture)
        self.refunds = self.books.table(Refund)
        self.disputes = self.books.table(Dispute)
        self._of: dict[str, dict[str, None]] = {}  # dicts as sets that keep their order
        self._numbered: dict[str, str] = {}
        self._spent: dict[str, str] = {}

    def _index(self, thing: Any) -> None:
        match thing:
            case Order():
                for number in (thing.custom_id, thing.invoice_id):
                    if number:
                        self._numbered[number] = thing.id
            case Hold() | Capture():
                self._of.setdefault(thing.order, {})[thing.id] = None
                self._spent.setdefault(self.orders[thing.order].invoice_id, thing.order)
            case Refund() | Dispute():
                self._of.setdefault(thing.capture, {})[thing.id] = None

    def order_of(self, thing_id: str) -> str | None:
        """The order that an id means: its own, the merchant's, or that of anything that hangs on it."""
        refund = self.refunds.get(thing_id) or self.disputes.get(thing_id)
        below = self.captures.get(refund.capture if refund else thing_id) or self.holds.get(thing_id)
        if below is not None:
            return below.order
        return thing_id if thing_id in self.orders else self._numbered.get(thing_id)

    def hold_of(self, order: str) -> Hold | None:
        """What was set aside of an order."""
        return next((self.holds[one] for one in self._of.get(order, ()) if one in self.holds), None)

    def captures_of(self, order: str) -> list[Capture]:
        """What was taken of an order, oldest first."""
        return [self.captures[one] for one in self._of.get(order, ()) if one in self.captures]

    def refunds_of(self, capture: str) -> list[Refund]:
        """What was given back of a capture, oldest first."""
        return [self.refunds[one] for one in self._of.get(capture, ()) if one in self.refunds]

    def dispute_of(self, capture: str) -> Dispute | None:
        """The dispute about a capture."""
        return next((self.disputes[one] for one in self._of.get(capture, ()) if one in self.disputes), None)

    def is_spent(self, invoice_id: str, order: str) -> bool:
        """Whether another order with this invoice id has been paid."""
        return bool(invoice_id) and self._spent.get(invoice_id, order) != order

    @property
    def cert_url(self) -> str:
        """Where the certificate is served that signs the webhooks."""
        return f"{self.base_url}{CERTS_PATH}/{certificates.CERTIFICATE_ID}"

    def tell(self, kind: str, order: str, resource_type: str, resource: Any, summary: str) -> None:
        """Keep and send an event."""
        event, now = f"WH-{new_id()}-{new_id()}", seconds()
        body = {
            "id": event,
            "event_version": "1.0",
            "create_time": moment(now),
            "resource_type": resource_type,
            "resource_version": "2.0",
            "event_type": kind,
            "summary": summary,
            "resource": resource,
            "links": [
                {
                    "href": f"{self.base_url}/v1/notifications/webhooks-events/{event}",
                    "rel": "self",
                    "method": "GET",
                }
            ],
        }
        self.hooks.tell(
            Notice(
                id=event,
                kind=kind,
                payment=order,
                created=now,
                body=Raw(encode(body)),
                wanted=self.hooks.wants(kind),
            )
        )

    def _sign(self, notice: Notice, forgery: Forgery | None) -> Mapping[str, str]:
        """What is wrongly signed is signed for another webhook: PayPal has one certificate for all."""
        transmission = str(uuid.uuid4())
        time = moment(seconds() - (STALE_SECONDS if forgery == "webhook_stale" else 0))
        webhook = self.settings.keys["webhook_id"] + ("ANOTHER" if forgery == "webhook_wrong_secret" else "")
        signature = certificates.sign(
            transmission=transmission, time=time, webhook=webhook, body=bytes(notice.body)
        )
        return {
            "User-Agent": "PayPal/holdfast-sandbox",
            "PAYPAL-TRANSMISSION-ID": transmission,
            "PAYPAL-TRANSMISSION-TIME": time,
            "PAYPAL-TRANSMISSION-SIG": signature,
            "PAYPAL-CERT-URL": self.cert_url,
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "PAYPAL-AUTH-VERSION": "v2",
        }

    def new_token(self) -> str:
        """An access token that knows its own end."""
        until = str(seconds() + TOKEN_SECONDS)
        return f"A21AA{until}.{self._seal(until)}"

    def is_good(self, given: str) -> bool:
        """Whether an access token was made here, under the present key, and has not ended."""
        until, _, seal = given.removeprefix("A21AA").partition(".")
        sealed = hmac.compare_digest(seal.encode(), self._seal(until).encode())
        return sealed and until.isdecimal() and int(until) > seconds()

    def _seal(self, text: str) -> str:
        return hmac.new(self.settings.keys["token_key"].encode(), text.encode(), hashlib.sha256).hexdigest()

"""One Flutterwave account: what it keeps, how its ids look, and how it signs what it tells (§5.1, §5.2)."""

import base64
import hashlib
import hmac
import secrets
import string
import time
from collections.abc import Mapping
from typing import Any

from msgspec import Raw, Struct

from holdfast.sandbox.bank.books import Books, House, Notice, seconds
from holdfast.sandbox.bank.gate import encode
from holdfast.sandbox.bank.hooks import Forgery, Habits, Hooks
from holdfast.sandbox.providers.flutterwave.objects import (
    CHARGE,
    CUSTOMER,
    Bill,
    Buyer,
    Chargeback,
    Method,
    Refund,
    Try,
)

BANK = "flutterwave"
KEYS = {
    "secret_key": "FLWSECK_TEST-holdfastsandbox00000000000000000-X",
    "client_id": "00000000-0000-4000-8000-holdfastsand",
    "client_secret": "holdfastSandboxClientSecret",
    "secret_hash": "holdfast_sandbox_secret_hash",
    "token_key": "holdfast_sandbox_token_key",
}
"""A new `token_key` ends every access token of v4 at once."""
RETRY_GAP_SECONDS = 30 * 60
RETRIES = 3
PATIENCE_SECONDS = 60
TOKEN_SECONDS = 600
CHARS = string.ascii_letters + string.digits


class Event(Struct, frozen=True, kw_only=True):
    """A v4 webhook (§5.2)."""

    webhook_id: str
    timestamp: int
    type: str
    data: Any


class Account:
    """The state of one account, restored from the journal; all changes happen on one event loop."""

    def __init__(self, house: House) -> None:
        """Start empty; the books bring back what the journal holds."""
        kinds = (Buyer, Method, Bill, Try, Refund, Chargeback)
        self.books = Books(house, bank=BANK, keys=KEYS, kinds=kinds, placed=self._index)
        self.settings = self.books.settings
        self.hooks = Hooks(
            self.books,
            Habits(
                gaps_seconds=(RETRY_GAP_SECONDS,) * RETRIES,
                patience_seconds=PATIENCE_SECONDS,
                accepts={200},
                sign=self._sign,
            ),
        )
        self.base_url = self.books.base_url
        self.faults = self.books.faults
        self.save = self.books.save
        self.later = self.books.later
        self.buyers = self.books.table(Buyer)
        self.methods = self.books.table(Method)
        self.bills = self.books.table(Bill)
        self.tries = self.books.table(Try)
        self.refunds = self.books.table(Refund)
        self.chargebacks = self.books.table(Chargeback)
        self._tries_of: dict[str, dict[str, None]] = {}  # dicts as sets that keep their order
        self._refunds_of: dict[str, dict[str, None]] = {}
        self._bills_with: dict[str, dict[str, None]] = {}
        self._customers: dict[str, str] = {}

    def _index(self, thing: Any) -> None:
        match thing:
            case Try():
                self._tries_of.setdefault(thing.bill, {})[thing.id] = None
            case Refund():
                self._refunds_of.setdefault(thing.paid, {})[thing.id] = None
            case Bill():
                self._bills_with.setdefault(thing.reference, {})[thing.id] = None
            case Buyer() if thing.id.startswith(CUSTOMER):
                self._customers[thing.email] = thing.id

    def bills_with(self, reference: str) -> list[Bill]:
        """The bills under a reference, oldest first."""
        return [self.bills[bill] for bill in self._bills_with.get(reference, ())]

    def customer_with(self, email: str) -> Buyer | None:
        """The v4 customer with this address."""
        return self.buyers.get(self._customers.get(email, ""))

    def tries_of(self, bill: str) -> list[Try]:
        """The tries to pay a bill, oldest first."""
        return [self.tries[one] for one in self._tries_of.get(bill, ())]

    def tries_with(self, reference: str) -> list[Try]:
        """The tries under a reference, oldest first; v3 does not mind two links with the same one."""
        tries = (one for bill in self.bills_with(reference) for one in self.tries_of(bill.id))
        return sorted(tries, key=lambda one: one.created)

    def refunds_of(self, paid: str) -> list[Refund]:
        """The refunds of a try, oldest first."""
        return [self.refunds[refund] for refund in self._refunds_of.get(paid, ())]

    def bill_of(self, thing_id: str) -> str | None:
        """The bill that an id or a reference means; that of a try, refund or chargeback too."""
        for table in (self.refunds, self.chargebacks):
            if thing_id in table:
                thing_id = table[thing_id].paid
        if thing_id in self.tries:
            return self.tries[thing_id].bill
        return (
            thing_id if thing_id in self.bills else next(reversed(self._bills_with.get(thing_id, {})), None)
        )

    def tell(self, kind: str, bill: str, data: Any) -> None:
        """Keep and send a webhook: a v4 event is wrapped, a v3 one is whole already."""
        hook = f"wbk_{token(20)}" if bill.startswith(CHARGE) else f"hook_{token(20)}"
        if bill.startswith(CHARGE):
            data = Event(webhook_id=hook, timestamp=int(time.time() * 1000), type=kind, data=data)
        self.hooks.tell(
            Notice(
                id=hook,
                kind=kind,
                payment=bill,
                created=seconds(),
                body=Raw(encode(data)),
                wanted=self.hooks.wants(kind),
            )
        )

    def _sign(self, notice: Notice, forgery: Forgery | None) -> Mapping[str, str]:
        """v3 sends the secret itself, v4 an HMAC of the body; neither signs a time, so nothing gets stale."""
        secret = self.settings.keys["secret_hash"]
        secret += "_another" if forgery == "webhook_wrong_secret" else ""
        if not notice.payment.startswith(CHARGE):
            return {"verif-hash": secret}
        digest = hmac.new(secret.encode(), bytes(notice.body), hashlib.sha256).digest()
        return {"flutterwave-signature": base64.b64encode(digest).decode()}

    def new_token(self) -> str:
        """An access token of v4 that knows its own end."""
        until = str(seconds() + TOKEN_SECONDS)
        return f"{until}.{self._seal(until)}"

    def is_good(self, given: str) -> bool:
        """Whether an access token was made here, under the present key, and has not ended."""
        until, _, seal = given.partition(".")
        sealed = hmac.compare_digest(seal.encode(), self._seal(until).encode())
        return sealed and until.isdecimal() and int(until) > seconds()

    def _seal(self, text: str) -> str:
        return hmac.new(self.settings.keys["token_key"].encode(), text.encode(), hashlib.sha256).hexdigest()


def token(length: int) -> str:
    """Letters and digits that nobody can guess."""
    return "".join(secrets.choice(CHARS) for _ in range(length))


def number(digits: int, taken: Mapping[str, Any]) -> str:
    """A new number of so many digits, as the ids of v3 are."""
    while (made := str(secrets.randbelow(9 * 10 ** (digits - 1)) + 10 ** (digits - 1))) in taken:
        pass
    return made

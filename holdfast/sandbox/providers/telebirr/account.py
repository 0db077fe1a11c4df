"""One TeleBirr account: what it keeps, how its ids look, and how it signs what it tells (§7.4, §7.6)."""

import secrets
import string
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Raw

from holdfast.sandbox.bank.books import Books, House, Notice, new_id, seconds
from holdfast.sandbox.bank.gate import encode
from holdfast.sandbox.bank.hooks import STALE_SECONDS, Forgery, Habits, Hooks
from holdfast.sandbox.providers.telebirr import signing
from holdfast.sandbox.providers.telebirr.keys import MERCHANT, TELEBIRR, private_key, public_half
from holdfast.sandbox.providers.telebirr.objects import TRADE_STATUS, Order, Refund, Token, major

BANK = "telebirr"
KEYS = {
    "fabric_app_id": "c4182ef8-9249-458a-985e-holdfast",
    "app_secret": "fad0f06383c6297f545876694b974599",
    "merchant_app_id": "1072905731584000",
    "merchant_code": "200001",
    "private_key": MERCHANT,
    "public_key": public_half(TELEBIRR),
    "padding": "pss",
    "notice": "plain",
    "refunds": "on",
}
"""The credentials, and how the account is set up: `padding` may be pkcs1v15; `notice` wrapped, in
{"data": …}; `refunds` not_allowed, or absent."""

WEB_PAGE = "/payment/web/paygate"
PATIENCE_SECONDS = 15
GAPS_SECONDS = (15.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 10_800.0, 21_600.0)
"""TeleBirr publishes no timetable; that of many a wallet stands in for it."""
RECEIPT = string.ascii_uppercase + string.digits


class Account:
    """The state of one account, restored from the journal; all changes happen on one event loop."""

    def __init__(self, house: House) -> None:
        """Start empty; the books bring back what the journal holds."""
        self.books = Books(house, bank=BANK, keys=KEYS, kinds=(Token, Order, Refund), placed=self._index)
        self.settings = self.books.settings
        habits = Habits(
            gaps_seconds=GAPS_SECONDS,
            patience_seconds=PATIENCE_SECONDS,
            accepts=(200,),
            sign=lambda _notice, _forgery: {"User-Agent": "TeleBirr (holdfast sandbox)"},
            write=self._write,
            tampered=(b'"total_amount":"', b'"total_amount":"9'),
        )
        self.hooks = Hooks(self.books, habits)
        self.base_url = self.books.base_url
        self.faults = self.books.faults
        self.save = self.books.save
        self.later = self.books.later
        self.tokens = self.books.table(Token)
        self.orders = self.books.table(Order)
        self.refunds = self.books.table(Refund)
        self._orders_of: dict[str, str] = {}
        self._refunds_of: dict[str, dict[str, None]] = {}  # dicts as sets that keep their order

    def _index(self, thing: Any) -> None:
        match thing:
            case Order():
                for name in (thing.prepay_id, thing.payment_order_id, thing.trans_id):
                    self._orders_of[name] = thing.id
            case Refund():
                self._refunds_of.setdefault(thing.order, {})[thing.id] = None

    @property
    def keys(self) -> Mapping[str, str]:
        """The credentials as they are now."""
        return self.settings.keys

    def order_of(self, thing_id: str) -> str:
        """The merchant's number of the order that an id means: itself, TeleBirr's ids of it, a refund's."""
        if thing_id in self.refunds:
            return self.refunds[thing_id].order
        return self._orders_of.get(thing_id, thing_id)

    def refunds_of(self, order: str) -> list[Refund]:
        """The refunds of an order, oldest first."""
        return [self.refunds[refund] for refund in self._refunds_of.get(order, ())]

    def signed_by_merchant(self, fields: Mapping[str, Any]) -> bool:
        """Whether the merchant has signed these fields, in the account's padding."""
        return signing.fits(private_key(self.keys["private_key"]), fields, padding=self.keys["padding"])

    def sign(self, fields: Mapping[str, Any], *, key: str = TELEBIRR) -> dict[str, Any]:
        """The fields with TeleBirr's signature, or that of another key."""
        made = signing.sign(private_key(key), fields, padding=self.keys["padding"])
        return {**fields, "sign": made, "sign_type": signing.SIGN_TYPE}

    def page_of(self, order: Order) -> str:
        """The checkout's address as the merchant makes and signs it (§7.3), for whoever has only the id."""
        signed = {
            "appid": self.keys["merchant_app_id"],
            "merch_code": self.keys["merchant_code"],
            "nonce_str": nonce(),
            "prepay_id": order.prepay_id,
            "timestamp": str(order.created),
        }
        query = self.sign(signed, key=self.keys["private_key"]) | {"version": "1.0", "trade_type": "Checkout"}
        return f"{self.base_url}{WEB_PAGE}?{urlencode(query)}"

    def tell(self, order: Order) -> None:
        """Keep and send a notification about an order as it is now; every try sends the same bytes."""
        fields = {
            "notify_url": order.notify_url,
            "appid": self.keys["merchant_app_id"],
            "merch_code": self.keys["merchant_code"],
            "merch_order_id": order.id,
            "payment_order_id": order.payment_order_id,
            "total_amount": major(order.amount),
            "trans_id": order.trans_id,
            "trans_currency": order.currency,
            "trade_status": TRADE_STATUS[order.status],
            "trans_end_time": str((order.ended or seconds()) * 1000),
            "callback_info": order.callback_info,
        }
        told = {name: text for name, text in fields.items() if text}
        self.hooks.tell(
            Notice(
                id=new_id("ntf"),
                kind=fields["trade_status"],
                payment=order.id,
                created=seconds(),
                body=Raw(self._signed_notice(told)),
                wanted=self.hooks.wants(fields["trade_status"], order.notify_url),
                url=order.notify_url,
            )
        )

    def _signed_notice(self, told: Mapping[str, str], *, key: str = TELEBIRR, late_seconds: int = 0) -> bytes:
        """The receipt's number is signed as `trans_id` and sent as `transId` (§7.6)."""
        notify_time = str(int((time.time() - late_seconds) * 1000))
        signed = self.sign({**told, "notify_time": notify_time}, key=key)
        if "trans_id" in signed:
            signed["transId"] = signed.pop("trans_id")
        return encode({"data": signed} if self.keys["notice"] == "wrapped" else signed)

    def _write(self, notice: Notice, forgery: Forgery | None) -> bytes:
        """One try: another signature needs another body."""
        if forgery not in ("webhook_wrong_secret", "webhook_stale"):
            return bytes(notice.body)
        found = msgspec.json.decode(notice.body)
        told = found.get("data", found)
        told["trans_id"] = told.pop("transId", "")
        return self._signed_notice(
            told,
            key=MERCHANT if forgery == "webhook_wrong_secret" else TELEBIRR,
            late_seconds=STALE_SECONDS if forgery == "webhook_stale" else 0,
        )


def nonce() -> str:
    """32 letters and digits."""
    return secrets.token_hex(16)


def receipt() -> str:
    """A receipt's number, as buyers read it in their message."""
    return "CK" + "".join(secrets.choice(RECEIPT) for _ in range(8))

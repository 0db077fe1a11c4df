"""TeleBirr's hosted page, and what it signs on the way back (gateways.md §7.3, §7.6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from holdfast.sandbox.bank.bank import Verb
from holdfast.sandbox.bank.hosted import Home, NotHereError, Page, PageStage, View, is_web_address
from holdfast.sandbox.providers.telebirr.account import WEB_PAGE, Account
from holdfast.sandbox.providers.telebirr.objects import ADDIS_ABABA, Order, major
from holdfast.sandbox.providers.telebirr.orders import standing

STAGES: Mapping[str, PageStage] = {
    "WAIT_PAY": "open",
    "PAYING": "waiting",
    "PAY_FAILED": "over",
    "ORDER_CLOSED": "over",
}
SIGNED = ("appid", "merch_code", "nonce_str", "prepay_id", "timestamp")
"""All that the signature of the address covers."""


def telebirr_page(account: Account, verbs: Mapping[str, Verb]) -> Page:
    """The address that the merchant made and signed."""

    def find(given: Mapping[str, str]) -> str:
        fields = {name: given.get(name, "") for name in (*SIGNED, "sign")}
        if not account.signed_by_merchant(fields):
            raise NotHereError(400, "This link is not complete: its signature does not fit.")
        if (given.get("version"), given.get("trade_type")) != ("1.0", "Checkout"):
            raise NotHereError(400, "This link is not complete: its version or trade type is missing.")
        order = account.orders.get(account.order_of(fields["prepay_id"]))
        if order is None or order.prepay_id != fields["prepay_id"]:
            raise NotHereError(404, "There is no such order.")
        return order.id

    def view(number: str, _: Mapping[str, str]) -> View:
        return _view(account, standing(account, number))

    return Page(path=WEB_PAGE, find=find, view=view, verbs=verbs)


def _view(account: Account, order: Order) -> View:
    ended = order.ended > 0
    stage: PageStage = "proof" if order.proof else STAGES.get(order.status, "paid")
    home = _back(account, order) if ended else order.redirect_url if order.left else ""
    return View(
        bank="TeleBirr",
        payment=order.id,
        stage=stage,
        amount=order.amount,
        currency=order.currency,
        notice="The wallet has refused this payment." if order.status == "PAY_FAILED" else "",
        facts=(("For", order.title),),
        home=Home(home) if is_web_address(home) else None,
        thing=order,
    )


def _back(account: Account, order: Order) -> str:
    """The merchant's address with what TeleBirr signs: in the words of a query, its times as text.

    The plus signs of the signature are left as they are, so that whoever reads the address finds spaces.
    """
    if not order.redirect_url:
        return ""
    told: dict[str, Any] = {
        "appid": account.keys["merchant_app_id"],
        "merch_code": account.keys["merchant_code"],
        "merch_order_id": order.id,
        "payment_order_id": order.payment_order_id,
        "total_amount": major(order.amount),
        "trans_currency": order.currency,
        "trans_id": order.trans_id,
        "trade_status": order.status,
        "trans_end_time": datetime.fromtimestamp(order.ended, ADDIS_ABABA).strftime("%Y-%m-%d %H:%M:%S"),
    }
    signed = account.sign({name: text for name, text in told.items() if text})
    query = "&".join(f"{name}={quote(str(text), safe='+')}" for name, text in signed.items())
    parts = urlsplit(order.redirect_url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))

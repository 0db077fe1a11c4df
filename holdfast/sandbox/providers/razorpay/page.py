"""Razorpay's pages: the checkout that an order is paid in, and that of a payment link (§3.3, §3.4).

The checkout stands for Razorpay's script and for its hosted form (`POST /v1/checkout/embedded`); what it
hands back is signed, and posted to `callback_url`.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.bank import Verb
from holdfast.sandbox.bank.hosted import Home, NotHereError, Page, PageStage, View, is_web_address, with_query
from holdfast.sandbox.providers.razorpay.account import Account
from holdfast.sandbox.providers.razorpay.checkout import proof_asked
from holdfast.sandbox.providers.razorpay.objects import Order, Payment, PaymentLink, Visit

CHECKOUT = "/v1/checkout/embedded"
HANDED_ON = ("key_id", "order_id", "callback_url", "cancel_url")
STAGES: Mapping[str, PageStage] = {"authorized": "held", "captured": "paid", "refunded": "paid"}

_NOTE = re.compile(r"notes\[([^\[\]]+)\]")


class Standing(Struct, frozen=True):
    """How a program sees the page: the order, its last try, and what the browser would hand to the shop."""

    order: Order
    payment: Payment | None
    handed_back: Mapping[str, str]


def checkout_page(account: Account, verbs: Mapping[str, Verb]) -> Page:
    """`key_id` and `order_id` are all the authority that it asks for."""

    def find(given: Mapping[str, str]) -> str:
        if given.get("key_id") != account.settings.keys["key_id"]:
            raise NotHereError(401, "This link is not complete: its key does not fit the shop.")
        order = account.orders.get(given.get("order_id", ""))
        if order is None:
            raise NotHereError(404, "There is no such order.")
        _remember(account, order.id, given)
        return order.id

    return Page(path=CHECKOUT, find=find, view=partial(_checkout, account), verbs=verbs)


def link_page(account: Account, verbs: Mapping[str, Verb]) -> Page:
    """`short_url` of a payment link."""

    def find(given: Mapping[str, str]) -> str:
        link = account.links.get(given["link"])
        if link is None:
            raise NotHereError(404, "There is no such payment link.")
        return link.order_id

    def view(order: str, _: Mapping[str, str]) -> View:
        return _link(account, account.links[account.terms[order].link or ""])

    return Page(path="/i/{link:str}", find=find, view=view, verbs=verbs)


def _remember(account: Account, order: str, given: Mapping[str, str]) -> None:
    before = account.visits.get(order) or Visit(id=order)
    told = {
        name: given[name] for name in ("callback_url", "cancel_url") if is_web_address(given.get(name, ""))
    }
    for name in ("email", "contact"):
        if text := given.get(f"prefill[{name}]"):
            told[name] = text
    notes = {found[1]: text for name, text in given.items() if (found := _NOTE.fullmatch(name))}
    visit = replace(before, **told, notes=notes or before.notes, left=False)
    if visit != before:
        account.save(visit)


def _checkout(account: Account, order_id: str, given: Mapping[str, str]) -> View:
    order, visit = account.orders[order_id], account.visits.get(order_id) or Visit(id=order_id)
    payment = _last(account, order_id)
    handed: dict[str, str] = {}
    home = Home(visit.cancel_url) if visit.left and visit.cancel_url else None
    if payment is not None and payment.status in STAGES:
        handed = {
            "razorpay_payment_id": payment.id,
            "razorpay_order_id": order_id,
            "razorpay_signature": account.sign_text(f"{order_id}|{payment.id}"),
        }
        home = Home(visit.callback_url, handed) if visit.callback_url else None
    return _view(
        order,
        payment,
        facts=(("Receipt", order.receipt or ""),),
        fields={name: given[name] for name in HANDED_ON if given.get(name)},
        home=home,
        thing=Standing(order, payment, handed),
        asked=proof_asked(account, order_id) is not None,
    )


def _link(account: Account, link: PaymentLink) -> View:
    order, payment = account.orders[link.order_id], _last(account, link.order_id)
    handed: dict[str, str] = {}
    if payment is not None and payment.status in STAGES:
        signed = f"{link.id}|{link.reference_id}|{link.status}|{payment.id}"
        handed = {
            "razorpay_payment_id": payment.id,
            "razorpay_payment_link_id": link.id,
            "razorpay_payment_link_reference_id": link.reference_id,
            "razorpay_payment_link_status": link.status,
            "razorpay_signature": account.sign_text(signed),
        }
    view = _view(
        order,
        payment,
        facts=(("For", link.description), ("Reference", link.reference_id)),
        fields={},
        home=Home(with_query(link.callback_url, handed))
        if handed and is_web_address(link.callback_url)
        else None,
        thing=Standing(order, payment, handed),
        asked=proof_asked(account, order.id) is not None,
    )
    return view if link.status in ("created", "paid") else replace(view, stage="over")


def _view(
    order: Order,
    payment: Payment | None,
    *,
    facts: tuple[tuple[str, str], ...],
    fields: Mapping[str, str],
    home: Home | None,
    thing: Any,
    asked: bool,
) -> View:
    status = "" if payment is None else payment.status
    stage = STAGES.get(status, "open")
    if payment is not None and status == "created":
        stage = "proof" if asked else "waiting"
    return View(
        bank="Razorpay",
        payment=order.id,
        stage=stage,
        amount=order.amount if payment is None else payment.amount,
        currency=order.currency if payment is None else payment.currency,
        notice=(payment.error_description or "") if payment and status == "failed" else "",
        facts=tuple(fact for fact in facts if fact[1]),
        fields=fields,
        home=home,
        thing=thing,
    )


def _last(account: Account, order: str) -> Payment | None:
    tries = account.payments_of(order)
    good = [payment for payment in tries if payment.status in STAGES]
    return good[-1] if good else tries[-1] if tries else None

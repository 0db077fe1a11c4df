"""Flutterwave's pages: the hosted link of v3, and where a charge of v4 leads its buyer (gateways.md §5)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from holdfast.sandbox.bank.bank import Verb
from holdfast.sandbox.bank.hosted import Home, NotHereError, Page, PageStage, View, is_web_address, with_query
from holdfast.sandbox.providers.flutterwave import checkout
from holdfast.sandbox.providers.flutterwave.account import Account
from holdfast.sandbox.providers.flutterwave.objects import Bill, Try
from holdfast.sandbox.providers.flutterwave.outcomes import OUTCOMES
from holdfast.sandbox.providers.flutterwave.v3.shown import HOSTED
from holdfast.sandbox.providers.flutterwave.v4.shown import REDIRECTS

PHASES: Mapping[str, PageStage] = {"open": "open", "proof": "proof", "processing": "waiting"}


def link_page(account: Account, verbs: Mapping[str, Verb]) -> Page:
    """`data.link` of v3."""
    return _page(account, verbs, path=f"{HOSTED}/{{link:str}}", name="link", charges=False)


def charge_page(account: Account, verbs: Mapping[str, Verb]) -> Page:
    """`next_action.redirect_url.url` of v4."""
    return _page(account, verbs, path=REDIRECTS, name="token", charges=True)


def page_of(account: Account, bill: Bill) -> str:
    """The address of a bill's page."""
    path = f"{REDIRECTS}?token=" if bill.is_charge else f"{HOSTED}/"
    return f"{account.base_url}{path}{bill.id}"


def _page(account: Account, verbs: Mapping[str, Verb], *, path: str, name: str, charges: bool) -> Page:
    def find(given: Mapping[str, str]) -> str:
        bill = account.bills.get(given.get(name, ""))
        if bill is None or bill.is_charge != charges:
            raise NotHereError(404, "There is no such payment.")
        return bill.id

    return Page(path=path, find=find, view=partial(_view, account, name), verbs=verbs)


def _view(account: Account, name: str, bill_id: str, given: Mapping[str, str]) -> View:
    bill = account.bills[bill_id]
    tries = account.tries_of(bill_id)
    good = [one for one in tries if one.status == "successful"]
    last = good[-1] if good else tries[-1] if tries else None
    return View(
        bank="Flutterwave",
        payment=bill.reference,
        stage=_stage(account, bill, last),
        amount=bill.amount if last is None else last.amount,
        currency=bill.currency if last is None else last.currency,
        notice=f"{OUTCOMES[last.outcome].sentence}." if last and last.status == "failed" else "",
        facts=(("For", bill.title),) if bill.title else (),
        fields={} if name == "link" else {name: given.get(name, "")},
        home=_home(bill, last),
        thing=checkout.shown(account, last or bill),
    )


def _stage(account: Account, bill: Bill, last: Try | None) -> PageStage:
    match checkout.stage(account, bill):
        case "paid":
            return "paid"
        case "over":
            return "over"
        case _:
            return PHASES[last.phase] if last and last.status == "pending" else "open"


def _home(bill: Bill, last: Try | None) -> Home | None:
    """Back to the shop with words that nobody signed (§5.1); a failed try stays on the page."""
    if not is_web_address(bill.redirect_url):
        return None
    if bill.is_charge:
        return Home(bill.redirect_url) if bill.left or (last and last.status != "pending") else None
    told: dict[str, Any] = {"tx_ref": bill.reference}
    if last is not None and last.status == "successful":
        told = {"status": "successful", **told, "transaction_id": last.id}
    elif bill.left or bill.ended:
        told = {"status": "failed" if last else "cancelled", **told}
    else:
        return None
    return Home(with_query(bill.redirect_url, told))

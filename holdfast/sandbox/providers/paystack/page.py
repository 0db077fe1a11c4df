"""Paystack's hosted page; what it leads back to is unsigned (gateways.md §4.2)."""

import json
from collections.abc import Mapping
from typing import Any

from holdfast.sandbox.bank.bank import Verb
from holdfast.sandbox.bank.hosted import Home, NotHereError, Page, PageStage, View, is_web_address, with_query
from holdfast.sandbox.providers.paystack.account import Account
from holdfast.sandbox.providers.paystack.objects import Hold, Transaction

STAGES: Mapping[str, PageStage] = {
    "ongoing": "proof",
    "pending": "waiting",
    "processing": "waiting",
    "success": "paid",
    "reversed": "paid",
    "captured": "paid",
    "authorized": "held",
    "released": "over",
}


def paystack_page(account: Account, verbs: Mapping[str, Verb]) -> Page:
    """`authorization_url`: the access code is all the authority that it asks for."""

    def find(given: Mapping[str, str]) -> str:
        reference = account.reference_of(given["access"])
        made = account.transactions.get(reference) or account.holds.get(reference)
        if made is None or made.access_code != given["access"]:
            raise NotHereError(404, "There is no such transaction.")
        return made.id

    def view(reference: str, _: Mapping[str, str]) -> View:
        return _view(account.transactions.get(reference) or account.holds[reference])

    return Page(path="/checkout/{access:str}", find=find, view=view, verbs=verbs)


def _view(made: Transaction | Hold) -> View:
    stage = STAGES.get(made.status, "open")
    return View(
        bank="Paystack",
        payment=made.id,
        stage=stage,
        amount=made.amount,
        currency=made.currency,
        notice=made.gateway_response if made.status == "failed" else "",
        facts=(("E-mail", made.email),),
        home=_home(made, stage),
        thing=made.shown(),
    )


def _home(made: Transaction | Hold, stage: PageStage) -> Home | None:
    if stage == "open":
        cancel = _cancel_action(made.metadata) if made.left else ""
        return Home(cancel) if is_web_address(cancel) else None
    if not is_web_address(made.callback_url):
        return None
    return Home(with_query(made.callback_url, {"trxref": made.id, "reference": made.id}))


def _cancel_action(metadata: Any) -> str:
    """`metadata.cancel_action`; metadata may be an object or a JSON string of one."""
    if isinstance(metadata, str):
        try:
            metadata = json.loads(metadata)
        except ValueError:
            return ""
    found = metadata.get("cancel_action", "") if isinstance(metadata, dict) else ""
    return found if isinstance(found, str) else ""

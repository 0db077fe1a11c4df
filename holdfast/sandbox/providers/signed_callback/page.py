"""Such a bank's hosted page; what it leads back to is unsigned (gateways.md §10, §12.4)."""

from collections.abc import Mapping

from holdfast.sandbox.bank.bank import Verb
from holdfast.sandbox.bank.hosted import Home, NotHereError, Page, PageStage, View
from holdfast.sandbox.providers.signed_callback.account import Account
from holdfast.sandbox.providers.signed_callback.objects import Payment
from holdfast.sandbox.providers.signed_callback.payments import standing


def payment_page(account: Account, verbs: Mapping[str, Verb]) -> Page:
    """`redirect_url`."""

    def find(given: Mapping[str, str]) -> str:
        payment = account.payments.get(account.reference_of(given["page"]))
        if payment is None or payment.page != given["page"]:
            raise NotHereError(404, "There is no such payment.")
        return payment.id

    def view(reference: str, _: Mapping[str, str]) -> View:
        payment = standing(account, reference)
        return View(
            bank=account.brand.title,
            payment=payment.id,
            stage=_stage(payment),
            amount=payment.amount,
            currency=payment.currency,
            notice=f"The bank has refused this payment: {payment.reason}." if payment.reason else "",
            facts=(("For", payment.description),),
            home=Home(payment.return_url) if payment.ended else None,
            thing=payment.shown(),
        )

    return Page(path="/pay/{page:str}", find=find, view=view, verbs=verbs)


def _stage(payment: Payment) -> PageStage:
    if payment.status == "pending":
        return "proof" if payment.proof else "waiting" if payment.busy else "open"
    return "paid" if payment.status == "succeeded" else "over"

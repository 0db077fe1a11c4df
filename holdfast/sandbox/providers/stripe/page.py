"""Stripe's hosted pages: of an intent, and of a Checkout Session (gateways.md §2.2, §2.3).

The first stands for Stripe's own script in the shop's page: the client secret is all the authority that it
asks for, and where the buyer is led afterwards is the intent's return address or the page's parameter
`return_url`. The second is Stripe's own; its address is the authority, and the session says where it leads.
"""

import hmac
from collections.abc import Mapping

from holdfast.sandbox.bank.bank import Verb
from holdfast.sandbox.bank.hosted import Home, NotHereError, Page, PageStage, View, is_web_address, with_query
from holdfast.sandbox.providers.stripe import sessions
from holdfast.sandbox.providers.stripe.account import Account
from holdfast.sandbox.providers.stripe.objects import CheckoutSession, IntentPlan, PaymentIntent, ReturnUrl

REDIRECT_STATUS = {"succeeded": "succeeded", "requires_capture": "succeeded", "processing": "processing"}
STAGES: Mapping[str, PageStage] = {
    "requires_action": "proof",
    "requires_capture": "held",
    "succeeded": "paid",
    "processing": "waiting",
    "canceled": "over",
}


def stripe_page(account: Account, verbs: Mapping[str, Verb]) -> Page:
    """`/pay/{intent}?client_secret=…`."""

    def find(given: Mapping[str, str]) -> str:
        intent = account.intents.get(given["intent"])
        if intent is None or account.payment_of(intent.id) != intent.id:
            raise NotHereError(404, "There is no such payment.")
        if not hmac.compare_digest(given.get("client_secret", "").encode(), intent.client_secret.encode()):
            raise NotHereError(403, "This link is not complete: its client secret does not fit the payment.")
        home = ReturnUrl(intent.id, given.get("return_url", ""))
        if is_web_address(home.url) and account.return_urls.get(intent.id) != home:
            account.save(home)
        return intent.id

    def view(payment: str, given: Mapping[str, str]) -> View:
        return _view(account, account.intents[payment], given)

    return Page(path="/pay/{intent:str}", find=find, view=view, verbs=verbs)


def session_page(account: Account, verbs: Mapping[str, Verb]) -> Page:
    """`/c/pay/{session}`."""

    def find(given: Mapping[str, str]) -> str:
        if given["session"] not in account.sessions:
            raise NotHereError(404, "There is no such payment.")
        return sessions.current(account, given["session"]).id

    def view(payment: str, given: Mapping[str, str]) -> View:
        session = account.sessions[payment]
        intent = account.intents.get(session.payment_intent or "")
        return View(
            bank="Stripe",
            payment=session.id,
            stage="over" if session.status == "expired" else _stage(intent),
            amount=_amount(intent) if intent else session.amount_total,
            currency=intent.currency if intent else session.currency,
            notice=_notice(intent),
            facts=_facts(account.plans[session.id]),
            home=_home(session, given),
            thing=session,
        )

    return Page(path="/c/pay/{session:str}", find=find, view=view, verbs=verbs)


def _home(session: CheckoutSession, given: Mapping[str, str]) -> Home | None:
    """From an open session a buyer is led away only by giving up; it can be paid still."""
    if session.status == "complete":
        return Home(session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id))
    left = session.status == "open" and given.get("action") == "cancel"
    return Home(session.cancel_url) if left and session.cancel_url else None


def _view(account: Account, intent: PaymentIntent, given: Mapping[str, str]) -> View:
    home = account.return_urls.get(intent.id)
    return View(
        bank="Stripe",
        payment=intent.id,
        stage=_stage(intent),
        amount=_amount(intent),
        currency=intent.currency,
        notice=_notice(intent),
        facts=_facts(intent),
        fields={name: given[name] for name in ("client_secret", "return_url") if given.get(name)},
        home=None if home is None else Home(_way_home(home.url, intent)),
        thing=intent,
    )


def _stage(intent: PaymentIntent | None) -> PageStage:
    return "open" if intent is None else STAGES.get(intent.status, "open")


def _amount(intent: PaymentIntent) -> int:
    moved = {"succeeded": intent.amount_received, "requires_capture": intent.amount_capturable}
    return moved.get(intent.status, intent.amount)


def _notice(intent: PaymentIntent | None) -> str:
    return intent.last_payment_error.message if intent and intent.last_payment_error else ""


def _facts(told: PaymentIntent | IntentPlan) -> tuple[tuple[str, str], ...]:
    facts = (("For", told.description), ("Order", told.metadata.get("order_id")))
    return tuple((label, value) for label, value in facts if value)


def _way_home(return_url: str, intent: PaymentIntent) -> str:
    """The return address with the three parameters that Stripe appends."""
    return with_query(
        return_url,
        {
            "payment_intent": intent.id,
            "payment_intent_client_secret": intent.client_secret,
            "redirect_status": REDIRECT_STATUS.get(intent.status, "failed"),
        },
    )

"""PayPal's hosted page, where an order is approved; the way back is unsigned (gateways.md §6.2)."""

from collections.abc import Mapping

from holdfast.sandbox.bank.bank import Verb
from holdfast.sandbox.bank.hosted import Home, NotHereError, Page, PageStage, View, is_web_address, with_query
from holdfast.sandbox.providers.paypal import orders, shown
from holdfast.sandbox.providers.paypal.account import Account
from holdfast.sandbox.providers.paypal.objects import Order


def paypal_page(account: Account, verbs: Mapping[str, Verb]) -> Page:
    """`/checkoutnow`: the order's id is all the authority that it asks for."""

    def find(given: Mapping[str, str]) -> str:
        made = account.orders.get(given.get("token", ""))
        if made is None:
            raise NotHereError(404, "There is no such order.")
        return made.id

    def view(order_id: str, _: Mapping[str, str]) -> View:
        return _view(account, account.orders[order_id])

    return Page(path="/checkoutnow", find=find, view=view, verbs=verbs)


def _view(account: Account, made: Order) -> View:
    stage = _stage(account, made)
    facts = (("For", made.description),) if made.description else ()
    return View(
        bank="PayPal",
        payment=made.id,
        stage=stage,
        amount=made.amount,
        currency=made.currency,
        notice="Your card was declined." if made.declined and stage == "open" else "",
        facts=facts,
        home=_home(made, stage),
        thing=shown.order(account, made),
    )


def _stage(account: Account, made: Order) -> PageStage:
    """What the buyer has agreed to is on its way until the merchant takes it."""
    if orders.can_be_approved(made) and not (made.status == "APPROVED" and made.declining):
        return "proof" if made.proof else "open"
    held = account.hold_of(made.id)
    match orders.stage(account, made):
        case "paid":
            return "held" if held is not None and held.status == "CREATED" else "paid"
        case "over":
            return "over"
        case _:
            return "waiting"


def _home(made: Order, stage: PageStage) -> Home | None:
    if stage == "open":
        left = made.left and is_web_address(made.cancel_url)
        return Home(with_query(made.cancel_url, {"token": made.id})) if left else None
    if not is_web_address(made.return_url):
        return None
    payer = {"PayerID": str(shown.PAYER["payer_id"])}
    return Home(with_query(made.return_url, {"token": made.id} | payer))

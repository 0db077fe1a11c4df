"""The merchant's calls about payments and disputes (gateways.md §3.2, §3.6)."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from holdfast.sandbox.providers.razorpay import checkout, errors
from holdfast.sandbox.providers.razorpay.objects import Dispute, Payment
from holdfast.sandbox.providers.razorpay.orders import NotesChange
from holdfast.sandbox.providers.razorpay.wire import Amount, Ask, Collection, Currency, notes


class Capture(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /payments/{id}/capture`."""

    amount: Amount
    currency: Currency = "INR"


class Contest(Struct, frozen=True):
    """The body of `PATCH /disputes/{id}/contest`; the evidence itself is not looked at."""

    action: Literal["draft", "submit"] = "draft"


def read(ask: Ask) -> Payment:
    """One payment."""
    return ask.find(ask.account.payments)


def listing(ask: Ask) -> Collection:
    """Payments newest first."""
    return ask.page(reversed(ask.account.payments.values()))


def update(ask: Ask) -> Payment:
    """Change the notes."""
    payment = ask.find(ask.account.payments)
    return ask.account.save(replace(payment, notes=notes(ask.read(NotesChange).notes)))


def capture(ask: Ask) -> Payment:
    """Take what was authorised, all of it; there is no partial capture and no void."""
    payment, wanted = ask.find(ask.account.payments), ask.read(Capture)
    if payment.captured:
        raise errors.invalid("This payment has already been captured")
    if payment.status != "authorized":
        raise errors.invalid("Only payments which have been authorized and not yet captured can be captured")
    if wanted.amount != payment.amount:
        description = "Capture amount must be equal to the amount authorized"
        raise errors.invalid(description, field="amount")
    if wanted.currency != payment.currency:
        raise errors.invalid("The currency should match that of the payment", field="currency")
    return checkout.capture(ask.account, payment)


def read_dispute(ask: Ask) -> Dispute:
    """One dispute."""
    return ask.find(ask.account.disputes)


def list_disputes(ask: Ask) -> Collection:
    """Disputes newest first."""
    return ask.page(reversed(ask.account.disputes.values()))


def accept(ask: Ask) -> Dispute:
    """Give in: the dispute is lost."""
    return checkout.decide(ask.account, _open_case(ask), won=False)


def contest(ask: Ask) -> Dispute:
    """Hand in evidence; once submitted, the bank looks at it."""
    case = _open_case(ask)
    if ask.read(Contest).action == "draft":
        return case
    case = ask.account.save(replace(case, status="under_review"))
    payment = ask.account.payments[case.payment_id]
    ask.account.tell("payment.dispute.under_review", payment.order_id, payment, case)
    return case


def _open_case(ask: Ask) -> Dispute:
    case = ask.find(ask.account.disputes)
    if case.status != "open":
        raise errors.invalid("Action not allowed for the dispute in its present state")
    return case

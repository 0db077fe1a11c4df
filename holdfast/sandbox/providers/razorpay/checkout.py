"""What the buyer and the bank do to an order: tries, failures, challenges, late money, disputes.

Owns every change of a payment that the merchant did not ask for (gateways.md §3.2, §3.6, §3.10).
"""

from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.bank import NotNowError
from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS, DeclineCode, DisputeFault
from holdfast.sandbox.providers.razorpay.account import Account, new_id
from holdfast.sandbox.providers.razorpay.objects import Dispute, Order, Payment, Visit

AUTO_PAY_MS = 20
LATE_MS = 100
RESPOND_SECONDS = 7 * 86_400
BASIS_POINTS = 10_000
FEE_BASIS_POINTS, TAX_BASIS_POINTS = 236, 36
"""Two per cent and the tax on it; the fee contains the tax."""


class Failure(Struct, frozen=True):
    """How a payment fails: the five fields that it then shows."""

    code: str
    description: str
    source: str
    step: str
    reason: str


def _by_bank(description: str, reason: str, *, code: str = "BAD_REQUEST_ERROR") -> Failure:
    return Failure(code, description, "issuer_bank", "payment_authorization", reason)


FAILURES: dict[DeclineCode, Failure] = {
    "card_declined": _by_bank("Your payment was declined by the bank.", "payment_declined"),
    "insufficient_funds": _by_bank("Your account does not have enough balance.", "insufficient_funds"),
    "expired_card": _by_bank("Your card has expired.", "card_expired"),
    "incorrect_cvc": _by_bank("The CVV of the card is wrong.", "incorrect_cvv"),
    "lost_card": _by_bank("Your card has been blocked.", "card_blocked"),
    "fraudulent": _by_bank("The payment was refused as a risk.", "payment_risk_check_failed"),
    "processing_error": _by_bank("The bank did not answer.", "gateway_technical_error", code="GATEWAY_ERROR"),
}
NOT_AUTHENTICATED = Failure(
    "BAD_REQUEST_ERROR",
    "Payment failed because the cardholder could not be authenticated.",
    "customer",
    "payment_authentication",
    "authentication_failed",
)


def pay(account: Account, order: Order, *, why_not: DeclineCode | None = None) -> Payment:
    """One try to pay; with `why_not` the bank declines it."""
    payment = proof_asked(account, order.id)
    if payment is None:
        if account.faults.take("three_d_secure", order.id):
            return challenge(account, order)
        payment = _try(account, order)
    if fault := account.faults.take("decline", order.id):
        return fail(account, payment, FAILURES[fault.code])
    if why_not is not None:
        return fail(account, payment, FAILURES[why_not])
    if fault := account.faults.take("processing", order.id):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, order.id))
        return payment
    return approve(account, payment)


def challenge(account: Account, order: Order) -> Payment:
    """The bank asks the buyer for a one-time password before it answers."""
    payment = proof_asked(account, order.id) or _try(account, order)
    account.save(replace(_visit(account, order.id), proof=payment.id))
    return payment


def prove(account: Account, order: Order, *, passed: bool) -> Payment:
    """The buyer answers the challenge; raises NotNowError when there is none."""
    payment = proof_asked(account, order.id)
    if payment is None:
        raise NotNowError(f"nobody was asked for proof for {order.id}")
    return pay(account, order) if passed else fail(account, payment, NOT_AUTHENTICATED)


def approve(account: Account, payment: Payment) -> Payment:
    """The bank says yes: authorised, and captured where the order says so."""
    amount, currency = payment.amount, payment.currency
    if fault := account.faults.take("wrong_amount", payment.order_id):
        amount = fault.amount or max(1, amount - 1)
    if fault := account.faults.take("wrong_currency", payment.order_id):
        currency = fault.currency or ("EUR" if currency == "USD" else "USD")
    payment = account.save(
        replace(
            payment,
            status="authorized",
            amount=amount,
            currency=currency,
            error_code=None,
            error_description=None,
            error_source=None,
            error_step=None,
            error_reason=None,
            acquirer_data={"auth_code": payment.id[-6:]},
        )
    )
    account.tell("payment.authorized", payment.order_id, payment)
    return capture(account, payment) if account.terms[payment.order_id].automatic else payment


def capture(account: Account, payment: Payment) -> Payment:
    """The money is taken, and the order paid."""
    payment = account.save(
        replace(
            payment,
            status="captured",
            captured=True,
            fee=payment.amount * FEE_BASIS_POINTS // BASIS_POINTS,
            tax=payment.amount * TAX_BASIS_POINTS // BASIS_POINTS,
        )
    )
    order = account.orders[payment.order_id]
    paid = order.amount_paid + payment.amount
    order = account.save(
        replace(order, status="paid", amount_paid=paid, amount_due=max(0, order.amount - paid))
    )
    account.tell("payment.captured", order.id, payment)
    account.tell("order.paid", order.id, payment, order)
    link = account.links.get(account.terms[order.id].link or "")
    if link is not None:
        shown = {"amount": payment.amount, "created_at": payment.created_at, "method": payment.method,
                 "payment_id": payment.id, "status": payment.status}  # fmt: skip
        link = account.save(
            replace(
                link,
                status="paid",
                amount_paid=paid,
                payments=[*(link.payments or ()), shown],
                updated_at=seconds(),
            )
        )
        account.tell("payment_link.paid", order.id, payment, order, link)
    for kind in DISPUTE_FAULTS:
        if account.faults.take(kind, order.id):
            dispute(account, order.id, kind)
    return payment


def fail(account: Account, payment: Payment, why: Failure) -> Payment:
    """The try failed; the order can be paid by another, and this one may still be authorised (§3.2)."""
    payment = account.save(
        replace(
            payment,
            status="failed",
            error_code=why.code,
            error_description=why.description,
            error_source=why.source,
            error_step=why.step,
            error_reason=why.reason,
        )
    )
    account.tell("payment.failed", payment.order_id, payment)
    if fault := account.faults.take("late_success", payment.order_id):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, payment.order_id))
    return payment


def late_success(account: Account, order: str) -> Payment:
    """The last try that was not a success becomes one, even beside another; without one, a new try.

    Raises NotNowError where there is neither a try nor anything due.
    """
    tries = [payment for payment in account.payments_of(order) if payment.status in ("created", "failed")]
    if not tries and account.orders[order].amount_due == 0:
        raise NotNowError(f"{order} is paid, and no other try is left")
    return approve(account, tries[-1] if tries else _try(account, account.orders[order]))


def dispute(account: Account, order: str, kind: DisputeFault) -> Dispute:
    """The buyer's bank asks the money back, and perhaps decides; a dispute that is open is decided."""
    payment = captured(account, order)
    case = next((case for case in account.disputes.values() if case.payment_id == payment.id), None)
    if case is None:
        now = seconds()
        case = account.save(
            Dispute(
                id=new_id("disp"),
                payment_id=payment.id,
                amount=payment.amount,
                currency=payment.currency,
                respond_by=now + RESPOND_SECONDS,
                created_at=now,
            )
        )
        account.tell("payment.dispute.created", order, payment, case)
    if kind == "dispute_opened" or case.status not in ("open", "under_review"):
        return case
    return decide(account, case, won=kind == "dispute_won")


def decide(account: Account, case: Dispute, *, won: bool) -> Dispute:
    """A dispute ends; a lost one takes the money."""
    payment = account.payments[case.payment_id]
    case = account.save(
        replace(case, status="won" if won else "lost", amount_deducted=0 if won else case.amount)
    )
    account.tell(f"payment.dispute.{case.status}", payment.order_id, payment, case)
    return case


def captured(account: Account, order: str) -> Payment:
    """The last payment of an order whose money was taken; raises NotNowError."""
    taken = [payment for payment in account.payments_of(order) if payment.captured]
    if not taken:
        raise NotNowError(f"nothing is captured for {order}")
    return taken[-1]


def auto_pay(account: Account, order: str) -> None:
    """Pay an order as if its buyer had been waiting."""
    if account.orders[order].status != "paid":
        pay(account, account.orders[order])


def proof_asked(account: Account, order: str) -> Payment | None:
    """The try that waits for the buyer's answer to a challenge."""
    payment = account.payments.get(_visit(account, order).proof)
    return payment if payment is not None and payment.status == "created" else None


def _visit(account: Account, order: str) -> Visit:
    return account.visits.get(order) or Visit(id=order)


def _try(account: Account, order: Order) -> Payment:
    visit = _visit(account, order.id)
    link = account.terms[order.id].link
    payment = Payment(
        id=new_id("pay"),
        amount=order.amount_due,
        currency=order.currency,
        order_id=order.id,
        description=f"#{link.removeprefix('plink_')}" if link else None,
        card_id=new_id("card"),
        email=visit.email,
        contact=visit.contact,
        notes=visit.notes or [],
        created_at=seconds(),
    )
    account.save(replace(order, status="attempted", attempts=order.attempts + 1))
    return account.save(payment)

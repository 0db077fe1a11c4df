"""What the bank does with a buyer's money: tries, declines, challenges, late successes and disputes.

Owns every change of an intent that a buyer or a bank causes; leaves the merchant's calls to `intents`
and `refunds`.
"""

from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import new_id, seconds
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS, DeclineCode, DisputeFault
from holdfast.sandbox.providers.stripe.account import Account
from holdfast.sandbox.providers.stripe.events import emit
from holdfast.sandbox.providers.stripe.objects import (
    Card,
    CardDetails,
    Charge,
    Dispute,
    EvidenceDetails,
    NextAction,
    PaymentError,
    PaymentIntent,
    RedirectToUrl,
)

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELLABLE = (*CONFIRMABLE, "requires_capture")
SETTLED = ("succeeded", "requires_capture")
AUTHORISATION_SECONDS = 7 * 86_400
EVIDENCE_SECONDS = 7 * 86_400
LATE_MS = 100


class Decline(Struct, frozen=True):
    """How a card says no."""

    code: str
    decline_code: str
    message: str


GOOD_CARD = "pm_card_visa"
BAD_CARD = "pm_card_chargeDeclined"
CHALLENGING_CARD = "pm_card_threeDSecureRequired"
APPROVING = (GOOD_CARD, "pm_card_mastercard", "pm_card_amex", "pm_card_visa_debit")
DECLINES = {
    BAD_CARD: Decline("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": Decline(
        "card_declined", "insufficient_funds", "Your card has insufficient funds."
    ),
    "pm_card_chargeDeclinedLostCard": Decline("card_declined", "lost_card", "Your card was declined."),
    "pm_card_chargeDeclinedFraudulent": Decline("card_declined", "fraudulent", "Your card was declined."),
    "pm_card_chargeDeclinedExpiredCard": Decline("expired_card", "expired_card", "Your card has expired."),
    "pm_card_chargeDeclinedIncorrectCvc": Decline(
        "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."
    ),
    "pm_card_chargeDeclinedProcessingError": Decline(
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}
CARD_OF: dict[DeclineCode, str] = {
    "card_declined": BAD_CARD,
    "insufficient_funds": "pm_card_chargeDeclinedInsufficientFunds",
    "expired_card": "pm_card_chargeDeclinedExpiredCard",
    "incorrect_cvc": "pm_card_chargeDeclinedIncorrectCvc",
    "lost_card": "pm_card_chargeDeclinedLostCard",
    "fraudulent": "pm_card_chargeDeclinedFraudulent",
    "processing_error": "pm_card_chargeDeclinedProcessingError",
}
"""The test card that is declined for each reason."""
NOT_AUTHENTICATED = "The provided payment method could not be authenticated. Provide another and try again."
METHODS = (*APPROVING, *DECLINES, CHALLENGING_CARD)


def attempt(account: Account, intent: PaymentIntent, method: str) -> PaymentIntent:
    """A confirmable intent meets a card; the answer shows how it went."""
    proven = intent.status == "requires_action"
    if method == CHALLENGING_CARD or (not proven and account.struck("three_d_secure", intent.id)):
        return challenge(account, intent, method)
    if fault := account.struck("decline", intent.id):
        return _decline(account, intent, method, DECLINES[CARD_OF[fault.code]])
    if method in DECLINES:
        return _decline(account, intent, method, DECLINES[method])
    if fault := account.struck("processing", intent.id):
        intent = account.save(replace(intent, status="processing", next_action=None, payment_method=method))
        emit(account, "payment_intent.processing", intent)
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, intent.id))
        return intent
    return _approve(account, intent, method)


def cancel(account: Account, intent: PaymentIntent, *, reason: str | None) -> PaymentIntent:
    """A cancellable intent ends; what was authorised is released."""
    ended = replace(
        intent, status="canceled", canceled_at=seconds(), cancellation_reason=reason, amount_capturable=0
    )
    intent = account.save(replace(ended, next_action=None))
    emit(account, "payment_intent.canceled", intent)
    _plan_late_success(account, intent)
    return intent


def capture(account: Account, intent: PaymentIntent, amount: int) -> PaymentIntent:
    """An authorised intent is collected, in part or whole; the rest is released."""
    assert intent.latest_charge is not None, "an authorised intent has a charge"
    charge = account.charges[intent.latest_charge]
    charge = account.save(replace(charge, captured=True, amount_captured=amount))
    emit(account, "charge.captured", charge)
    return _collected(account, replace(intent, amount_capturable=0), amount)


def late_success(account: Account, payment: str) -> PaymentIntent:
    """The money arrives although nobody expected it any more; a settled intent stays as it is."""
    intent = account.intents[payment]
    if intent.status in SETTLED:
        return intent
    revived = replace(intent, canceled_at=None, cancellation_reason=None)
    return _approve(account, revived, intent.payment_method or GOOD_CARD)


def dispute(account: Account, payment: str, kind: DisputeFault) -> PaymentIntent:
    """The buyer's bank asks the money back, and perhaps decides; a dispute that is open is decided."""
    intent = account.intents[payment]
    assert intent.latest_charge is not None, "a paid intent has a charge"
    charge = account.charges[intent.latest_charge]
    case = account.dispute_of(charge.id)
    if case is None:
        account.save(replace(charge, disputed=True))
        case = account.save(
            Dispute(
                id=new_id("dp"),
                amount=charge.amount_captured,
                charge=charge.id,
                created=seconds(),
                currency=charge.currency,
                evidence_details=EvidenceDetails(due_by=seconds() + EVIDENCE_SECONDS),
                metadata=charge.metadata,
                payment_intent=payment,
            )
        )
        emit(account, "charge.dispute.created", case)
        emit(account, "charge.dispute.funds_withdrawn", case)
    if kind != "dispute_opened" and case.status == "needs_response":
        case = account.save(replace(case, status="won" if kind == "dispute_won" else "lost"))
        emit(account, "charge.dispute.closed", case, previous={"status": "needs_response"})
        if kind == "dispute_won":
            emit(account, "charge.dispute.funds_reinstated", case)
    return intent


def challenge(account: Account, intent: PaymentIntent, method: str) -> PaymentIntent:
    """The bank asks the buyer for proof before it answers."""
    home = account.return_urls.get(intent.id)
    action = NextAction(
        redirect_to_url=RedirectToUrl(account.page(intent), None if home is None else home.url)
    )
    asked = replace(intent, status="requires_action", next_action=action, payment_method=method)
    intent = account.save(replace(asked, last_payment_error=None))
    emit(account, "payment_intent.requires_action", intent)
    return intent


def fail_to_prove(account: Account, intent: PaymentIntent) -> PaymentIntent:
    """The buyer did not answer the challenge, or answered wrongly."""
    error = PaymentError(
        type="invalid_request_error",
        code="payment_intent_authentication_failure",
        message=NOT_AUTHENTICATED,
    )
    return _failed(account, intent, error)


def _decline(account: Account, intent: PaymentIntent, method: str, why: Decline) -> PaymentIntent:
    charge = account.save(_charge(intent, method, amount=intent.amount, why=why))
    error = PaymentError(code=why.code, decline_code=why.decline_code, message=why.message, charge=charge.id)
    intent = replace(intent, latest_charge=charge.id)
    emit(account, "charge.failed", charge)
    return _failed(account, intent, error)


def _failed(account: Account, intent: PaymentIntent, error: PaymentError) -> PaymentIntent:
    failed = replace(intent, status="requires_payment_method", last_payment_error=error)
    intent = account.save(replace(failed, next_action=None, payment_method=None))
    emit(account, "payment_intent.payment_failed", intent)
    _plan_late_success(account, intent)
    return intent


def _approve(account: Account, intent: PaymentIntent, method: str) -> PaymentIntent:
    amount = intent.amount
    if fault := account.struck("wrong_amount", intent.id):
        amount = fault.amount or max(1, amount - 1)
    if fault := account.struck("wrong_currency", intent.id):
        other = "eur" if intent.currency == "usd" else "usd"
        intent = replace(intent, currency=(fault.currency or other).lower())
    charge = _charge(intent, method, amount=amount)
    intent = replace(
        intent, latest_charge=charge.id, payment_method=method, next_action=None, last_payment_error=None
    )
    if intent.capture_method == "manual":
        account.save(charge)
        intent = account.save(replace(intent, status="requires_capture", amount_capturable=amount))
        emit(account, "charge.succeeded", charge)
        emit(account, "payment_intent.amount_capturable_updated", intent)
        return intent
    charge = account.save(replace(charge, captured=True, amount_captured=amount))
    emit(account, "charge.succeeded", charge)
    return _collected(account, intent, amount)


def _collected(account: Account, intent: PaymentIntent, amount: int) -> PaymentIntent:
    intent = account.save(replace(intent, status="succeeded", amount_received=amount))
    emit(account, "payment_intent.succeeded", intent)
    for kind in DISPUTE_FAULTS:
        if account.struck(kind, intent.id):
            dispute(account, intent.id, kind)
    return intent


def _plan_late_success(account: Account, intent: PaymentIntent) -> None:
    if fault := account.struck("late_success", intent.id):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, intent.id))


def _charge(intent: PaymentIntent, method: str, *, amount: int, why: Decline | None = None) -> Charge:
    now = seconds()
    card = Card(
        brand="visa",
        last4="4242" if why is None else "0002",
        capture_before=now + AUTHORISATION_SECONDS if intent.capture_method == "manual" else None,
    )
    return Charge(
        id=new_id("ch"),
        amount=amount,
        created=now,
        currency=intent.currency,
        customer=intent.customer,
        description=intent.description,
        failure_code=None if why is None else why.code,
        failure_message=None if why is None else why.message,
        metadata=intent.metadata,
        paid=why is None,
        payment_intent=intent.id,
        payment_method=method,
        payment_method_details=CardDetails(card=card),
        receipt_email=intent.receipt_email,
        status="succeeded" if why is None else "failed",
    )

"""Money that goes back: refunds by the merchant, disputes by the buyer (gateways.md §6.3, §6.6)."""

from functools import partial
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.faults import REFUND_FAULTS, DisputeFault, Fault
from holdfast.sandbox.providers.paypal import errors, shown
from holdfast.sandbox.providers.paypal.account import Account
from holdfast.sandbox.providers.paypal.objects import Capture, Dispute, Money, Refund, new_id
from holdfast.sandbox.providers.paypal.wire import Ask, Made

LATE_MS = 100


class NewRefund(Struct, frozen=True, kw_only=True):
    """The body of a refund; nothing: all that is left."""

    amount: Money | None = None
    invoice_id: Annotated[str, Meta(max_length=127)] = ""
    custom_id: Annotated[str, Meta(max_length=127)] = ""
    note_to_payer: Annotated[str, Meta(max_length=255)] = ""


def read_capture(ask: Ask) -> Made:
    """One capture."""
    return Made(_captured(ask), 200)


def refund(ask: Ask) -> Made:
    """Give back a capture, or a part of it."""
    account, taken, wanted = ask.account, _captured(ask), ask.read(NewRefund)
    if taken.status == "PENDING":
        raise errors.unprocessable("PENDING_CAPTURE", "Cannot initiate a refund, the capture is pending.")
    if taken.status == "DECLINED":
        raise errors.unprocessable("REFUND_NOT_ALLOWED", "The capture was declined.")
    case = account.dispute_of(taken.id)
    if case is not None and case.outcome != "RESOLVED_SELLER_FAVOUR":
        raise errors.unprocessable(
            "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK",
            "Refunds not allowed on this capture due to a chargeback on the card or bank.",
        )
    left = left_of(account, taken)
    if left == 0:
        raise errors.unprocessable("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded.")
    if wanted.amount and wanted.amount.currency_code != taken.currency:
        raise errors.unprocessable("REFUND_CAPTURE_CURRENCY_MISMATCH", "The currency must be the capture's.")
    amount = wanted.amount.minor() if wanted.amount else left
    if amount > left:
        raise errors.unprocessable(
            "REFUND_AMOUNT_EXCEEDED", "The refund amount must be less than or equal to the capture amount."
        )
    if wanted.invoice_id and any(one.invoice_id == wanted.invoice_id for one in account.refunds.values()):
        raise errors.unprocessable("DUPLICATE_INVOICE_ID", "Requested invoice number has been used before.")
    made = make(
        account,
        taken,
        amount,
        invoice_id=wanted.invoice_id,
        custom_id=wanted.custom_id,
        note=wanted.note_to_payer,
    )
    return Made(made)


def read_refund(ask: Ask) -> Made:
    """One refund."""
    found = ask.account.refunds.get(ask.path["id"])
    if found is None:
        raise errors.not_found()
    return Made(found, 200)


def left_of(account: Account, taken: Capture) -> int:
    """What was taken and neither given back nor on its way."""
    refunds = account.refunds_of(taken.id)
    return taken.amount - sum(one.amount for one in refunds if one.status != "FAILED")


def make(account: Account, taken: Capture, amount: int, **told: str) -> Refund:
    """A refund that nothing stands against; `told` are its invoice_id, custom_id and note."""
    struck = next(
        (fault for kind in REFUND_FAULTS if (fault := account.faults.take(kind, taken.order))), None
    )
    waits = struck is not None and struck.kind != "refund_fails_after_success"
    made = account.save(
        Refund(
            id=new_id(),
            capture=taken.id,
            amount=amount,
            currency=taken.currency,
            status="PENDING" if waits else "COMPLETED",
            created=seconds(),
            **told,
        )
    )
    _became(account, made)
    if struck is not None:
        _plan(account, made, struck)
    return made


def succeed(account: Account, refund_id: str) -> Refund:
    """A refund that is under way is done; another stays as it is."""
    made = account.refunds[refund_id]
    if made.status != "PENDING":
        return made
    made = account.save(replace(made, status="COMPLETED"))
    _became(account, made)
    return made


def fail(account: Account, refund_id: str) -> Refund:
    """The money comes back, also after success; the capture may be refunded again."""
    made = account.refunds[refund_id]
    if made.status == "FAILED":
        return made
    made = account.save(replace(made, status="FAILED"))
    _became(account, made)
    return made


def dispute(account: Account, taken: Capture, kind: DisputeFault) -> Dispute:
    """The buyer asks the money back, and perhaps PayPal decides; a dispute that is open is decided."""
    case = account.dispute_of(taken.id)
    if case is None:
        now = seconds()
        case = account.save(
            Dispute(
                id=f"PP-R-{new_id()}",
                capture=taken.id,
                amount=taken.amount,
                currency=taken.currency,
                created=now,
                updated=now,
            )
        )
        _tell_dispute(account, case, "CREATED")
    if kind == "dispute_opened" or case.status == "RESOLVED":
        return case
    outcome = "RESOLVED_SELLER_FAVOUR" if kind == "dispute_won" else "RESOLVED_BUYER_FAVOUR"
    case = account.save(replace(case, status="RESOLVED", outcome=outcome, updated=seconds()))
    _tell_dispute(account, case, "RESOLVED")
    return case


def read_dispute(ask: Ask) -> dict[str, Any]:
    """One dispute."""
    case = ask.account.disputes.get(ask.path["id"])
    if case is None:
        raise errors.not_found()
    return shown.dispute(ask.account, case)


def _became(account: Account, made: Refund) -> None:
    """A refund's news: counted with its capture, and told.

    PAYMENT.REFUND.PENDING and .FAILED are known from integrations only.
    """
    taken = account.captures[made.capture]
    done = sum(one.amount for one in account.refunds_of(taken.id) if one.status == "COMPLETED")
    if done >= taken.amount:
        account.save(replace(taken, status="REFUNDED"))
    else:
        account.save(replace(taken, status="PARTIALLY_REFUNDED" if done else "COMPLETED"))
    kinds = {"COMPLETED": "PAYMENT.CAPTURE.REFUNDED", "PENDING": "PAYMENT.REFUND.PENDING"}
    kind = kinds.get(made.status, "PAYMENT.REFUND.FAILED")
    summary = f"A refund of {made.currency} is {made.status.lower()}"
    account.tell(kind, taken.order, "refund", shown.refund(account, made), summary)


def _plan(account: Account, made: Refund, fault: Fault) -> None:
    if fault.kind != "refund_pending":
        account.later(fault.delay_ms(LATE_MS), partial(fail, account, made.id))
    elif fault.ms is not None:
        account.later(fault.ms, partial(succeed, account, made.id))


def _tell_dispute(account: Account, case: Dispute, word: str) -> None:
    account.tell(
        f"CUSTOMER.DISPUTE.{word}",
        account.captures[case.capture].order,
        "dispute",
        shown.dispute(account, case),
        f"A dispute was {word.lower()}",
    )


def _captured(ask: Ask) -> Capture:
    taken = ask.account.captures.get(ask.path["id"])
    if taken is None:
        raise errors.not_found()
    return taken

"""Disputes: opened and decided by banks, answered by the merchant (gateways.md §4.5)."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.faults import DisputeFault
from holdfast.sandbox.providers.paystack import errors
from holdfast.sandbox.providers.paystack.account import Account, new_number
from holdfast.sandbox.providers.paystack.objects import Dispute, Shown, Transaction
from holdfast.sandbox.providers.paystack.wire import Ask, Envelope, envelope

ANSWER_SECONDS = 86_400


class Resolution(Struct, frozen=True):
    """The body of `PUT /dispute/{id}/resolve`."""

    resolution: Literal["merchant-accepted", "declined"]
    message: str
    refund_amount: Annotated[int, Meta(ge=0)]
    uploaded_filename: str = ""


def dispute(account: Account, made: Transaction, kind: DisputeFault) -> Dispute:
    """The buyer's bank asks the money back, and perhaps decides; a dispute that is open is decided."""
    case = account.dispute_of(made.id)
    if case is None:
        now = seconds()
        case = account.save(
            Dispute(
                id=str(new_number()),
                reference=made.id,
                amount=made.amount,
                currency=made.currency,
                domain=made.domain,
                created=now,
                due=now + ANSWER_SECONDS,
            )
        )
        _tell(account, case, "charge.dispute.create")
    if kind == "dispute_opened" or case.status == "resolved":
        return case
    return _resolve(account, case, won=kind == "dispute_won")


def remind(account: Account, reference: str) -> Dispute | None:
    """The merchant is told once more that an answer is awaited."""
    case = account.dispute_of(reference)
    if case is not None and case.status == "awaiting-merchant-feedback":
        _tell(account, case, "charge.dispute.remind")
    return case


def fetch(ask: Ask) -> Envelope:
    """One dispute."""
    return envelope("Dispute retrieved", _shown(ask.account, _find(ask)))


def listing(ask: Ask) -> Envelope:
    """Disputes newest first, of one transaction or status if asked."""
    wanted, status = ask.query.get("transaction"), ask.query.get("status")
    reference = None if wanted is None else ask.account.reference_of(wanted)
    return ask.page(
        "Disputes retrieved",
        (
            _shown(ask.account, case)
            for case in reversed(ask.account.disputes.values())
            if reference in (None, case.reference) and status in (None, case.status)
        ),
    )


def of_transaction(ask: Ask) -> Envelope:
    """The dispute about one transaction."""
    case = ask.account.dispute_of(ask.account.reference_of(ask.path["id"]))
    if case is None:
        raise errors.not_found("Dispute")
    return envelope("Dispute retrieved successfully", _shown(ask.account, case))


def resolve(ask: Ask) -> Envelope:
    """Give in, or say no and leave the decision to the bank."""
    case, wanted = _find(ask), ask.read(Resolution)
    if case.status != "awaiting-merchant-feedback":
        raise errors.invalid("Dispute has already been resolved", code="dispute_resolved")
    if wanted.resolution == "merchant-accepted":
        case = _resolve(ask.account, case, won=False)
    else:
        case = ask.account.save(replace(case, status="awaiting-bank-feedback"))
    return envelope("Dispute successfully resolved", _shown(ask.account, case))


def _resolve(account: Account, case: Dispute, *, won: bool) -> Dispute:
    resolution: Literal["declined", "merchant-accepted"] = "declined" if won else "merchant-accepted"
    case = account.save(replace(case, status="resolved", resolution=resolution, resolved=seconds()))
    if not won:
        account.save(replace(account.transactions[case.reference], status="reversed"))
    _tell(account, case, "charge.dispute.resolve")
    return case


def _find(ask: Ask) -> Dispute:
    case = ask.account.disputes.get(ask.path["id"])
    if case is None:
        raise errors.not_found("Dispute")
    return case


def _shown(account: Account, case: Dispute) -> Shown:
    return case.shown(account.transactions[case.reference])


def _tell(account: Account, case: Dispute, kind: str) -> None:
    account.tell(kind, case.reference, _shown(account, case))

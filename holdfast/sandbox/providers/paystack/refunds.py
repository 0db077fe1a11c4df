"""Refunds: queued, processed, failing, or in want of an account number (gateways.md §4.5)."""

from functools import partial
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.bank import NotNowError
from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.faults import REFUND_FAULTS
from holdfast.sandbox.providers.paystack import errors
from holdfast.sandbox.providers.paystack.account import Account, new_number
from holdfast.sandbox.providers.paystack.objects import Refund, Transaction
from holdfast.sandbox.providers.paystack.wire import Ask, Envelope, envelope

LATE_MS = 100


class NewRefund(Struct, frozen=True, kw_only=True):
    """The body of `POST /refund`."""

    transaction: str | int
    amount: Annotated[int, Meta(ge=1)] | None = None
    currency: str | None = None
    customer_note: str = ""
    merchant_note: str = ""


class AccountDetails(Struct, frozen=True):
    """Where the buyer wants the money: the body of `POST /refund/retry_with_customer_details/{id}`."""

    refund_account_details: dict[str, Any]


def create(ask: Ask) -> Envelope:
    """Give back what was paid, or a part; the same call twice is two refunds (§4.5)."""
    wanted, account = ask.read(NewRefund), ask.account
    made = account.transactions.get(account.reference_of(str(wanted.transaction)))
    if made is None:
        raise errors.not_found("Transaction")
    if made.status == "reversed":
        raise errors.invalid("Transaction has been fully reversed", code="transaction_reversed")
    if made.status != "success":
        raise errors.invalid("Only successful transactions can be refunded", code="invalid_transaction")
    if wanted.currency not in (None, made.currency):
        raise errors.invalid("Currency does not match that of the transaction")
    left = left_of(account, made)
    if left == 0:
        raise errors.invalid("Transaction has been fully reversed", code="transaction_reversed")
    if wanted.amount is not None and wanted.amount > left:
        raise errors.invalid("Refund amount is more than what is left of the transaction")
    case = account.dispute_of(made.id)
    if case is not None and case.status != "resolved":
        raise errors.invalid("Transaction has an open dispute", code="transaction_disputed")
    refund = make(
        account,
        made,
        wanted.amount or left,
        customer_note=wanted.customer_note,
        merchant_note=wanted.merchant_note,
    )
    return envelope("Refund has been queued for processing", {**refund.shown(), "transaction": made.shown()})


def left_of(account: Account, made: Transaction) -> int:
    """What was paid and neither given back nor on its way."""
    refunds = account.refunds_of(made.id)
    return made.amount - sum(refund.amount for refund in refunds if refund.status != "failed")


def make(
    account: Account, made: Transaction, amount: int, *, customer_note: str = "", merchant_note: str = ""
) -> Refund:
    """A refund that nothing stands against; it is processed a moment later, if no fault is in the way."""
    note = f"Refund for transaction {made.id}"
    refund = account.save(
        Refund(
            id=str(new_number()),
            reference=made.id,
            transaction=made.number,
            domain=made.domain,
            email=made.email,
            amount=amount,
            currency=made.currency,
            customer_note=customer_note or note,
            merchant_note=merchant_note or f"{note} by merchant@example.com",
            created=seconds(),
        )
    )
    _tell(account, refund)
    struck = next((fault for kind in REFUND_FAULTS if (fault := account.faults.take(kind, made.id))), None)
    if struck is None:
        account.later(LATE_MS, partial(succeed, account, refund.id))
    elif struck.kind == "refund_pending":
        if struck.ms is not None:
            account.later(struck.ms, partial(succeed, account, refund.id))
    elif struck.kind == "refund_fails":
        account.later(struck.delay_ms(LATE_MS), partial(fail, account, refund.id))
    else:
        refund = succeed(account, refund.id)
        account.later(struck.delay_ms(LATE_MS), partial(fail, account, refund.id))
    return refund


def fetch(ask: Ask) -> Envelope:
    """One refund."""
    return envelope("Refund retrieved", _find(ask).shown())


def listing(ask: Ask) -> Envelope:
    """Refunds newest first, of one transaction if asked, named by its number or reference."""
    wanted = ask.query.get("transaction") or ask.query.get("reference")
    reference = None if wanted is None else ask.account.reference_of(wanted)
    return ask.page(
        "Refunds retrieved",
        (
            refund.shown()
            for refund in reversed(ask.account.refunds.values())
            if reference in (None, refund.reference)
        ),
    )


def retry(ask: Ask) -> Envelope:
    """Go on with a refund that wants an account number."""
    refund = _find(ask)
    ask.read(AccountDetails)
    if refund.status != "needs-attention":
        raise errors.invalid('Invalid Refund state, refund status should be "needs-attention"')
    refund = _move(ask.account, refund, "processing")
    ask.account.later(LATE_MS, partial(succeed, ask.account, refund.id))
    return envelope("Refund retried and has been queued for processing", refund.shown())


def succeed(account: Account, refund_id: str) -> Refund:
    """A refund that is under way is done; another stays as it is."""
    refund = account.refunds[refund_id]
    if refund.status not in ("pending", "processing"):
        return refund
    if refund.status == "pending":
        refund = _move(account, refund, "processing")
    refund = _move(account, replace(refund, refunded=seconds()), "processed")
    _recount(account, refund.reference)
    return refund


def fail(account: Account, refund_id: str) -> Refund:
    """The money comes back, also after success; the transaction may be refunded again."""
    refund = account.refunds[refund_id]
    if refund.status == "failed":
        return refund
    refund = _move(account, replace(refund, refunded=None), "failed")
    _recount(account, refund.reference)
    return refund


def need_attention(account: Account, refund_id: str) -> Refund:
    """The buyer's bank wants an account number."""
    refund = account.refunds[refund_id]
    if refund.status not in ("pending", "processing"):
        raise NotNowError(f"{refund_id} is {refund.status}")
    return _move(account, refund, "needs-attention")


def _move(
    account: Account, refund: Refund, status: Literal["processing", "needs-attention", "processed", "failed"]
) -> Refund:
    refund = account.save(replace(refund, status=status))
    _tell(account, refund)
    return refund


def _recount(account: Account, reference: str) -> None:
    made, case = account.transactions[reference], account.dispute_of(reference)
    if case is not None and case.resolution == "merchant-accepted":
        return  # the dispute has taken all of it
    refunds = account.refunds_of(reference)
    done = sum(refund.amount for refund in refunds if refund.status == "processed")
    account.save(replace(made, status="reversed" if done >= made.amount else "success"))


def _find(ask: Ask) -> Refund:
    refund = ask.account.refunds.get(ask.path["id"])
    if refund is None:
        raise errors.not_found("Refund")
    return refund


def _tell(account: Account, refund: Refund) -> None:
    told = refund.told()
    if refund.status == "needs-attention":
        told |= {
            "id": refund.id,
            "customer_note": refund.customer_note,
            "merchant_note": refund.merchant_note,
        }
    account.tell(f"refund.{refund.status}", refund.reference, told)

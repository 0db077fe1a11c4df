"""Refunds: made, read, listed, and failing after all (gateways.md §2.4)."""

from functools import partial
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import new_id, seconds
from holdfast.sandbox.bank.faults import REFUND_FAULTS, Fault
from holdfast.sandbox.providers.stripe import errors
from holdfast.sandbox.providers.stripe.account import Account
from holdfast.sandbox.providers.stripe.events import emit
from holdfast.sandbox.providers.stripe.intents import AMOUNT_MAX
from holdfast.sandbox.providers.stripe.objects import Charge, Refund
from holdfast.sandbox.providers.stripe.wire import Params

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
LATE_MS = 100


class RefundList(Struct, frozen=True, kw_only=True):
    """A page of refunds, newest first."""

    object: Literal["list"] = "list"
    url: str = "/v1/refunds"
    has_more: bool
    data: list[Refund]


def create(account: Account, params: Params) -> Refund:
    """Give back what was collected, or a part of it; never more than what is left."""
    charge = _charge(account, params)
    amount = params.integer("amount", least=1, most=AMOUNT_MAX, beyond="amount_too_large")
    reason = params.choice("reason", REASONS)
    metadata = params.metadata({})
    params.done()
    if not charge.captured:
        raise errors.refused(f"Charge {charge.id} has nothing captured that could be refunded.")
    left = charge.amount_captured - charge.amount_refunded
    case = account.dispute_of(charge.id)
    if charge.disputed and not (case and case.status == "won"):
        raise errors.refused(
            f"Charge {charge.id} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if left == 0:
        raise errors.refused(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    if amount is not None and amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise errors.refused(message, param="amount")
    return make(account, charge, left if amount is None else amount, reason=reason, metadata=metadata)


def make(
    account: Account,
    charge: Charge,
    amount: int,
    *,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Refund:
    """A refund that nothing stands against: by the API, or on the dashboard."""
    struck = next(
        (fault for kind in REFUND_FAULTS if (fault := account.struck(kind, charge.payment_intent))), None
    )
    pending = struck is not None and struck.kind != "refund_fails_after_success"
    refund = Refund(
        id=new_id("re"),
        amount=amount,
        charge=charge.id,
        created=seconds(),
        currency=charge.currency,
        metadata=metadata or {},
        payment_intent=charge.payment_intent,
        pending_reason="processing" if pending else None,
        reason=reason,
        status="pending" if pending else "succeeded",
    )
    account.save(refund)
    charge = _recount(account, charge)
    emit(account, "refund.created", refund)
    emit(account, "charge.refunded", charge)
    if struck is not None:
        _plan(account, refund, struck)
    return refund


def read(account: Account, params: Params, refund_id: str) -> Refund:
    """One refund; raises Refused 404."""
    params.done()
    refund = account.refunds.get(refund_id)
    if refund is None:
        raise errors.not_found("refund", refund_id)
    return refund


def listing(account: Account, params: Params) -> RefundList:
    """Refunds newest first, of one intent if asked."""
    limit, after = params.page()
    payment = params.text("payment_intent")
    params.done()
    found = list(account.refunds.values()) if payment is None else account.refunds_of(payment)
    if after is not None:
        ids = [refund.id for refund in found]
        if after not in ids:
            raise errors.no_such("refund", after, param="starting_after")
        found = found[: ids.index(after)]
    page = found[::-1][:limit]
    return RefundList(has_more=len(found) > limit, data=page)


def succeed(account: Account, refund_id: str) -> Refund:
    """A pending refund is done; one that is not pending stays as it is."""
    refund = account.refunds[refund_id]
    if refund.status != "pending":
        return refund
    before = {"status": refund.status, "pending_reason": refund.pending_reason}
    refund = account.save(replace(refund, status="succeeded", pending_reason=None))
    emit(account, "refund.updated", refund, previous=before)
    return refund


def fail(account: Account, refund_id: str) -> Refund:
    """The buyer's bank sends the money back, also after success; the charge may be refunded again."""
    refund = account.refunds[refund_id]
    if refund.status == "failed":
        return refund
    before = {"status": refund.status, "pending_reason": refund.pending_reason}
    refund = account.save(
        replace(refund, status="failed", pending_reason=None, failure_reason="expired_or_canceled_card")
    )
    _recount(account, account.charges[refund.charge])
    emit(account, "refund.updated", refund, previous=before)
    emit(account, "refund.failed", refund)
    return refund


def _charge(account: Account, params: Params) -> Charge:
    payment, charge_id = params.text("payment_intent"), params.text("charge")
    if payment:
        intent = account.intents.get(payment)
        if intent is None:
            raise errors.no_such("payment_intent", payment, param="payment_intent")
        if intent.status != "succeeded" or intent.latest_charge is None:
            message = f"This PaymentIntent ({payment}) does not have a successful charge to refund."
            raise errors.refused(message, param="payment_intent")
        return account.charges[intent.latest_charge]
    if charge_id:
        charge = account.charges.get(charge_id)
        if charge is None:
            raise errors.no_such("charge", charge_id, param="charge")
        return charge
    message = "One of the following params should be provided for this request: payment_intent or charge."
    raise errors.invalid(message, code="parameter_missing")


def _recount(account: Account, charge: Charge) -> Charge:
    refunds = account.refunds_of(charge.payment_intent)
    gone = sum(
        refund.amount for refund in refunds if refund.charge == charge.id and refund.status != "failed"
    )
    return account.save(replace(charge, amount_refunded=gone, refunded=gone == charge.amount_captured))


def _plan(account: Account, refund: Refund, fault: Fault) -> None:
    if fault.kind != "refund_pending":
        account.later(fault.delay_ms(LATE_MS), partial(fail, account, refund.id))
    elif fault.ms is not None:
        account.later(fault.ms, partial(succeed, account, refund.id))

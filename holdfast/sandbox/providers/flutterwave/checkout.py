"""What buyers and banks do to a bill: tries, proofs, ends, late money, chargebacks (gateways.md §5).

Owns every change of a payment that the merchant did not ask for, the same for both APIs.
"""

from functools import partial
from typing import Any

from msgspec.structs import replace

from holdfast.sandbox.bank.bank import NotNowError, Stage
from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS, DisputeFault
from holdfast.sandbox.providers.flutterwave.account import Account, number
from holdfast.sandbox.providers.flutterwave.objects import Bill, Chargeback, Try
from holdfast.sandbox.providers.flutterwave.v3 import shown as shown3
from holdfast.sandbox.providers.flutterwave.v4 import shown as shown4

LATE_MS = 100
AUTO_PAY_MS = 20


def stage(account: Account, bill: Bill) -> Stage:
    """How far a bill has come."""
    tries = account.tries_of(bill.id)
    if any(one.status == "successful" for one in tries):
        return "paid"
    failed = bool(tries) and tries[-1].status == "failed"
    if bill.ended or (bill.is_charge and failed):
        return "over"
    return "failed" if failed else "open"


def pay(account: Account, bill: Bill, *, why_not: str = "") -> Try:
    """One try to pay; with `why_not` the bank declines it."""
    one = _under_way(account, bill.id)
    if one is None or one.phase == "open":
        if account.faults.take("three_d_secure", bill.id):
            return challenge(account, bill)
        one = one or _try(account, bill)
    if fault := account.faults.take("decline", bill.id):
        return fail(account, one, fault.code)
    if why_not:
        return fail(account, one, why_not)
    if fault := account.faults.take("processing", bill.id):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, bill))
        return account.save(replace(one, phase="processing"))
    return approve(account, one)


def challenge(account: Account, bill: Bill) -> Try:
    """The bank asks the buyer for proof before it answers."""
    return account.save(replace(_under_way(account, bill.id) or _try(account, bill), phase="proof"))


def prove(account: Account, bill: Bill, *, passed: bool) -> Try:
    """The buyer answers the challenge; raises NotNowError when there is none."""
    one = _under_way(account, bill.id)
    if one is None or one.phase != "proof":
        raise NotNowError(f"nobody was asked for proof for {bill.id}")
    return pay(account, bill) if passed else fail(account, one, "not_authenticated")


def approve(account: Account, one: Try) -> Try:
    """The bank says yes."""
    amount, currency = one.amount, one.currency
    if fault := account.faults.take("wrong_amount", one.bill):
        amount = fault.amount or max(1, amount - 1)
    if fault := account.faults.take("wrong_currency", one.bill):
        currency = fault.currency or ("EUR" if currency == "USD" else "USD")
    one = account.save(
        replace(one, status="successful", outcome="approved", amount=amount, currency=currency)
    )
    tell(account, one)
    for kind in DISPUTE_FAULTS:
        if account.faults.take(kind, one.bill):
            dispute(account, account.bills[one.bill], kind)
    return one


def fail(account: Account, one: Try, outcome: str) -> Try:
    """The try failed: a charge ends with it, a link only after as many as it allows."""
    one = account.save(replace(one, status="failed", outcome=outcome))
    tell(account, one)
    bill = account.bills[one.bill]
    failed = sum(each.status == "failed" for each in account.tries_of(bill.id))
    if bill.tries_max and failed >= bill.tries_max:
        account.save(replace(bill, ended=True))
    _maybe_late(account, bill)
    return one


def leave(account: Account, bill: Bill) -> Bill:
    """The buyer goes back to the shop; what was asked can still be paid."""
    bill = account.save(replace(bill, left=True))
    _maybe_late(account, bill)
    return bill


def end(account: Account, bill: Bill) -> Bill:
    """The session is over: the page is closed, and a try that was under way failed (§5.1)."""
    bill = account.save(replace(bill, ended=True))
    one = _under_way(account, bill.id)
    if one is not None:
        fail(account, one, "timed_out")
    else:
        _maybe_late(account, bill)
    return account.bills[bill.id]


def late_success(account: Account, bill: Bill) -> Try:
    """The last try that was not a success becomes one; without one, a link has a new try."""
    tries = [one for one in account.tries_of(bill.id) if one.status != "successful"]
    if not tries and bill.is_charge:
        raise NotNowError(f"{bill.id} is paid")
    return approve(account, tries[-1] if tries else _try(account, bill))


def auto_pay(account: Account, bill: str) -> None:
    """Pay as if the buyer had been waiting."""
    if stage(account, account.bills[bill]) == "open":
        pay(account, account.bills[bill])


def successful(account: Account, bill: Bill) -> Try:
    """The last try that brought money; raises NotNowError."""
    found = [one for one in account.tries_of(bill.id) if one.status == "successful"]
    if not found:
        raise NotNowError(f"{bill.id} is not paid")
    return found[-1]


def dispute(account: Account, bill: Bill, kind: DisputeFault) -> Chargeback:
    """The buyer's bank asks the money back, and perhaps decides; an open chargeback is decided."""
    paid = successful(account, bill)
    case = next((case for case in account.chargebacks.values() if case.paid == paid.id), None)
    if case is None:
        case = account.save(
            Chargeback(
                id=f"cbk_{number(8, {})}" if bill.is_charge else number(5, account.chargebacks),
                paid=paid.id,
                amount=paid.amount,
                currency=paid.currency,
                created=seconds(),
            )
        )
    if kind == "dispute_opened" or case.status in ("won", "lost", "accepted"):
        return case
    return account.save(replace(case, status="won" if kind == "dispute_won" else "lost"))


def shown(account: Account, thing: Any) -> Any:
    """A bill, a try, a refund or a chargeback as the API it belongs to shows it."""
    bill = account.bills[account.bill_of(thing.id) or ""]
    return (shown4 if bill.is_charge else shown3).show(account, thing)


def tell(account: Account, one: Try) -> None:
    """`charge.completed` tells of success and failure alike (§5.1, §5.2)."""
    bill = account.bills[one.bill]
    body = shown4.charge_event(account, one) if bill.is_charge else shown3.event(account, one)
    account.tell("charge.completed", bill.id, body)


def _under_way(account: Account, bill: str) -> Try | None:
    return next((one for one in account.tries_of(bill) if one.status == "pending"), None)


def _maybe_late(account: Account, bill: Bill) -> None:
    if fault := account.faults.take("late_success", bill.id):
        account.later(fault.delay_ms(LATE_MS), partial(late_success, account, bill))


def _try(account: Account, bill: Bill) -> Try:
    return account.save(
        Try(
            id=number(9, account.tries),
            bill=bill.id,
            amount=bill.amount,
            currency=bill.currency,
            created=seconds(),
        )
    )

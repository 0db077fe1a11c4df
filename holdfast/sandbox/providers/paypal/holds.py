"""An order's money: set aside, taken, let go; the calls about authorisations (gateways.md §6.2).

Owns every change of an authorisation or a capture that is no refund; leaves to `orders` who may ask for it.
"""

from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.bank import NotNowError
from holdfast.sandbox.bank.books import seconds
from holdfast.sandbox.bank.faults import DISPUTE_FAULTS
from holdfast.sandbox.providers.paypal import errors, reversals, shown
from holdfast.sandbox.providers.paypal.account import Account
from holdfast.sandbox.providers.paypal.objects import Capture, Hold, Money, Order, new_id
from holdfast.sandbox.providers.paypal.wire import Ask, Made, Nothing

LATE_MS = 100
HONOUR_SECONDS = 3 * 86_400
"""A hold may be renewed once its honour period is over (§6.2)."""


class HoldCapture(Struct, frozen=True, kw_only=True):
    """The body of a capture; nothing: all of it."""

    amount: Money | None = None
    final_capture: bool = False


class Renewal(Struct, frozen=True):
    """The body of a reauthorisation."""

    amount: Money | None = None


# ── what the merchant asks ────────────────────────────────────────────────────────────────────


def read_hold(ask: Ask) -> Made:
    """One authorisation."""
    return Made(_find(ask), 200)


def capture(ask: Ask) -> Made:
    """Take what was set aside, or a part; a final one lets the rest go."""
    account, held, wanted = ask.account, _find(ask), ask.read(HoldCapture)
    if held.status == "VOIDED":
        raise errors.unprocessable("AUTHORIZATION_VOIDED", "A voided authorization cannot be captured.")
    if held.status == "DENIED":
        raise errors.unprocessable("AUTHORIZATION_DENIED", "A denied authorization cannot be captured.")
    if held.status == "PENDING":
        raise errors.unprocessable("AUTHORIZATION_PENDING", "A pending authorization cannot be captured.")
    if held.status == "CAPTURED":
        raise errors.unprocessable("AUTHORIZATION_ALREADY_CAPTURED", "Authorization has been captured.")
    left = held.amount - sum(one.amount for one in account.captures_of(held.order))
    amount = wanted.amount.minor() if wanted.amount else left
    if wanted.amount and wanted.amount.currency_code != held.currency:
        raise errors.unprocessable("CURRENCY_MISMATCH", "The currency must be that of the authorization.")
    if amount > left:
        raise errors.unprocessable("MAX_CAPTURE_AMOUNT_EXCEEDED", "Capture amount exceeds allowable limit.")
    final = wanted.final_capture or amount == left
    return Made(take(account, account.orders[held.order], amount, hold=held, final=final))


def void(ask: Ask) -> Made | Nothing:
    """Let go of what was set aside: 204, or the authorisation where a representation is preferred."""
    held = _find(ask)
    if held.status in ("CAPTURED", "PARTIALLY_CAPTURED"):
        raise errors.unprocessable(
            "PREVIOUSLY_CAPTURED", "Authorization has been previously captured and cannot be voided."
        )
    if held.status == "VOIDED":
        raise errors.unprocessable("PREVIOUSLY_VOIDED", "Authorization has been previously voided.")
    held = let_go(ask.account, held)
    return Made(held, 200) if ask.whole else Nothing()


def reauthorize(ask: Ask) -> Made:
    """Renew a hold after its honour period, once."""
    held = _find(ask)
    ask.read(Renewal)
    if held.status != "CREATED":
        raise errors.unprocessable("AUTHORIZATION_VOIDED", f"The authorization is {held.status}.")
    if seconds() - held.created < HONOUR_SECONDS:
        raise errors.unprocessable(
            "REAUTHORIZATION_TOO_SOON",
            "A second authorization is not allowed within the honor period of three days.",
        )
    return Made(ask.account.save(replace(held, created=seconds())))


# ── what becomes of the money ─────────────────────────────────────────────────────────────────


def take(
    account: Account, made: Order, amount: int, *, hold: Hold | None = None, final: bool = True
) -> Capture:
    """The money is taken, or is on its way."""
    currency = made.currency
    if fault := account.faults.take("wrong_amount", made.id):
        amount = fault.amount or max(1, amount - 1)
    if fault := account.faults.take("wrong_currency", made.id):
        currency = fault.currency or ("EUR" if currency == "USD" else "USD")
    slow = account.faults.take("processing", made.id)
    taken = account.save(
        Capture(
            id=new_id(),
            order=made.id,
            hold=hold.id if hold else "",
            amount=amount,
            currency=currency,
            status="PENDING" if slow else "COMPLETED",
            reason="ECHECK" if slow else "",
            final=final,
            created=seconds(),
        )
    )
    if hold is not None:
        account.save(replace(hold, status="CAPTURED" if final else "PARTIALLY_CAPTURED"))
    account.save(replace(made, status="COMPLETED", declined=False, updated=seconds()))
    if slow:
        account.later(slow.delay_ms(LATE_MS), partial(complete, account, taken.id))
        _tell_capture(account, taken, "PENDING")
        return taken
    return _came(account, taken)


def complete(account: Account, capture_id: str) -> Capture:
    """Money that was on its way has come; a capture that is not pending stays as it is."""
    taken = account.captures[capture_id]
    if taken.status != "PENDING":
        return taken
    return _came(account, account.save(replace(taken, status="COMPLETED", reason="")))


def deny(account: Account, made: Order) -> None:
    """What was pending does not come after all; raises NotNowError."""
    held = account.hold_of(made.id)
    pending = [one for one in account.captures_of(made.id) if one.status == "PENDING"]
    if held is not None and held.status == "PENDING":
        account.save(replace(held, status="DENIED"))
    elif pending:
        taken = account.save(replace(pending[-1], status="DECLINED", reason=""))
        _tell_capture(account, taken, "DECLINED")
    else:
        raise NotNowError(f"nothing of {made.id} is pending")


def set_aside(account: Account, made: Order) -> Hold:
    """The money is authorised, or will be."""
    slow = account.faults.take("processing", made.id)
    amount = made.amount
    if fault := account.faults.take("wrong_amount", made.id):
        amount = fault.amount or max(1, amount - 1)
    held = account.save(
        Hold(
            id=new_id(),
            order=made.id,
            amount=amount,
            currency=made.currency,
            status="PENDING" if slow else "CREATED",
            created=seconds(),
        )
    )
    account.save(replace(made, status="COMPLETED", declined=False, updated=seconds()))
    if slow:
        account.later(slow.delay_ms(LATE_MS), partial(grant, account, held.id))
        return held
    _tell_hold(account, held, "CREATED")
    return held


def grant(account: Account, hold_id: str) -> Hold:
    """An authorisation that was pending is made; another stays as it is."""
    held = account.holds[hold_id]
    if held.status == "PENDING":
        held = account.save(replace(held, status="CREATED"))
        _tell_hold(account, held, "CREATED")
    return held


def let_go(account: Account, held: Hold) -> Hold:
    """What was set aside is the buyer's again."""
    held = account.save(replace(held, status="VOIDED"))
    _tell_hold(account, held, "VOIDED")
    return held


def _came(account: Account, taken: Capture) -> Capture:
    _tell_capture(account, taken, "COMPLETED")
    made = account.orders[taken.order]
    account.tell(
        "CHECKOUT.ORDER.COMPLETED",
        made.id,
        "checkout-order",
        shown.order(account, made),
        "Checkout Order Completed",
    )
    for kind in DISPUTE_FAULTS:
        if account.faults.take(kind, made.id):
            reversals.dispute(account, taken, kind)
    return taken


def _tell_capture(account: Account, taken: Capture, word: str) -> None:
    summary = f"Payment {word.lower()} for {taken.currency}"
    account.tell(f"PAYMENT.CAPTURE.{word}", taken.order, "capture", shown.capture(account, taken), summary)


def _tell_hold(account: Account, held: Hold, word: str) -> None:
    summary = f"A payment authorization was {word.lower()}"
    account.tell(
        f"PAYMENT.AUTHORIZATION.{word}", held.order, "authorization", shown.hold(account, held), summary
    )


def _find(ask: Ask) -> Hold:
    held = ask.account.holds.get(ask.path["id"])
    if held is None:
        raise errors.not_found()
    return held

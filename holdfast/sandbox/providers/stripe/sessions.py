"""Checkout Sessions (gateways.md §2.3): a hosted page, and the intent that its buyer begins.

Owns what becomes of a session; leaves its intent to `intents` and `charges`.
"""

import secrets
from functools import partial
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.bank import NotNowError
from holdfast.sandbox.bank.books import new_id, newest, seconds
from holdfast.sandbox.providers.stripe import charges, errors
from holdfast.sandbox.providers.stripe.account import Account
from holdfast.sandbox.providers.stripe.events import emit
from holdfast.sandbox.providers.stripe.intents import AMOUNT_MAX, AUTO_PAY_MS, CAPTURE_METHODS, check_money
from holdfast.sandbox.providers.stripe.objects import CheckoutSession, IntentPlan, PaymentIntent
from holdfast.sandbox.providers.stripe.wire import Params

LIFE_SECONDS = 24 * 3_600
LIFE_SECONDS_MIN = 30 * 60
CLOCKS_DIFFER_SECONDS = 60
UI_MODES = ("hosted_page", "embedded_page", "elements", "form", "hosted", "embedded", "custom")


class SessionList(Struct, frozen=True, kw_only=True):
    """A page of sessions, newest first."""

    object: Literal["list"] = "list"
    url: str = "/v1/checkout/sessions"
    has_more: bool
    data: list[CheckoutSession]


def create(account: Account, params: Params) -> CheckoutSession:
    """A new session over the sum of its lines."""
    session_id = new_id("cs_test")
    if params.choice("mode", ("payment",)) is None:
        raise errors.missing("mode")
    amount, currency = _sum(params.rows("line_items"))
    inside = params.inner("payment_intent_data")
    plan = IntentPlan(
        id=session_id,
        capture_method=inside.choice("capture_method", CAPTURE_METHODS) or "automatic_async",
        description=inside.text("description") or None,
        metadata=inside.metadata({}),
    )
    inside.done()
    success_url = params.text("success_url")
    if not success_url:
        raise errors.missing("success_url")
    session = CheckoutSession(
        id=session_id,
        amount_total=amount,
        cancel_url=params.text("cancel_url") or None,
        client_reference_id=params.text("client_reference_id", longest=200) or None,
        created=seconds(),
        currency=currency,
        customer_email=params.text("customer_email") or None,
        expires_at=_end(params),
        metadata=params.metadata({}),
        success_url=success_url,
        url=f"{account.base_url}/c/pay/{session_id}",
    )
    params.choice("ui_mode", UI_MODES)
    params.done()
    account.save(plan)
    account.save(session)
    account.faults.arm_magic(session_id, amount)
    if account.settings.auto:
        account.later(AUTO_PAY_MS, partial(_auto_pay, account, session_id))
    return session


def read(account: Account, params: Params, session_id: str) -> CheckoutSession:
    """One session; raises Refused 404."""
    params.done()
    return _find(account, session_id)


def expire(account: Account, params: Params, session_id: str) -> CheckoutSession:
    """Close an open session; its intent is cancelled with it."""
    params.done()
    session = _find(account, session_id)
    if session.status != "open":
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired. This Session has a status '
        )
        raise errors.refused(f"{message}of {session.status}.")
    return end(account, session)


def listing(account: Account, params: Params) -> SessionList:
    """Sessions newest first, or those of one intent."""
    limit, after = params.page()
    intent = params.text("payment_intent")
    params.done()
    ids = list(account.sessions)
    if after is not None:
        if after not in account.sessions:
            raise errors.no_such("checkout.session", after, param="starting_after")
        ids = ids[: ids.index(after)]
    wanted = (account.sessions[session_id] for session_id in reversed(ids))
    found = newest((one for one in wanted if intent in (None, one.payment_intent)), limit=limit + 1)
    return SessionList(has_more=len(found) > limit, data=found[:limit])


def begin(account: Account, session_id: str) -> PaymentIntent:
    """The buyer begins: the intent of a session, made once; raises NotNowError for one that is over."""
    session = current(account, session_id)
    if session.payment_intent is None and session.status != "open":
        raise NotNowError(f"{session_id} is {session.status}")
    return _intent_of(account, session)


def late_success(account: Account, session_id: str) -> PaymentIntent:
    """The money of a buyer who had the page open arrives, also when the session is over."""
    return charges.late_success(account, _intent_of(account, account.sessions[session_id]).id)


def current(account: Account, session_id: str) -> CheckoutSession:
    """A session as it stands now: an open one whose time is over ends."""
    session = account.sessions[session_id]
    over = session.status == "open" and session.expires_at <= seconds()
    return end(account, session) if over else session


def end(account: Account, session: CheckoutSession) -> CheckoutSession:
    """Nobody can pay an open session any more."""
    session = account.save(replace(session, status="expired", url=None))
    intent = account.intents.get(session.payment_intent or "")
    if intent is not None and intent.status in charges.CONFIRMABLE:
        charges.cancel(account, intent, reason="expired")
    emit(account, "checkout.session.expired", session)
    if fault := account.faults.take("late_success", session.id):
        account.later(fault.delay_ms(charges.LATE_MS), partial(late_success, account, session.id))
    return session


def follow(account: Account, intent: PaymentIntent) -> None:
    """What its intent has become makes a session complete, and later paid."""
    session = account.sessions.get(account.payment_of(intent.id))
    if session is None:
        return
    if intent.status == "succeeded" and session.payment_status == "unpaid":
        first = session.status != "complete"
        session = account.save(replace(session, status="complete", payment_status="paid", url=None))
        if first or intent.capture_method != "manual":  # a capture is no event of the session
            name = "completed" if first else "async_payment_succeeded"
            emit(account, f"checkout.session.{name}", session)
    elif intent.status in ("processing", "requires_capture") and session.status != "complete":
        session = account.save(replace(session, status="complete", url=None))
        emit(account, "checkout.session.completed", session)


def _intent_of(account: Account, session: CheckoutSession) -> PaymentIntent:
    if session.payment_intent is not None:
        return account.intents[session.payment_intent]
    plan, intent_id = account.plans[session.id], new_id("pi")
    account.save(replace(session, payment_intent=intent_id))
    intent = PaymentIntent(
        id=intent_id,
        amount=session.amount_total,
        capture_method=plan.capture_method,
        client_secret=f"{intent_id}_secret_{secrets.token_hex(12)}",
        created=seconds(),
        currency=session.currency,
        description=plan.description,
        metadata=plan.metadata,
        receipt_email=session.customer_email,
    )
    account.save(intent)
    emit(account, "payment_intent.created", intent)
    return intent


def _find(account: Account, session_id: str) -> CheckoutSession:
    if session_id not in account.sessions:
        raise errors.not_found("checkout.session", session_id)
    return current(account, session_id)


def _sum(lines: list[Params]) -> tuple[int, str]:
    if not lines:
        raise errors.missing("line_items")
    total, currencies = 0, set()
    for line in lines:
        price = line.inner("price_data")
        product = price.inner("product_data")
        if not product.text("name"):
            raise errors.missing("line_items[0][price_data][product_data][name]")
        product.done()
        amount = price.integer("unit_amount", least=0, most=AMOUNT_MAX, beyond="amount_too_large")
        currencies.add((price.text("currency") or "").lower())
        price.done()
        quantity = line.integer("quantity", least=1, most=AMOUNT_MAX)
        line.done()
        if amount is None or quantity is None:
            raise errors.missing("line_items[0][price_data][unit_amount]")
        total += amount * quantity
    if len(currencies) != 1:
        raise errors.invalid("All line items must have the same currency.", param="line_items")
    return check_money(total, next(iter(currencies)))


def _end(params: Params) -> int:
    now = seconds()
    wanted = params.integer("expires_at", least=0, most=now + LIFE_SECONDS + CLOCKS_DIFFER_SECONDS)
    if wanted is not None and wanted < now + LIFE_SECONDS_MIN - CLOCKS_DIFFER_SECONDS:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise errors.invalid(message, param="expires_at")
    return now + LIFE_SECONDS if wanted is None else wanted


def _auto_pay(account: Account, session_id: str) -> None:
    if current(account, session_id).status == "open":
        intent = begin(account, session_id)
        if intent.status in charges.CONFIRMABLE:
            charges.attempt(account, intent, charges.GOOD_CARD)

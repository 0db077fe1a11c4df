"""The merchant's calls about PaymentIntents (gateways.md §2.2); what a card does is in `charges`."""

import re
import secrets
from functools import partial
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from holdfast.sandbox.bank.books import new_id, newest, seconds
from holdfast.sandbox.bank.gate import Refused
from holdfast.sandbox.providers.stripe import charges, errors
from holdfast.sandbox.providers.stripe.account import Account
from holdfast.sandbox.providers.stripe.events import emit
from holdfast.sandbox.providers.stripe.objects import CaptureMethod, PaymentIntent, ReturnUrl
from holdfast.sandbox.providers.stripe.wire import Params

AMOUNT_MAX = 99_999_999
AUTO_PAY_MS = 20
CAPTURE_METHODS: tuple[CaptureMethod, ...] = get_args(CaptureMethod)
CANCEL_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
STEPS = {"ugx": 100, "isk": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10}
"""Currencies whose last digits must be zeros (§1.2)."""
LEAST = {
    "aed": 2_00, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 15_00, "dkk": 2_50, "eur": 50, "gbp": 30,
    "hkd": 4_00, "huf": 175_00, "inr": 50, "jpy": 50, "mxn": 10_00, "myr": 2_00, "nok": 3_00, "nzd": 50,
    "pln": 2_00, "ron": 2_00, "sek": 3_00, "sgd": 50, "thb": 10_00, "usd": 50,
}  # fmt: skip
"""The smallest amounts in minor units; an account settles all its currencies in one of these (§2.8)."""

_CURRENCY = re.compile(r"[a-z]{3}")
_CLAUSE = re.compile(r"""metadata\[(['"])(?P<key>[^'"]+)\1\]\s*:\s*(['"])(?P<value>[^'"]*)\3""")


class IntentList(Struct, frozen=True, kw_only=True):
    """A page of intents, newest first."""

    object: Literal["list"] = "list"
    url: str = "/v1/payment_intents"
    has_more: bool
    data: list[PaymentIntent]


class IntentSearch(Struct, frozen=True, kw_only=True):
    """What a search found, newest first."""

    object: Literal["search_result"] = "search_result"
    url: str = "/v1/payment_intents/search"
    has_more: bool
    next_page: str | None = None
    data: list[PaymentIntent]


def create(account: Account, params: Params) -> PaymentIntent:
    """A new intent, and its first try where `confirm` asks for it."""
    intent_id = new_id("pi")
    amount, currency = _money(params)
    intent = PaymentIntent(
        id=intent_id,
        amount=amount,
        automatic_payment_methods=_automatic(params),
        capture_method=params.choice("capture_method", CAPTURE_METHODS) or "automatic_async",
        client_secret=f"{intent_id}_secret_{secrets.token_hex(12)}",
        created=seconds(),
        currency=currency,
        customer=params.text("customer") or None,
        description=params.text("description") or None,
        metadata=params.metadata({}),
        payment_method_types=params.texts("payment_method_types") or ("card",),
        receipt_email=params.text("receipt_email") or None,
        setup_future_usage=params.choice("setup_future_usage", ("off_session", "on_session")),
        statement_descriptor_suffix=params.text("statement_descriptor_suffix") or None,
    )
    method = _method(params)
    confirm_now = params.flag("confirm")
    return_url = params.text("return_url") or None
    params.done()
    if return_url is not None and not confirm_now:
        message = "The parameter return_url can only be used when confirm is true."
        raise errors.invalid(message, param="return_url")
    if confirm_now and method is None:
        raise _no_method()
    if method is not None:
        intent = replace(intent, payment_method=method, status="requires_confirmation")
    account.save(intent)
    account.faults.arm_magic(intent.id, amount)
    emit(account, "payment_intent.created", intent)
    if confirm_now and method is not None:
        return _confirmed(account, intent, method, return_url)
    if account.settings.auto:
        account.later(AUTO_PAY_MS, partial(_auto_pay, account, intent.id))
    return intent


def read(account: Account, params: Params, intent_id: str) -> PaymentIntent:
    """One intent; raises Refused 404."""
    params.text("client_secret")
    params.done()
    return _find(account, intent_id)


def update(account: Account, params: Params, intent_id: str) -> PaymentIntent:
    """Change what may be changed: metadata always, the amount while nothing is collected."""
    intent = _find(account, intent_id)
    metadata = params.metadata(intent.metadata)
    description, email = params.text("description"), params.text("receipt_email")
    step = STEPS.get(intent.currency, 1)
    amount = params.integer("amount", least=1, most=AMOUNT_MAX, beyond="amount_too_large")
    params.done()
    if amount is not None:
        if amount % step:
            raise errors.invalid(f"Invalid amount: must be a multiple of {step}.", param="amount")
        if intent.status not in charges.CONFIRMABLE:
            raise errors.unexpected_state(intent, "update the amount of", charges.CONFIRMABLE)
    return account.save(
        replace(
            intent,
            amount=intent.amount if amount is None else amount,
            description=intent.description if description is None else description or None,
            metadata=metadata,
            receipt_email=intent.receipt_email if email is None else email or None,
        )
    )


def confirm(account: Account, params: Params, intent_id: str) -> PaymentIntent:
    """Try a card; raises Refused 402 when it is declined."""
    intent = _find(account, intent_id)
    method = _method(params) or intent.payment_method
    return_url = params.text("return_url") or None
    params.done()
    if intent.status not in charges.CONFIRMABLE:
        raise errors.unexpected_state(intent, "confirm", charges.CONFIRMABLE)
    if method is None:
        raise _no_method()
    return _confirmed(account, intent, method, return_url)


def capture(account: Account, params: Params, intent_id: str) -> PaymentIntent:
    """Collect what was authorised, or a part of it."""
    intent = _find(account, intent_id)
    amount = params.integer("amount_to_capture", least=1, most=AMOUNT_MAX, beyond="amount_too_large")
    params.flag("final_capture")
    params.metadata({})
    params.done()
    if intent.status != "requires_capture":
        raise errors.unexpected_state(intent, "capture", ("requires_capture",))
    if amount is not None and amount > intent.amount_capturable:
        message = f"The amount to capture must be no more than {intent.amount_capturable}."
        raise errors.invalid(message, code="amount_too_large", param="amount_to_capture")
    return charges.capture(account, intent, amount or intent.amount_capturable)


def cancel(account: Account, params: Params, intent_id: str) -> PaymentIntent:
    """End an intent from which nothing was collected."""
    intent = _find(account, intent_id)
    reason = params.choice("cancellation_reason", CANCEL_REASONS)
    params.done()
    session = account.sessions.get(account.payment_of(intent_id))
    if session is not None and session.status == "open":
        message = "This PaymentIntent belongs to an open Checkout Session; expire the Session instead."
        raise errors.refused(message, code="payment_intent_unexpected_state")
    if intent.status not in charges.CANCELLABLE:
        raise errors.unexpected_state(intent, "cancel", charges.CANCELLABLE)
    return charges.cancel(account, intent, reason=reason)


def listing(account: Account, params: Params) -> IntentList:
    """Intents newest first."""
    limit, after = params.page()
    params.done()
    ids = list(account.intents)
    if after is not None:
        if after not in account.intents:
            raise errors.no_such("payment_intent", after, param="starting_after")
        ids = ids[: ids.index(after)]
    found = newest((account.intents[intent] for intent in reversed(ids)), limit=limit + 1)
    return IntentList(has_more=len(found) > limit, data=found[:limit])


def search(account: Account, params: Params) -> IntentSearch:
    """Intents by metadata: `metadata['order_id']:'…'`, several joined by AND."""
    query = params.text("query")
    limit, _ = params.page()
    params.done()
    if not query:
        raise errors.missing("query")
    clauses = [_CLAUSE.fullmatch(clause.strip()) for clause in re.split(r"\s+AND\s+", query)]
    wanted = {clause["key"]: clause["value"] for clause in clauses if clause is not None}
    if None in clauses:
        raise errors.invalid(
            "We were unable to parse your search query; the sandbox knows metadata only.", param="query"
        )
    key, value = next(iter(wanted.items()))
    found = [
        intent for intent in account.intents_with(key, value) if wanted.items() <= intent.metadata.items()
    ]
    return IntentSearch(has_more=len(found) > limit, data=found[:limit])


def _find(account: Account, intent_id: str) -> PaymentIntent:
    intent = account.intents.get(intent_id)
    if intent is None:
        raise errors.not_found("payment_intent", intent_id)
    return intent


def check_money(amount: int, currency: str) -> tuple[int, str]:
    """An amount in a currency that can be collected; raises Refused for what cannot."""
    if not currency:
        raise errors.missing("currency")
    if _CURRENCY.fullmatch(currency) is None:
        raise errors.invalid(f"Invalid currency: {currency[:20]}", param="currency")
    step = STEPS.get(currency, 1)
    if amount % step:
        raise errors.invalid(f"Invalid amount: must be a multiple of {step} in {currency}.", param="amount")
    if amount < LEAST.get(currency, 0):
        raise errors.too_small(LEAST[currency], currency)
    return amount, currency


def _money(params: Params) -> tuple[int, str]:
    amount = params.integer("amount", least=1, most=AMOUNT_MAX, beyond="amount_too_large")
    currency = (params.text("currency") or "").lower()
    if amount is None:
        raise errors.missing("amount")
    return check_money(amount, currency)


def _automatic(params: Params) -> dict[str, bool | str] | None:
    table = params.table("automatic_payment_methods")
    if not table:
        return None
    if table.get("enabled") not in ("true", "false"):
        raise errors.missing("automatic_payment_methods[enabled]")
    return {
        "enabled": table["enabled"] == "true",
        "allow_redirects": table.get("allow_redirects", "always"),
    }


def _method(params: Params) -> str | None:
    method = params.text("payment_method") or None
    if method is not None and method not in charges.METHODS:
        raise errors.no_such("PaymentMethod", method, param="payment_method")
    return method


def _no_method() -> Refused:
    message = "You cannot confirm this PaymentIntent because it's missing a payment method."
    return errors.refused(message, code="payment_intent_unexpected_state")


def _confirmed(account: Account, intent: PaymentIntent, method: str, return_url: str | None) -> PaymentIntent:
    if return_url is not None:
        account.save(ReturnUrl(intent.id, return_url))
    intent = charges.attempt(account, intent, method)
    if intent.last_payment_error is not None:
        raise errors.card_declined(intent)
    return intent


def _auto_pay(account: Account, intent_id: str) -> None:
    intent = account.intents[intent_id]
    if intent.status in charges.CONFIRMABLE:
        charges.attempt(account, intent, charges.GOOD_CARD)

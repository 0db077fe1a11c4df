"""Stripe: PaymentIntents or Checkout Sessions, captured at once or later, and refunds (gateways.md §2).

It translates and nothing else. When to ask, what to believe and whether to ask again is decided
by those who call it. Which of the two an attempt was made as is seen by its id, so that the
setting may change at any time.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

import msgspec

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import (
    Answer,
    Ask,
    Attempted,
    Can,
    Deed,
    Facts,
    ProviderEvent,
    RefundAnswer,
    RefundAsk,
    RefundSaid,
    Refused,
    Said,
    Unknown,
    Wiring,
)
from holdfast.payment.providers.stripe import meaning
from holdfast.payment.providers.stripe.events import check_stripe, event_says
from holdfast.payment.providers.stripe.meaning import IN_SESSION, NAME, refusal
from holdfast.payment.providers.stripe.objects import Page
from holdfast.payment.wire import amounts
from holdfast.payment.wire.call import Line, key, path
from holdfast.payment.wire.sections import Key, Keys, Url

API_VERSION = "2026-10-28.endive"
LIST_ROWS_MAX = 100
_OK = frozenset({200})

# Stripe's own table of the smallest charges, in minor units (docs.stripe.com/currencies).
_LEAST = {
    "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1_500, "DKK": 250, "EUR": 50,
    "GBP": 30, "HKD": 400, "HUF": 17_500, "INR": 50, "JPY": 50, "MXN": 1_000, "MYR": 200, "NOK": 300,
    "NZD": 50, "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1_000, "USD": 50,
}  # fmt: skip


class StripeSettings(msgspec.Struct, frozen=True):
    """An account of Stripe's, or the sandbox that speaks its protocol."""

    secret_key: Key
    webhook_secrets: Keys
    api_base: Url = "https://api.stripe.com"
    checkout: Literal["intent", "session"] = "intent"
    """A PaymentIntent for the shop's own page, or a Checkout Session on a page of Stripe's."""
    page_url: str = ""
    """Where a buyer completes an intent by hand, with ``{id}`` and ``{client_secret}``: the sandbox."""


class StripeProvider:
    """Cards and whatever else the Stripe account has switched on."""

    name = NAME
    asks = True
    can = Can(frozenset(Deed), least=_LEAST)

    def __init__(self, settings: StripeSettings, wiring: Wiring) -> None:
        self.live = settings.secret_key.startswith(("sk_live_", "rk_live_"))
        self._settings = settings
        headers = {"Authorization": f"Bearer {settings.secret_key}", "Stripe-Version": API_VERSION}
        self._line = Line(NAME, wiring, api_base=settings.api_base, headers=headers, accept=_OK)

    def plan(self, ask: Ask) -> Said:
        """Never called: Stripe is asked."""
        raise AssertionError(f"{ask.attempt_id} is to be asked for, not planned")

    async def create(self, ask: Ask) -> Answer:
        """Create an intent or a session.

        Its end is not sent: it would change the request that a repeat of the same key must equal.
        A session is expired actively instead, when the hold dies.
        """
        amount = amounts.to_units(NAME, ask.amount_minor, ask.currency)
        if amount is None:
            return _not_payable(ask.amount_minor, ask.currency)
        ours = {"order_id": ask.order_id, "attempt_id": ask.attempt_id}
        in_session = self._settings.checkout == "session"
        form = _session_form(ask, amount, ours) if in_session else _intent_form(ask, amount, ours)
        return await self._line.ask(
            "POST",
            "/v1/checkout/sessions" if in_session else "/v1/payment_intents",
            meaning.session_says if in_session else self._intent,
            refusal,
            form=form,
            headers={"Idempotency-Key": key("create", ask.attempt_id, ask.again)},
        )

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """Search intents by metadata, which knows one after a minute; one that was paid comes first.

        A session has an intent only once its buyer has begun; before that the key of create finds it.
        """
        query = urlencode({"query": f"metadata['attempt_id']:'{attempt_id}'"})
        found = await self._line.ask("GET", f"/v1/payment_intents/search?{query}", self._intents, refusal)
        match found:
            case Refused(code=code):
                return Unknown(f"the search was refused: {code}")
            case Unknown():
                return found
        best = max(found, key=lambda said: said.state is AttemptState.CAPTURED, default=None)
        if best is None or best.provider_ref:
            return best
        return await self._session_of(best)

    async def look_up(self, provider_ref: str) -> Answer:
        """Read the session with its intent, or the intent."""
        if not _is_session(provider_ref):
            return await self._line.ask(
                "GET", path("v1", "payment_intents", provider_ref), self._intent, refusal
            )
        address = path("v1", "checkout", "sessions", provider_ref) + "?expand[]=payment_intent"
        return await self._line.ask("GET", address, meaning.session_says, refusal)

    async def finish(self, attempted: Attempted) -> Answer:
        """Nothing waits for us: Stripe goes on by itself once a buyer has agreed."""
        return await self.look_up(attempted.provider_ref)

    async def capture(self, attempted: Attempted) -> Answer:
        """Capture the intent; the rest of what was authorised is released."""
        amount = amounts.to_units(NAME, attempted.amount_minor, attempted.currency)
        if amount is None:
            return _not_payable(attempted.amount_minor, attempted.currency)
        intent = await self._intent_of(attempted.provider_ref, attempted.charge_ref)
        if not isinstance(intent, str):
            return intent
        answer = await self._line.ask(
            "POST",
            path("v1", "payment_intents", intent, "capture"),
            self._intent,
            refusal,
            form={"amount_to_capture": str(amount)},
            headers={"Idempotency-Key": key("capture", attempted.attempt_id, attempted.again)},
        )
        if isinstance(answer, Refused) and answer.code == "payment_intent_unexpected_state":
            now = await self.look_up(attempted.provider_ref)
            return now if isinstance(now, Said) and now.state is AttemptState.CAPTURED else answer
        return answer

    async def close(self, provider_ref: str) -> Answer:
        """Expire the session or cancel the intent; where its state forbids that, read how it ended.

        The intent of an open session is not cancelled (§2.2); one that holds authorised money is.
        """
        if not _is_session(provider_ref):
            return await self._cancel(provider_ref, provider_ref)
        address = path("v1", "checkout", "sessions", provider_ref, "expire")
        answer = await self._line.ask("POST", address, meaning.session_says, refusal, form={})
        if not isinstance(answer, Refused):
            return answer
        now = await self.look_up(provider_ref)
        if isinstance(now, Said) and now.state is AttemptState.AUTHORIZED and now.charge_ref:
            return await self._cancel(now.charge_ref, provider_ref)
        return now

    async def refund(self, refund: RefundAsk) -> RefundAnswer:
        """Refund a part or all of a captured intent."""
        amount = amounts.to_units(NAME, refund.amount_minor, refund.currency)
        if amount is None:
            return _not_payable(refund.amount_minor, refund.currency)
        intent = await self._intent_of(refund.provider_ref, refund.charge_ref)
        if not isinstance(intent, str):
            return intent
        return await self._line.ask(
            "POST",
            "/v1/refunds",
            self._refund,
            refusal,
            form={"payment_intent": intent, "amount": str(amount), "metadata[refund_id]": refund.refund_id},
            headers={"Idempotency-Key": key("refund", refund.refund_id, refund.again)},
        )

    async def find_refund(self, refund: RefundAsk) -> RefundSaid | Unknown | None:
        """Look through the intent's refunds; a list, unlike a search, is never behind."""
        intent = await self._intent_of(refund.provider_ref, refund.charge_ref)
        if not isinstance(intent, str):
            return (
                intent if isinstance(intent, Unknown) else Unknown(f"its intent is not known: {intent.code}")
            )
        query = urlencode({"payment_intent": intent, "limit": LIST_ROWS_MAX})

        def read(body: bytes) -> list[RefundSaid] | None:
            page = msgspec.json.decode(body, type=Page)
            refunds = [meaning.refund_says(row, live=self.live) for row in page.data]
            ours = [found for found in refunds if found and found.reference == refund.refund_id]
            return None if page.has_more and not ours else ours

        found = await self._line.ask("GET", f"/v1/refunds?{query}", read, refusal)
        match found:
            case Refused(code=code):
                return Unknown(f"the list was refused: {code}")
            case Unknown():
                return found
            case _:
                return found[0] if found else None

    def check_return(self, params: Mapping[str, str], provider_ref: str) -> None:
        """Stripe signs nothing here (§12.4)."""

    async def read_event(self, headers: Mapping[str, str], body: bytes, at: datetime) -> ProviderEvent:
        """Kinds and states that mean nothing to us have no facts (§2.6)."""
        secrets = self._settings.webhook_secrets
        check_stripe(headers.get("stripe-signature"), body, secrets=secrets, at=at)
        return self.translate(body)

    def translate(self, body: bytes) -> ProviderEvent:
        """What an event says; nothing of it is believed before its signature was checked."""
        return event_says(body, page_url=self._settings.page_url)

    async def confirm(self, event: ProviderEvent) -> Facts | Unknown | None:
        """Look up the session that an event told of."""
        if not isinstance(event.facts, Said):
            return event.facts
        answer = await self.look_up(event.facts.provider_ref)
        return Unknown(f"it was refused: {answer.code}") if isinstance(answer, Refused) else answer

    async def _cancel(self, intent: str, provider_ref: str) -> Answer:
        """Cancel an intent; the answer is about the object that we made."""
        address = path("v1", "payment_intents", intent, "cancel")
        form = {"cancellation_reason": "abandoned"}
        answer = await self._line.ask("POST", address, self._intent, refusal, form=form)
        if isinstance(answer, Refused) and answer.code == "payment_intent_unexpected_state":
            return await self.look_up(provider_ref)
        return answer

    async def _intent_of(self, provider_ref: str, charge_ref: str | None) -> str | Unknown | Refused:
        """Where the money lies; a session tells it where we have not learned it yet."""
        if not _is_session(provider_ref) or charge_ref:
            return charge_ref or provider_ref
        session = await self.look_up(provider_ref)
        if isinstance(session, Said):
            return session.charge_ref or Refused("no_intent", "nobody has begun to pay this session")
        return session

    async def _session_of(self, said: Said) -> Said | Unknown | None:
        query = urlencode({"payment_intent": said.charge_ref or "", "limit": 1})
        found = await self._line.ask("GET", f"/v1/checkout/sessions?{query}", meaning.sessions_say, refusal)
        match found:
            case Refused(code=code):
                return Unknown(f"the list was refused: {code}")
            case Unknown():
                return found
            case []:
                return Unknown("an intent of a session that is not listed")
            case [session, *_]:
                return await self._read_whole(session)
        return None

    async def _read_whole(self, session: Said) -> Said | Unknown:
        answer = await self.look_up(session.provider_ref)
        return Unknown(f"it was refused: {answer.code}") if isinstance(answer, Refused) else answer

    def _intent(self, body: bytes) -> Said | None:
        return meaning.intent_says(body, page_url=self._settings.page_url)

    def _intents(self, body: bytes) -> list[Said] | None:
        return meaning.intents_say(body, page_url=self._settings.page_url)

    def _refund(self, body: bytes) -> RefundSaid | None:
        return meaning.refund_says(body, live=self.live)  # a refund does not say its mode; our key does


def _is_session(provider_ref: str) -> bool:
    return provider_ref.startswith("cs_")


def _intent_form(ask: Ask, amount: int, ours: Mapping[str, str]) -> dict[str, str]:
    form = {
        "amount": str(amount),
        "currency": ask.currency.lower(),
        "automatic_payment_methods[enabled]": "true",
        "description": f"Order {ask.order_number}",
        **{f"metadata[{name}]": value for name, value in ours.items()},
    }
    return form | ({"capture_method": "manual"} if ask.authorise_only else {})


def _session_form(ask: Ask, amount: int, ours: Mapping[str, str]) -> dict[str, str]:
    """Metadata stands twice, since the session's is not copied to the intent (§2.3)."""
    inside = {**ours, IN_SESSION: "yes"}
    form = {
        "mode": "payment",
        "client_reference_id": ask.attempt_id,
        "success_url": ask.return_url,
        "cancel_url": ask.return_url,
        "line_items[0][price_data][currency]": ask.currency.lower(),
        "line_items[0][price_data][unit_amount]": str(amount),
        "line_items[0][price_data][product_data][name]": f"Order {ask.order_number}",
        "line_items[0][quantity]": "1",
        **{f"metadata[{name}]": value for name, value in ours.items()},
        **{f"payment_intent_data[metadata][{name}]": value for name, value in inside.items()},
    }
    if ask.email:
        form["customer_email"] = ask.email
    return form | ({"payment_intent_data[capture_method]": "manual"} if ask.authorise_only else {})


def _not_payable(amount_minor: int, currency: str) -> Refused:
    return Refused("amount_not_payable", f"Stripe cannot move {amount_minor} minor units of {currency}")

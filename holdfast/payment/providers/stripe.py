"""Stripe's wire protocol: PaymentIntents, refunds and snapshot webhooks (gateways.md §2).

It translates and nothing else. When to ask, what to believe and whether to ask again is decided
by those who call it. Client secrets, keys and bodies are never logged.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec
import structlog

from holdfast.errors import RequestMalformed
from holdfast.limits import REASON_CHARS_MAX
from holdfast.money import exponent
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Ask, DisputeSaid, ProviderEvent, RefundSaid, Refused, Said, Unknown
from holdfast.payment.providers.stripe_objects import (
    Dispute,
    ErrorAnswer,
    Event,
    Intent,
    Page,
    Ref,
    Refund,
)
from holdfast.payment.signature import check_stripe

log = structlog.get_logger()

API_VERSION = "2026-10-28.endive"
LIST_ROWS_MAX = 100

# gateways.md §2.2; `requires_payment_method` is also where a declined try leaves the intent.
_STATES = {
    "requires_payment_method": AttemptState.PENDING,
    "requires_confirmation": AttemptState.PENDING,
    "requires_action": AttemptState.REQUIRES_ACTION,
    "processing": AttemptState.PENDING,
    "requires_capture": AttemptState.AUTHORIZED,
    "succeeded": AttemptState.CAPTURED,
    "canceled": AttemptState.CANCELLED,
}
_LAPSED = ("expired", "automatic")
_WAITS_FOR_BUYER = ("requires_payment_method", "requires_confirmation", "requires_action")
_REFUND_STATES = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
# An inquiry that was closed took no money and no longer can (gateways.md §2.5); all else is open.
_DISPUTE_STATES = {"won": "won", "lost": "lost", "warning_closed": "won"}

# Where Stripe counts in other units than ISO 4217 does (gateways.md §1.2).
_OTHER_EXPONENTS = {"UGX": 2, "ISK": 2, "MGA": 0}
THREE_DECIMALS = 3

Fact = TypeVar("Fact")
# Not JSON, not UTF-8, another shape, a number of five thousand digits; or nested too deeply.
_UNREADABLE = (ValueError, RecursionError)


class StripeProvider:
    """Cards and whatever else the Stripe account has switched on, by PaymentIntent."""

    name = "stripe"
    asks = True

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        secret_key: str,
        webhook_secrets: tuple[str, ...],
        api_base: str,
        page_url: str,
        timeout_s: int,
    ) -> None:
        """``page_url`` may name ``{id}`` and ``{client_secret}``; empty: the shop's own page will do."""
        self.live = secret_key.startswith(("sk_live_", "rk_live_"))
        self._client = client
        self._headers = httpx.Headers(
            {"Authorization": f"Bearer {secret_key}", "Stripe-Version": API_VERSION}
        )
        self._webhook_secrets = webhook_secrets
        self._api_base = api_base
        self._page_url = page_url
        self._timeout_s = timeout_s

    def plan(self, ask: Ask) -> Said:
        """Never called: Stripe is asked."""
        raise AssertionError(f"{ask.attempt_id} is to be asked for, not planned")

    async def create(self, ask: Ask) -> Said | Unknown | Refused:
        """Make a PaymentIntent; its client secret is the next action."""
        amount = wire_amount(ask.amount_minor, ask.currency)
        if amount is None:
            return _not_payable(ask.amount_minor, ask.currency)
        form = {
            "amount": str(amount),
            "currency": ask.currency.lower(),
            "automatic_payment_methods[enabled]": "true",
            "description": f"Order {ask.order_number}",
            "metadata[order_id]": ask.order_id,
            "metadata[attempt_id]": ask.attempt_id,
        }
        return await self._call(
            "POST",
            "/v1/payment_intents",
            self._intent,
            form=form,
            key=_key("create", ask.attempt_id, ask.again),
        )

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """Search by metadata, which knows an intent after a minute; one that was paid comes first."""
        query = urlencode({"query": f"metadata['attempt_id']:'{attempt_id}'"})
        found = await self._call("GET", f"/v1/payment_intents/search?{query}", self._intents)
        match found:
            case Refused(code, _):
                return Unknown(f"the search was refused: {code}")
            case Unknown():
                return found
            case _:
                return max(found, key=lambda said: said.state is AttemptState.CAPTURED, default=None)

    async def look_up(self, provider_ref: str) -> Said | Unknown | Refused:
        """Read the intent."""
        return await self._call("GET", f"/v1/payment_intents/{quote(provider_ref, safe='')}", self._intent)

    async def close(self, provider_ref: str) -> Said | Unknown | Refused:
        """Cancel the intent; where its state forbids that, read how it ended."""
        path = f"/v1/payment_intents/{quote(provider_ref, safe='')}/cancel"
        answer = await self._call("POST", path, self._intent, form={"cancellation_reason": "abandoned"})
        if isinstance(answer, Refused) and answer.code == "payment_intent_unexpected_state":
            return await self.look_up(provider_ref)
        return answer

    async def refund(
        self, refund_id: str, payment_ref: str, amount_minor: int, currency: str, again: int | None = None
    ) -> RefundSaid | Unknown | Refused:
        """Refund a part or all of a captured intent."""
        amount = wire_amount(amount_minor, currency)
        if amount is None:
            return _not_payable(amount_minor, currency)
        form = {"payment_intent": payment_ref, "amount": str(amount), "metadata[refund_id]": refund_id}

        def read(body: bytes) -> RefundSaid | None:
            return _refund(body, live=self.live)  # a refund does not say its mode; our key does

        return await self._call("POST", "/v1/refunds", read, form=form, key=_key("refund", refund_id, again))

    async def find_refund(self, refund_id: str, payment_ref: str) -> RefundSaid | Unknown | None:
        """Look through the intent's refunds; a list, unlike a search, is never behind."""
        query = urlencode({"payment_intent": payment_ref, "limit": LIST_ROWS_MAX})

        def read(body: bytes) -> list[RefundSaid] | None:
            page = msgspec.json.decode(body, type=Page)
            refunds = [_refund(row, live=self.live) for row in page.data]
            ours = [refund for refund in refunds if refund and refund.reference == refund_id]
            return None if page.has_more and not ours else ours

        found = await self._call("GET", f"/v1/refunds?{query}", read)
        match found:
            case Refused(code, _):
                return Unknown(f"the list was refused: {code}")
            case Unknown():
                return found
            case _:
                return found[0] if found else None

    def read_event(self, headers: Mapping[str, str], body: bytes, at: datetime) -> ProviderEvent:
        """Kinds and states that mean nothing to us have no facts (gateways.md §2.6)."""
        check_stripe(headers.get("stripe-signature"), body, secrets=self._webhook_secrets, at=at)
        return self.translate(body)

    def translate(self, body: bytes) -> ProviderEvent:
        """What an event says; nothing of it is believed before its signature was checked."""
        try:
            event = msgspec.json.decode(body.decode(), type=Event)
            return ProviderEvent(event.id, event.type, self._facts(event))
        except _UNREADABLE as error:
            raise RequestMalformed(reason=f"This is not an event of Stripe's: {error}") from error

    def _facts(self, event: Event) -> Said | RefundSaid | DisputeSaid | None:
        match event.type.split("."):
            case ["payment_intent", _]:
                return self._intent(event.data.object)
            case ["refund", _] | ["charge", "refund", "updated"]:
                return _refund(event.data.object, live=event.livemode)
            case ["charge", "dispute", _]:
                return _dispute(event.data.object, live=event.livemode)
            case _:
                return None

    def _intent(self, body: bytes | msgspec.Raw) -> Said | None:
        """None: a status that we do not know, which is neither a yes nor a no."""
        intent = msgspec.json.decode(body, type=Intent)
        state = _STATES.get(intent.status)
        if state is None:
            return None
        if state is AttemptState.CANCELLED and intent.cancellation_reason in _LAPSED:
            state = AttemptState.EXPIRED
        amount: int | None = intent.amount
        if state is AttemptState.CAPTURED:
            amount = intent.amount_received
        if amount is None:
            raise ValueError("an intent succeeded without saying how much it received")
        error = intent.last_payment_error if intent.status == "requires_payment_method" else None
        return Said(
            provider_ref=intent.id,
            state=state,
            amount_minor=minor_amount(amount, intent.currency),
            currency=intent.currency.upper(),
            live=intent.livemode,
            reference=_reference(intent.metadata, "attempt_id"),
            next_action=self._next_action(intent),
            declined=(error.decline_code or error.code or "declined") if error else None,
        )

    def _intents(self, body: bytes) -> list[Said] | None:
        """None: among them is one that is neither a yes nor a no."""
        said = [self._intent(row) for row in msgspec.json.decode(body, type=Page).data]
        known = [one for one in said if one is not None]
        return known if len(known) == len(said) else None

    def _next_action(self, intent: Intent) -> dict[str, Any] | None:
        if intent.client_secret is None or intent.status not in _WAITS_FOR_BUYER:
            return None
        action = {"type": "client_secret", "client_secret": intent.client_secret}
        if self._page_url:
            page = self._page_url.replace("{id}", intent.id)
            action["url"] = page.replace("{client_secret}", intent.client_secret)
        return action

    async def _call(
        self,
        method: str,
        path: str,
        read: Callable[[bytes], Fact | None],
        *,
        form: dict[str, str] | None = None,
        key: str | None = None,
    ) -> Fact | Unknown | Refused:
        """One request under one deadline; httpx's own timeouts begin anew with every byte."""
        headers = self._headers.copy()
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._client.request(
                    method,
                    self._api_base + path,
                    data=form,
                    headers=headers,
                    timeout=None,
                    follow_redirects=False,
                )
        except TimeoutError:
            return _unknown(path, f"no answer within {self._timeout_s} s")
        except httpx.HTTPError as error:
            return _unknown(path, f"no answer: {type(error).__name__}")
        try:
            return _answer(path, response, read)
        except _UNREADABLE as error:
            return _unknown(path, f"HTTP {response.status_code} that cannot be read: {error}", response)


def wire_amount(amount_minor: int, currency: str) -> int | None:
    """ISO 4217 minor units in Stripe's; None for an amount it cannot move (gateways.md §1.2)."""
    up, down = _scale(currency)
    wire, rest = divmod(amount_minor * up, down)
    if rest or (exponent(currency) == THREE_DECIMALS and wire % 10):
        return None  # of three decimals the last must be 0
    return wire


def minor_amount(wire: int, currency: str) -> int:
    """Stripe's units in ISO 4217 minor units; raises ValueError for a part of one."""
    up, down = _scale(currency.upper())
    amount, rest = divmod(wire * down, up)
    if rest:
        raise ValueError(f"{wire} is not a whole amount of {currency}")
    return amount


def _scale(currency: str) -> tuple[int, int]:
    """What to multiply by, then to divide by, on the way to Stripe."""
    shift = _OTHER_EXPONENTS.get(currency, exponent(currency)) - exponent(currency)
    return 10 ** max(shift, 0), 10 ** max(-shift, 0)


def _key(operation: str, our_id: str, again: int | None) -> str:
    return f"{operation}:{our_id}" if again is None else f"{operation}:{our_id}:{again}"


def _not_payable(amount_minor: int, currency: str) -> Refused:
    return Refused("amount_not_payable", f"Stripe cannot move {amount_minor} minor units of {currency}")


def _refund(body: bytes | msgspec.Raw, *, live: bool) -> RefundSaid | None:
    refund = msgspec.json.decode(body, type=Refund)
    state = _REFUND_STATES.get(refund.status)
    if state is None or refund.payment_intent is None:  # one without an intent was never ours
        return None
    return RefundSaid(
        provider_ref=refund.id,
        payment_ref=refund.payment_intent,
        state=state,
        amount_minor=minor_amount(refund.amount, refund.currency),
        currency=refund.currency.upper(),
        live=live,
        reference=_reference(refund.metadata or {}, "refund_id"),
    )


def _dispute(body: bytes | msgspec.Raw, *, live: bool) -> DisputeSaid | None:
    dispute = msgspec.json.decode(body, type=Dispute)
    if dispute.payment_intent is None:
        return None
    return DisputeSaid(
        provider_ref=dispute.id,
        payment_ref=dispute.payment_intent,
        state=_DISPUTE_STATES.get(dispute.status, "open"),
        amount_minor=minor_amount(dispute.amount, dispute.currency),
        currency=dispute.currency.upper(),
        live=live,
    )


def _reference(metadata: Mapping[str, str], name: str) -> str | None:
    """Our own id; metadata can be edited on the dashboard, so anything may stand there."""
    try:
        return msgspec.convert(metadata.get(name), Ref | None)
    except msgspec.ValidationError:
        return None


def _answer(
    path: str, response: httpx.Response, read: Callable[[bytes], Fact | None]
) -> Fact | Unknown | Refused:
    """gateways.md §1.4 and §2.8. Raises one of _UNREADABLE where a yes or a no is not Stripe's."""
    request_id = response.headers.get("Request-Id")
    match response.status_code:
        case 200:
            said = read(response.content)
            return _unknown(path, "neither a yes nor a no", response) if said is None else said
        case 400 | 401 | 402 | 403 | 404 as status:
            if status in (401, 403):
                log.error("stripe.key_refused", path=path, status=status, request_id=request_id)
            error = msgspec.json.decode(response.content, type=ErrorAnswer).error
            if error.type == "idempotency_error":  # our key has done something else before: no clear no
                return _unknown(path, "the idempotency key was used for something else", response)
            log.warning("stripe.refused", path=path, status=status, code=error.code, request_id=request_id)
            return Refused(error.code or error.type, error.message[:REASON_CHARS_MAX])
        case status:
            return _unknown(path, f"HTTP {status}", response)


def _unknown(path: str, reason: str, response: httpx.Response | None = None) -> Unknown:
    request_id = response.headers.get("Request-Id") if response is not None else None
    log.warning("stripe.unknown", path=path, reason=reason, request_id=request_id)
    kept = response is not None and response.headers.get("Idempotent-Replayed") == "true"
    return Unknown(reason, kept)

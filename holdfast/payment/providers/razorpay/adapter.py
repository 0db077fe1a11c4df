"""Razorpay: orders for its checkout, or payment links; capture at once or later, refunds (gateways.md §3).

It translates and nothing else. The object of ours is an order or a link, and how it stands is the
sum of its payments. Which of the two an attempt was made as is seen by its id, so that the setting
may change at any time.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from holdfast import clock
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
from holdfast.payment.providers.razorpay import meaning
from holdfast.payment.providers.razorpay.account import (
    LINK,
    RazorpaySettings,
    check_brought_back,
    check_webhook,
)
from holdfast.payment.providers.razorpay.events import event_says
from holdfast.payment.providers.razorpay.meaning import NAME, REFUND_ID, REFUND_OF, refusal
from holdfast.payment.providers.razorpay.objects import Link, Order, Payment, Refund
from holdfast.payment.providers.razorpay.records import DESCRIPTION, RETURN_URL, Records
from holdfast.payment.wire import amounts
from holdfast.payment.wire.call import Line, path

NOTE_CHARS_MAX = 256
UNIQUE = "unique_receipt"
LINK_LASTS_AT_LEAST = timedelta(minutes=16)
"""Razorpay refuses a link that ends within 15 minutes."""
# What is authorised later than the least that can be set is ours to take, or lapses as late as can be.
_CAPTURE_OPTIONS = {"automatic_expiry_period": 12, "manual_expiry_period": 7_200, "refund_speed": "normal"}
_OK = frozenset({200})
_LINK_DEEDS = frozenset({Deed.LOOK_UP, Deed.REFUND, Deed.PARTIAL_REFUND, Deed.DISPUTE})
_LEAST = {"INR": 100}


class RazorpayProvider:
    """Cards, UPI, wallets and banks of India, and whatever else the account has switched on."""

    name = NAME
    asks = True

    def __init__(self, settings: RazorpaySettings, wiring: Wiring) -> None:
        """A link is captured as the account is set; only an order can be told to wait (§3.2, §3.4)."""
        self.live = settings.key_id.startswith("rzp_live_")
        waits = settings.checkout == "order"
        self.can = Can(_LINK_DEEDS | ({Deed.AUTHORISE, Deed.CAPTURE} if waits else set()), least=_LEAST)
        self._settings = settings
        credentials = b64encode(f"{settings.key_id}:{settings.key_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"}
        self._line = Line(NAME, wiring, api_base=settings.api_base, headers=headers, accept=_OK)
        self._records = Records(self._line, settings, live=self.live)

    def plan(self, ask: Ask) -> Said:
        """Never called: Razorpay is asked."""
        raise AssertionError(f"{ask.attempt_id} is to be asked for, not planned")

    async def create(self, ask: Ask) -> Answer:
        """Make an order or a link under our reference; a refusal may only mean that there is one already."""
        units = amounts.to_units(NAME, ask.amount_minor, ask.currency)
        if units is None:
            return _not_payable(ask.amount_minor, ask.currency)
        make = self._make_link if self._settings.checkout == "link" else self._make_order
        made = await make(ask, units)
        if not isinstance(made, Refused):
            return made
        before = await self._records.under(ask.attempt_id)
        return made if before is None or isinstance(before, Refused) else before

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """What was made under our reference; neither list is ever behind."""
        found = await self._records.under(attempt_id)
        return Unknown(f"the list was refused: {found.code}") if isinstance(found, Refused) else found

    async def look_up(self, provider_ref: str) -> Answer:
        """Read the order or the link, and its payments."""
        return await self._records.of(provider_ref)

    async def finish(self, attempted: Attempted) -> Answer:
        """Nothing waits for us: Razorpay goes on by itself once a buyer has agreed."""
        return await self.look_up(attempted.provider_ref)

    async def capture(self, attempted: Attempted) -> Answer:
        """Capture the payment that is authorised now, all of it: there is no capture of a part (§3.2)."""
        units = amounts.to_units(NAME, attempted.amount_minor, attempted.currency)
        if units is None:
            return _not_payable(attempted.amount_minor, attempted.currency)
        now = await self.look_up(attempted.provider_ref)
        if not isinstance(now, Said) or now.state is not AttemptState.AUTHORIZED or now.charge_ref is None:
            return now

        def read(body: bytes) -> Said | None:
            payment = msgspec.json.decode(body, type=Payment)
            if meaning.try_state(payment) is not AttemptState.CAPTURED:
                return None
            amount = amounts.to_minor(NAME, payment.amount, payment.currency)
            return replace(now, state=AttemptState.CAPTURED, amount_minor=amount, currency=payment.currency)

        wanted = {"amount": units, "currency": attempted.currency}
        address = path("v1", "payments", now.charge_ref, "capture")
        return await self._line.ask("POST", address, read, refusal, json=wanted)

    async def close(self, provider_ref: str) -> Answer:
        """Cancel a link. An order never ends, and what is authorised can only be left to lapse (§3.2)."""
        if provider_ref.startswith(LINK):
            address = path("v1", "payment_links", provider_ref, "cancel")
            gone = await self._line.ask("POST", address, _read_link, refusal, json={})
            if isinstance(gone, Unknown):
                return gone
        return await self.look_up(provider_ref)

    async def refund(self, refund: RefundAsk) -> RefundAnswer:
        """Refund one payment: the one that we know of, or another that took money for the same order.

        Asked in the same order under the same keys a repeat ends where the first asking did. More
        than any one payment has left is refused.
        """
        units = amounts.to_units(NAME, refund.amount_minor, refund.currency)
        if units is None:
            return _not_payable(refund.amount_minor, refund.currency)
        refused: Refused | None = None
        if refund.charge_ref:
            answer = await self._give_back(refund, refund.charge_ref, units)
            if not isinstance(answer, Refused):
                return answer
            refused = answer
        payments = await self._records.payments(refund.provider_ref)
        if not isinstance(payments, list):
            return payments
        for payment in meaning.taken(payments):
            if payment.id != refund.charge_ref:
                answer = await self._give_back(refund, payment.id, units)
                if not isinstance(answer, Refused):
                    return answer
                refused = refused or answer
        return refused or Refused("nothing_captured", "No payment has taken money for it")

    async def find_refund(self, refund: RefundAsk) -> RefundSaid | Unknown | None:
        """Look through the refunds of every payment that took money."""
        payments = await self._records.payments(refund.provider_ref)
        if not isinstance(payments, list):
            return payments if isinstance(payments, Unknown) else Unknown(f"it was refused: {payments.code}")
        unclear: Unknown | None = None
        for payment in meaning.taken(payments):
            refunds = await self._records.refunds(payment.id)
            if not isinstance(refunds, list):
                unclear = Unknown("its refunds could not be listed")
                continue
            for one in refunds:
                said = meaning.refund_says(one, live=self.live)
                if said and said.reference == refund.refund_id:
                    return said
        return unclear

    def check_return(self, params: Mapping[str, str], provider_ref: str) -> None:
        """The checkout and the link sign with the key's secret; a good signature proves no capture (§3.3)."""
        check_brought_back(params, provider_ref, secret=self._settings.key_secret)

    async def read_event(
        self,
        headers: Mapping[str, str],
        body: bytes,
        at: datetime,  # noqa: ARG002
    ) -> ProviderEvent:
        """No time is signed: the key of an event is what stops a replay (§3.7)."""
        secrets = self._settings.webhook_secrets
        check_webhook(headers.get("x-razorpay-signature"), body, secrets=secrets)
        return self.translate(body)

    def translate(self, body: bytes) -> ProviderEvent:
        """What an event says; nothing of it is believed before its signature was checked."""
        return event_says(body, live=self.live)

    async def confirm(self, event: ProviderEvent) -> Facts | Unknown | None:
        """Look up what a payment has made of our order or link; one of a stranger's is nothing to us."""
        match event.facts:
            case Said(provider_ref=order, charge_ref=str(payment)):
                return await self._records.owner(order, payment)
            case RefundSaid():
                return await self._confirm_refund(event.facts)
            case _:
                return event.facts

    async def _confirm_refund(self, said: RefundSaid) -> Facts | Unknown | None:
        """A refund that somebody made on the dashboard; of what was never captured it is a lapse."""
        payment = await self._records.payment(said.payment_ref)
        if not isinstance(payment, Payment):
            return Unknown(f"it was refused: {payment.code}") if isinstance(payment, Refused) else payment
        if payment.order_id is None:
            return None
        owner = await self._records.owner(payment.order_id, payment.id)
        if not isinstance(owner, Said) or meaning.try_state(payment) is not AttemptState.CAPTURED:
            return owner
        return replace(said, payment_ref=owner.provider_ref)

    async def _make_order(self, ask: Ask, units: int) -> Answer:
        """The same receipt brings the same order, where the account knows that field (§3.2).

        One that does not refuses it by name; there only looking first keeps a repeat from making another.
        """
        home = {RETURN_URL: ask.return_url} if len(ask.return_url) <= NOTE_CHARS_MAX else {}
        wanted: dict[str, Any] = {
            "amount": units,
            "currency": ask.currency,
            "receipt": meaning.receipt_of(ask.attempt_id),
            "notes": {"order_id": ask.order_id, DESCRIPTION: _description(ask), **home},
            "payment": {
                "capture": "manual" if ask.authorise_only else "automatic",
                "capture_options": _CAPTURE_OPTIONS,
            },
        }
        order = await self._post_order(wanted | {UNIQUE: True})
        if isinstance(order, Refused) and UNIQUE in order.message:
            order = await self._post_order(wanted)
        return await self._records.of_order(order) if isinstance(order, Order) else order

    async def _post_order(self, wanted: Mapping[str, Any]) -> Order | Unknown | Refused:
        return await self._line.ask("POST", "/v1/orders", _read_order, refusal, json=wanted)

    async def _make_link(self, ask: Ask, units: int) -> Answer:
        """A link ends with the hold, or as early as it may; it is cancelled when the hold dies (§3.4)."""
        wanted: dict[str, Any] = {
            "amount": units,
            "currency": ask.currency,
            "reference_id": meaning.reference_of(ask.attempt_id),
            "description": _description(ask),
            "notify": {"sms": False, "email": False},
            "callback_url": ask.return_url,
            "callback_method": "get",
            "notes": {"order_id": ask.order_id, "attempt_id": ask.attempt_id},
        }
        if ask.email:
            wanted["customer"] = {"email": ask.email}
        if ask.expires_at:
            ends = max(ask.expires_at, clock.now() + LINK_LASTS_AT_LEAST)
            wanted["expire_by"] = int(ends.timestamp())

        def read(body: bytes) -> Said | None:
            return self._records.link_says(_read_link(body), [])

        return await self._line.ask("POST", "/v1/payment_links", read, refusal, json=wanted)

    async def _give_back(self, refund: RefundAsk, payment_id: str, units: int) -> RefundAnswer:
        again = "" if refund.again is None else f"-{refund.again}"

        def read(body: bytes) -> RefundSaid | None:
            return meaning.refund_says(msgspec.json.decode(body, type=Refund), live=self.live)

        wanted = {
            "amount": units,
            "receipt": refund.refund_id,
            "notes": {REFUND_ID: refund.refund_id, REFUND_OF: refund.provider_ref},
        }
        address = path("v1", "payments", payment_id, "refund")
        headers = {"X-Refund-Idempotency": f"{refund.refund_id}-{payment_id}{again}"}
        return await self._line.ask("POST", address, read, refusal, json=wanted, headers=headers)


def _read_order(body: bytes) -> Order:
    return msgspec.json.decode(body, type=Order)


def _read_link(body: bytes) -> Link:
    return msgspec.json.decode(body, type=Link)


def _description(ask: Ask) -> str:
    return f"Order {ask.order_number}"


def _not_payable(amount_minor: int, currency: str) -> Refused:
    return Refused("amount_not_payable", f"Razorpay cannot move {amount_minor} minor units of {currency}")

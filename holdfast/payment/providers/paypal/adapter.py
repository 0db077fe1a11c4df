"""PayPal: orders that a buyer approves and we capture or authorise, and refunds (gateways.md §6).

The object of ours is an order; its charge is the capture, which refunds and disputes name. While the
money is only set aside there is no charge yet: the authorisation is found by its order. An approval
moves nothing until ``finish``. Nothing can be searched by our reference: the request id of ``create``
holds for 6 hours, longer than an order waits for its buyer, and an attempt's invoice id is paid once.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from holdfast.errors.provider import ProviderAway, SignatureInvalid
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
from holdfast.payment.providers.paypal import meaning, transmission
from holdfast.payment.providers.paypal.account import PayPalSettings, signers
from holdfast.payment.providers.paypal.events import event_says
from holdfast.payment.providers.paypal.meaning import DECLINED, NAME, refusal
from holdfast.payment.providers.paypal.objects import Order, Verified
from holdfast.payment.wire import amounts
from holdfast.payment.wire.call import UNREADABLE, Bearer, Line, key, path

CURRENCIES = frozenset({
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS",
    "JPY", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
})  # fmt: skip
_ACCEPTED = frozenset({200, 201, 204})
_USED_BEFORE = frozenset({"DUPLICATE_INVOICE_ID", "DUPLICATE_REQUEST_ID"})
_NOT_A_DELIVERY = frozenset({"VALIDATION_ERROR", "INVALID_REQUEST", "UNPROCESSABLE_ENTITY"})

Fact = TypeVar("Fact")


class PayPalProvider:
    """The wallet of PayPal, on a page of its own."""

    name = NAME
    asks = True
    can = Can(frozenset(Deed), currencies=CURRENCIES)

    def __init__(self, settings: PayPalSettings, wiring: Wiring) -> None:
        """Raises SettingsInvalid for certificates that are none."""
        self.live = settings.mode == "live"
        self._settings, self._signers = settings, signers(settings, wiring)
        pair = f"{settings.client_id}:{settings.client_secret}".encode()
        basic = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        self._gate = Line(NAME, wiring, api_base=settings.base, headers=basic)
        bearer, prefer = Bearer(self._token), {"Prefer": "return=representation"}
        self._line = Line(
            NAME, wiring, api_base=settings.base, headers=prefer, bearer=bearer, accept=_ACCEPTED
        )

    def plan(self, ask: Ask) -> Said:
        """Never called: PayPal is asked."""
        raise AssertionError(f"{ask.attempt_id} is to be asked for, not planned")

    async def create(self, ask: Ask) -> Answer:
        """Create an order; its answer leads the buyer to PayPal.

        That the invoice or the request id was used before is no failure: something of this attempt is there.
        """
        value = amounts.to_text(NAME, ask.amount_minor, ask.currency)
        if value is None or ask.currency not in CURRENCIES:
            return _not_payable(ask.amount_minor, ask.currency)
        request_id = key("create", ask.attempt_id, ask.again)
        answer = await self._post(
            "/v2/checkout/orders", _order_form(ask, value), request_id, self._order_says
        )
        if isinstance(answer, Refused) and answer.code in _USED_BEFORE:
            return Unknown(f"it was asked for before: {answer.code}")
        return answer

    async def find(self, attempt_id: str) -> Said | Unknown | None:  # noqa: ARG002
        """Nothing can be searched; the request id of create makes one order all the same."""
        return None

    async def look_up(self, provider_ref: str) -> Answer:
        """Read the order with everything that hangs on it."""
        return await self._order(provider_ref, self._says)

    async def finish(self, attempted: Attempted) -> Answer:
        """Capture or authorise, by the order's intent; a declined instrument leaves the order to another.

        The key is of one approval: after a decline the buyer approves anew, and the order has changed.
        """
        found = await self._order(attempted.provider_ref, self._both)
        if not isinstance(found, tuple):
            return found
        order, said = found
        if not said.approved:
            return said
        way = "authorize" if order.intent == "AUTHORIZE" else "capture"
        approval = order.update_time or order.create_time or ""
        request_id = f"{key(way, attempted.attempt_id, attempted.again)}:{approval}"[:108]
        address = path("v2", "checkout", "orders", order.id, way)
        answer = await self._post(address, {}, request_id, self._order_says)
        return await self._after_refusal(said, answer) if isinstance(answer, Refused) else answer

    async def capture(self, attempted: Attempted) -> Answer:
        """Capture the authorisation, once and finally; the rest is let go.

        Some accounts may take more than was set aside (§6.2); we never ask for it.
        """
        value = amounts.to_text(NAME, attempted.amount_minor, attempted.currency)
        if value is None:
            return _not_payable(attempted.amount_minor, attempted.currency)
        found = await self._held(attempted.provider_ref)
        if not isinstance(found, tuple):
            return found
        hold, said = found
        if attempted.amount_minor > said.amount_minor or attempted.currency != said.currency:
            return Refused("amount_not_payable", f"{said.amount_minor} {said.currency} are set aside")

        def read(body: bytes) -> Said | None:
            taken = meaning.capture_says(body, live=self.live)
            return taken and replace(taken, provider_ref=attempted.provider_ref)

        amount = {"currency_code": attempted.currency, "value": value}
        return await self._post(
            path("v2", "payments", "authorizations", hold, "capture"),
            {"amount": amount, "final_capture": True},
            key("capture", attempted.attempt_id, attempted.again),
            read,
        )

    async def close(self, provider_ref: str) -> Answer:
        """Void what is set aside. An order itself cannot be closed: unless we finish it, it ends unpaid."""
        found = await self._held(provider_ref)
        if not isinstance(found, tuple):
            return found
        hold, _ = found
        address = path("v2", "payments", "authorizations", hold, "void")
        voided = await self._post(address, {}, key("void", provider_ref, None), lambda _: True)
        return voided if isinstance(voided, Unknown) else await self.look_up(provider_ref)

    async def refund(self, refund: RefundAsk) -> RefundAnswer:
        """Refund a part or all of the capture; too late for PayPal is left to a person."""
        value = amounts.to_text(NAME, refund.amount_minor, refund.currency)
        if value is None:
            return _not_payable(refund.amount_minor, refund.currency)
        capture = await self._capture_of(refund)
        if not isinstance(capture, str):
            return capture
        wanted = {
            "amount": {"currency_code": refund.currency, "value": value},
            "invoice_id": refund.refund_id,
            "custom_id": refund.refund_id,
        }
        address = path("v2", "payments", "captures", capture, "refund")
        request_id = key("refund", refund.refund_id, refund.again)
        answer = await self._post(address, wanted, request_id, self._refund_says)
        if isinstance(answer, Refused) and answer.code == "REFUND_TIME_LIMIT_EXCEEDED":
            return replace(answer, by_hand=True)
        if isinstance(answer, Refused) and answer.code in _USED_BEFORE:
            before = await self.find_refund(refund)
            return before or Unknown(f"it was asked for before: {answer.code}")
        return answer

    async def find_refund(self, refund: RefundAsk) -> RefundSaid | Unknown | None:
        """Look through the refunds of the order; of one that is not kept any more the request id decides."""
        found = await self._order(refund.provider_ref, self._refunds)
        match found:
            case Refused(gone=True):
                return None
            case Refused(code=code):
                return Unknown(f"the order was refused: {code}")
            case Unknown():
                return found
            case _:
                return next((one for one in found if one.reference == refund.refund_id), None)

    def check_return(self, params: Mapping[str, str], provider_ref: str) -> None:
        """PayPal signs nothing here (§12.4)."""

    async def read_event(self, headers: Mapping[str, str], body: bytes, at: datetime) -> ProviderEvent:
        """Verified by the certificate or by PayPal itself; how old one may be is not said (§6.6)."""
        sent = transmission.read(headers, own_base=self._settings.own_certs)
        webhook_id = self._settings.webhook_id
        if self._signers is None:
            await self._have_verified(sent, body)
        else:
            sent.check(body, webhook_id=webhook_id, keys=await self._signers.keys(sent.cert_url, at))
        return self.translate(body)

    def translate(self, body: bytes) -> ProviderEvent:
        """What an event says; all of it is to be confirmed."""
        return event_says(body, live=self.live)

    async def confirm(self, event: ProviderEvent) -> Facts | Unknown | None:
        """Read the order, the capture, the refund or the dispute that an event told of."""
        answer: Answer | RefundAnswer | Facts
        match event.facts:
            case None:
                return None
            case Said(provider_ref="", charge_ref=None):
                return None
            case Said(provider_ref="", charge_ref=str(capture)):
                answer = await self._get(path("v2", "payments", "captures", capture), self._capture_says)
            case Said(provider_ref=order):
                answer = await self.look_up(order)
                if isinstance(answer, Refused) and answer.gone:
                    return None
            case RefundSaid(provider_ref=refund):
                answer = await self._get(path("v2", "payments", "refunds", refund), self._refund_says)
            case disputed:
                address = path("v1", "customer", "disputes", disputed.provider_ref)
                answer = await self._get(address, lambda body: meaning.dispute_says(body, live=self.live))
        return Unknown(f"it was refused: {answer.code}") if isinstance(answer, Refused) else answer

    # ── the wire ──────────────────────────────────────────────────────────────────────────────

    async def _token(self) -> tuple[str, int] | Unknown | Refused:
        form = {"grant_type": "client_credentials"}
        return await self._gate.ask("POST", "/v1/oauth2/token", meaning.token, refusal, form=form)

    async def _get(self, address: str, read: Callable[[bytes], Fact | None]) -> Fact | Unknown | Refused:
        return await self._line.ask("GET", address, read, refusal)

    async def _post(
        self, address: str, body: Any, request_id: str, read: Callable[[bytes], Fact | None]
    ) -> Fact | Unknown | Refused:
        headers = {"PayPal-Request-Id": request_id}
        return await self._line.ask("POST", address, read, refusal, json=body, headers=headers)

    async def _order(self, order: str, make: Callable[[Order], Fact | None]) -> Fact | Unknown | Refused:
        """What can be made of the order as it stands."""

        def read(body: bytes) -> Fact | None:
            found = meaning.order_of(body)
            return make(found) if found and found.id == order else None

        address = path("v2", "checkout", "orders", order)
        return await self._line.ask("GET", address, read, meaning.refusal_of_order)

    async def _held(self, provider_ref: str) -> tuple[str, Said] | Answer:
        """The authorisation of an order and what it says; how the order stands where nothing is set aside."""
        found = await self._order(provider_ref, self._both)
        if not isinstance(found, tuple):
            return found
        order, said = found
        if said.state is not AttemptState.AUTHORIZED:
            return said
        return order.purchase_units[0].payments.authorizations[-1].id, said

    async def _capture_of(self, refund: RefundAsk) -> str | Unknown | Refused:
        """Where the money lies; the order tells it where we have not learned it yet."""
        if refund.charge_ref:
            return refund.charge_ref
        said = await self.look_up(refund.provider_ref)
        if isinstance(said, Said):
            return said.charge_ref or Refused("no_capture", "nothing of this order was captured")
        return said

    async def _after_refusal(self, said: Said, refused: Refused) -> Answer:
        """What became of an approval that could not be finished: the buyer chooses again, or it was done."""
        if refused.code == "ORDER_EXPIRED":
            return replace(said, state=AttemptState.EXPIRED, approved=False)
        done = refused.code in ("ORDER_ALREADY_CAPTURED", "ORDER_ALREADY_AUTHORIZED")
        waits = refused.code in ("ORDER_NOT_APPROVED", "PAYER_ACTION_REQUIRED")
        if not (done or waits or refused.code in DECLINED):
            return refused
        now = await self.look_up(said.provider_ref)
        if not isinstance(now, Said) or now.state is not AttemptState.REQUIRES_ACTION:
            return now
        return replace(now, approved=False, declined=refused.code if refused.code in DECLINED else None)

    async def _have_verified(self, sent: transmission.Transmission, body: bytes) -> None:
        """Ask PayPal about a delivery; raises SignatureInvalid or ProviderAway.

        The body is spliced in as it came, so that it must be one JSON object and nothing after it.
        """
        try:
            msgspec.json.decode(body.decode(), type=dict[str, Any])
        except UNREADABLE as error:
            raise SignatureInvalid from error
        wanted = {
            "auth_algo": transmission.ALGORITHM,
            "cert_url": sent.cert_url,
            "transmission_id": sent.id,
            "transmission_sig": sent.signature,
            "transmission_time": sent.time,
            "webhook_id": self._settings.webhook_id,
            "webhook_event": Raw(body),
        }
        address = "/v1/notifications/verify-webhook-signature"
        said = await self._line.ask("POST", address, _is_verified, refusal, json=wanted)
        if said is False or (isinstance(said, Refused) and said.code in _NOT_A_DELIVERY):
            raise SignatureInvalid
        if said is not True:
            raise ProviderAway(provider=NAME)

    def _says(self, order: Order) -> Said | None:
        return meaning.order_says(order, live=self.live)

    def _both(self, order: Order) -> tuple[Order, Said] | None:
        said = self._says(order)
        return (order, said) if said else None

    def _refunds(self, order: Order) -> list[RefundSaid]:
        rows = order.purchase_units[0].payments.refunds
        refunds = [meaning.refund_of(one, live=self.live) for one in rows]
        return [one for one in refunds if one is not None]

    def _order_says(self, body: bytes) -> Said | None:
        order = meaning.order_of(body)
        return self._says(order) if order else None

    def _capture_says(self, body: bytes) -> Said | None:
        return meaning.capture_says(body, live=self.live)

    def _refund_says(self, body: bytes) -> RefundSaid | None:
        return meaning.refund_says(body, live=self.live)


def _order_form(ask: Ask, value: str) -> dict[str, Any]:
    unit = {
        "amount": {"currency_code": ask.currency, "value": value},
        "custom_id": ask.attempt_id,
        "invoice_id": ask.attempt_id,
        "description": f"Order {ask.order_number}",
    }
    experience = {
        "return_url": ask.return_url,
        "cancel_url": ask.return_url,
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
    }
    return {
        "intent": "AUTHORIZE" if ask.authorise_only else "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": experience}},
    }


def _is_verified(body: bytes) -> bool | None:
    status = msgspec.json.decode(body, type=Verified).verification_status
    return {"SUCCESS": True, "FAILURE": False}.get(status)


def _not_payable(amount_minor: int, currency: str) -> Refused:
    return Refused("amount_not_payable", f"PayPal cannot move {amount_minor} minor units of {currency}")

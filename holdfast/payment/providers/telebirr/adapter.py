"""TeleBirr (Ethio telecom): the Fabric H5 checkout, queries and refunds, all signed (gateways.md §7).

The object of ours is an order under our own number, the attempt's id without its underscore; that
number is all the idempotency that there is. What no source tells for certain is a setting.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from holdfast import clock
from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
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
    redirect,
)
from holdfast.payment.providers.telebirr import meaning
from holdfast.payment.providers.telebirr.account import Account, TeleBirrSettings
from holdfast.payment.providers.telebirr.meaning import NAME, Order
from holdfast.payment.providers.telebirr.signing import signed_fields
from holdfast.payment.wire import amounts
from holdfast.payment.wire.call import UNREADABLE, Bearer, Line, path
from holdfast.payment.wire.references import bare, content_key

MINUTES_MAX = 120
"""How long an order may wait for its buyer, in minutes (§7.3)."""
NOT_ALLOWED = "60320025"
"""The account may not do this: its refunds are made by hand (§7.5)."""
METHODS = {
    "preOrder": "payment.preorder",
    "queryOrder": "payment.queryorder",
    "orderQuery": "payment.queryorder",
    "refund": "payment.refund",
}
RETURNED = frozenset(
    {"appid", "merch_code", "merch_order_id", "payment_order_id", "prepay_id", "total_amount", "trans_id"}
    | {"trans_currency", "trade_status", "order_status", "trans_end_time", "trans_time", "notify_time"}
    | {"nonce_str", "timestamp", "callback_info", "sign", "transId"}
)
"""What TeleBirr writes into the buyer's way back; what else is there was in our own address."""
_OK = frozenset({200})

Fact = TypeVar("Fact")


class TeleBirrProvider:
    """The wallet of Ethio telecom, in birr."""

    name = NAME
    asks = True
    can = Can(frozenset({Deed.LOOK_UP, Deed.REFUND, Deed.PARTIAL_REFUND}), currencies=frozenset({"ETB"}))

    def __init__(self, settings: TeleBirrSettings, wiring: Wiring) -> None:
        """Raises SettingsInvalid for keys that are none."""
        self.live = settings.mode == "live"
        self._account, self._settings, self._webhook_url = Account(settings), settings, wiring.webhook_url
        headers = {"X-APP-Key": settings.fabric_app_id}
        self._gate = Line(NAME, wiring, api_base=settings.api_base, headers=headers, accept=_OK)
        bearer = Bearer(self._token)
        self._line = Line(
            NAME, wiring, api_base=settings.api_base, headers=headers, accept=_OK, bearer=bearer
        )

    def plan(self, ask: Ask) -> Said:
        """Never called: TeleBirr is asked."""
        raise AssertionError(f"{ask.attempt_id} is to be asked for, not planned")

    async def create(self, ask: Ask) -> Answer:
        """Make an order under our number; where that is refused, how the number stands is the answer.

        The address of the checkout comes with the first answer only: an order whose answer was lost
        waits without one until its time is over.
        """
        amount = amounts.to_text(NAME, ask.amount_minor, ask.currency)
        if amount is None or ask.currency != "ETB":
            return _not_payable(ask.amount_minor, ask.currency)
        number = bare(ask.attempt_id)

        def read(said: dict[str, str]) -> Said | None:
            if said.get("merch_order_id", number) != number or not said.get("prepay_id"):
                return None
            return Said(
                provider_ref=number,
                state=AttemptState.PENDING,
                amount_minor=ask.amount_minor,
                currency=ask.currency,
                live=self.live,
                reference=ask.attempt_id,
                next_action=redirect(self._account.page(said["prepay_id"])),
            )

        made = await self._ask("preOrder", self._order(ask, number, amount), read)
        if not isinstance(made, Refused):
            return made
        before = await self.look_up(number)
        return made if isinstance(before, Refused) else before

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """What the order under our number has become; None also of one that waits.

        Then ``create`` is asked again, which makes no second one and may bring the address back.
        """
        found = await self.look_up(bare(attempt_id))
        if isinstance(found, Refused) or (isinstance(found, Said) and found.state is AttemptState.PENDING):
            return None
        return found

    async def look_up(self, provider_ref: str) -> Answer:
        """Query the order."""
        order = await self._query(provider_ref)
        if not isinstance(order, Order):
            return order
        return order.says(live=self.live) or Unknown(f"a status that is not known: {order.status[:40]}")

    async def finish(self, attempted: Attempted) -> Answer:
        """Nothing waits for us: who enters the PIN has paid."""
        return await self.look_up(attempted.provider_ref)

    async def capture(self, attempted: Attempted) -> Answer:
        """TeleBirr sets nothing aside."""
        return Refused(
            "not_offered", f"TeleBirr takes at once, so there is nothing of {attempted.attempt_id}"
        )

    async def close(self, provider_ref: str) -> Answer:
        """There is no such call: the order ends with the time that it was given."""
        return await self.look_up(provider_ref)

    async def refund(self, refund: RefundAsk) -> RefundAnswer:
        """Give a part or all back, once per number; an account that may not leaves it to a person.

        ``REFUND_DUPLICATED`` says that the number was used before, and the order how that ended (§7.5).
        """
        amount = amounts.to_text(NAME, refund.amount_minor, refund.currency)
        if amount is None:
            return _not_payable(refund.amount_minor, refund.currency)
        wanted = {
            "merch_order_id": refund.provider_ref,
            "refund_request_no": bare(refund.refund_id),
            self._settings.refund_amount_field: amount,
            "trans_currency": refund.currency,
            "refund_reason": "Refund",
        }
        absent = Refused("no_refunds", "This account has no refunds", by_hand=True)
        status = await self._ask("refund", wanted, _refund_status, absent=absent)
        if isinstance(status, Refused) and status.code == NOT_ALLOWED:
            return replace(status, by_hand=True)
        if status == "REFUND_DUPLICATED":
            order = await self._query(refund.provider_ref)
            if isinstance(order, Refused):
                return Unknown(f"the query was refused: {order.code}")
            status = order.status if isinstance(order, Order) else order
        if isinstance(status, Unknown | Refused):
            return status
        return self._refund_says(refund, status)

    async def find_refund(self, refund: RefundAsk) -> RefundSaid | Unknown | None:
        """None while the order was never refunded; else only the same number again tells which one it was.

        A query speaks of the order and not of its refunds, and a number is given back once.
        """
        order = await self._query(refund.provider_ref)
        if isinstance(order, Unknown):
            return order
        if isinstance(order, Refused) or order.status not in meaning.REFUND_STATES:
            return None
        said = await self.refund(refund)
        return None if isinstance(said, Refused) else said

    def check_return(self, params: Mapping[str, str], provider_ref: str) -> None:
        """Verify what came back signed; a buyer who just comes back brings nothing that is (§7.6)."""
        if "sign" not in params:
            return
        if params.get("merch_order_id") != provider_ref:
            raise SignatureInvalid
        try:
            self._account.check({name: params[name] for name in params if name in RETURNED})
        except SignatureInvalid:  # nobody tells whether our own parameters are signed with the others
            self._account.check(params)

    async def read_event(
        self,
        headers: Mapping[str, str],  # noqa: ARG002
        body: bytes,
        at: datetime,  # noqa: ARG002
    ) -> ProviderEvent:
        """A notification is signed inside its body; how long it may be on its way nobody tells (§7.6)."""
        try:
            fields = meaning.told(body)
        except UNREADABLE as error:
            raise SignatureInvalid from error
        self._account.check(fields)
        return self.translate(body)

    def translate(self, body: bytes) -> ProviderEvent:
        """What a notification says, by the fields that are signed; it has no id."""
        try:
            order = meaning.order_of(signed_fields(meaning.told(body)))
            facts = order.says(live=self.live)
        except UNREADABLE as error:
            raise RequestMalformed(reason=f"This is not a notification of TeleBirr's: {error}") from error
        names = (order.merch_order_id, order.payment_order_id, order.trans_id, order.status)
        return ProviderEvent(content_key(*names), order.status, facts)

    async def confirm(self, event: ProviderEvent) -> Facts | Unknown | None:
        """Never needed: what is signed is so."""
        return event.facts

    # ── the wire ──────────────────────────────────────────────────────────────────────────────

    async def _token(self) -> tuple[str, int] | Unknown | Refused:
        wanted = {"appSecret": self._settings.app_secret}
        return await self._gate.ask("POST", "/payment/v1/token", meaning.token, meaning.refusal, json=wanted)

    async def _ask(
        self,
        call: str,
        wanted: Mapping[str, str],
        read: Callable[[dict[str, str]], Fact | None],
        *,
        absent: Refused | None = None,
    ) -> Fact | Unknown | Refused:
        """One signed request, and what the content of a yes means."""

        def opened(body: bytes) -> Fact | Refused | None:
            said = meaning.content(body)
            return read(said) if isinstance(said, dict) else said

        request = self._account.request(METHODS[call], wanted)
        address = path("payment", "v1", "merchant", call)
        return await self._line.ask("POST", address, opened, meaning.refusal, json=request, absent=absent)

    async def _query(self, number: str) -> Order | Unknown | Refused:
        """The order as it stands."""

        def read(said: dict[str, str]) -> Order | None:
            order = meaning.order_of(said)
            return order if order.merch_order_id == number else None

        return await self._ask(self._settings.query_call, {"merch_order_id": number}, read)

    def _order(self, ask: Ask, number: str, amount: str) -> dict[str, str]:
        code = self._settings.merchant_code
        return {
            "notify_url": self._webhook_url,
            "redirect_url": ask.return_url,
            "merch_order_id": number,
            "trade_type": "Checkout",
            "title": f"Order {ask.order_number}",
            "total_amount": amount,
            "trans_currency": ask.currency,
            "timeout_express": f"{_minutes(ask.expires_at)}m",
            "business_type": "BuyGoods",
            "payee_identifier": code,
            "payee_identifier_type": "04",
            "payee_type": "5000",
        }

    def _refund_says(self, refund: RefundAsk, status: str) -> RefundSaid | Unknown:
        """Named by our own number, which is all that a repeat or a later question can name it by."""
        state = meaning.REFUND_STATES.get(status)
        if state is None:
            return Unknown(f"a refund's status that is not known: {status[:40]}")
        return RefundSaid(
            provider_ref=bare(refund.refund_id),
            payment_ref=refund.provider_ref,
            state=state,
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            live=self.live,
            reference=refund.refund_id,
        )


def _refund_status(said: dict[str, str]) -> str | None:
    return said.get("refund_status") or None


def _minutes(expires_at: datetime | None) -> int:
    """The order is to end with the hold; whole minutes are all that it can be told."""
    if expires_at is None:
        return MINUTES_MAX
    return min(MINUTES_MAX, max(1, int((expires_at - clock.now()).total_seconds()) // 60))


def _not_payable(amount_minor: int, currency: str) -> Refused:
    return Refused("amount_not_payable", f"TeleBirr cannot move {amount_minor} minor units of {currency}")

"""Flutterwave v3: hosted links, which take tries until one succeeds, and refunds (gateways.md §5.1).

No call is idempotent and no webhook proves its body, so everything is looked up: by our reference
before a link is made, by the transaction's number after a webhook, and in the list of refunds
before money is given back again.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from msgspec import Raw

from holdfast import clock
from holdfast.errors.request import RequestMalformed
from holdfast.errors.running import SettingsInvalid
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
from holdfast.payment.providers.flutterwave import envelope
from holdfast.payment.providers.flutterwave import v3_meaning as meaning
from holdfast.payment.providers.flutterwave.envelope import NAME, Rows
from holdfast.payment.providers.flutterwave.settings import FlutterwaveSettings, needed
from holdfast.payment.providers.flutterwave.v3_meaning import NOTHING, refusal
from holdfast.payment.wire.call import UNREADABLE, Line, path
from holdfast.payment.wire.signature import check_echo

API_BASE = "https://api.flutterwave.com/v3"
CURRENCIES = (
    "NGN",
    "GHS",
    "KES",
    "UGX",
    "TZS",
    "RWF",
    "ZMW",
    "ZAR",
    "XAF",
    "XOF",
    "EGP",
    "USD",
    "EUR",
    "GBP",
)
MINUTES_MAX = 1_440
"""How long a link may live, in minutes (§5.1)."""
_TEST_KEY, _LIVE_KEY = "FLWSECK_TEST-", "FLWSECK-"
_OK = frozenset({200})


class FlutterwaveV3:
    """Whatever the account has switched on for its hosted page."""

    name = NAME
    asks = True

    def __init__(self, settings: FlutterwaveSettings, wiring: Wiring) -> None:
        """Raises SettingsInvalid without a secret key, or for what is none."""
        (self._secret_key,) = needed(settings, "secret_key")
        if not self._secret_key.startswith((_TEST_KEY, _LIVE_KEY)):
            why = f"begins with neither {_LIVE_KEY} nor {_TEST_KEY}"
            raise SettingsInvalid(settings={"HOLDFAST_FLUTTERWAVE_SECRET_KEY": why})
        self.live = self._secret_key.startswith(_LIVE_KEY)
        self.can = Can(
            frozenset({Deed.LOOK_UP, Deed.REFUND, Deed.PARTIAL_REFUND}),
            currencies=frozenset(settings.currencies or CURRENCIES),
        )
        self._settings = settings
        self._line = Line(
            NAME,
            wiring,
            api_base=settings.api_base or API_BASE,
            headers={"Authorization": f"Bearer {self._secret_key}"},
            accept=_OK,
        )

    def plan(self, ask: Ask) -> Said:
        """Never called: Flutterwave is asked."""
        raise AssertionError(f"{ask.attempt_id} is to be asked for, not planned")

    async def create(self, ask: Ask) -> Answer:
        """Make a link under our reference, unless somebody pays or has paid under it already.

        Nobody over there minds two links with one reference. One whose answer was lost harms nobody,
        for only that answer knew its address.
        """
        amount = envelope.number(ask.amount_minor, ask.currency)
        if amount is None:
            return envelope.not_payable(ask.amount_minor, ask.currency)
        if not ask.email:
            return envelope.no_email(ask.attempt_id)
        tx_ref = meaning.reference_for(ask.attempt_id, ask.amount_minor, ask.currency)
        before = await self._verify_reference(tx_ref)
        if isinstance(before, Unknown) or (isinstance(before, Said) and not before.declined):
            return before

        def read(body: bytes) -> Said | None:
            link = meaning.link_of(body)
            return meaning.untried(tx_ref, live=self.live, link=link) if link else None

        wanted = self._link(ask, ask.email, tx_ref, amount)
        return await self._line.ask("POST", "/payments", read, refusal, json=wanted)

    async def find(self, attempt_id: str) -> Said | Unknown | None:  # noqa: ARG002
        """Nothing can be searched without what was asked for; ``create``, which knows that, looks first."""
        return None

    async def look_up(self, provider_ref: str) -> Answer:
        """Verify by reference; a link that nobody has tried yet waits for its buyer."""
        said = await self._verify_reference(provider_ref)
        if isinstance(said, Refused) and said.code == NOTHING:
            return meaning.untried(provider_ref, live=self.live) or said
        return said

    async def finish(self, attempted: Attempted) -> Answer:
        """Nothing waits for us: who has agreed has paid."""
        return await self.look_up(attempted.provider_ref)

    async def capture(self, attempted: Attempted) -> Answer:
        """Setting aside is a product of its own, which is not spoken here (§5.1)."""
        return Refused(
            "not_offered", f"Flutterwave takes at once, so there is nothing of {attempted.attempt_id}"
        )

    async def close(self, provider_ref: str) -> Answer:
        """A link ends with the time that it was given."""
        return await self.look_up(provider_ref)

    async def refund(self, refund: RefundAsk) -> RefundAnswer:
        """Give a part or all of a transaction back; asked twice it is given twice, so look first.

        Our id is its comment, and all that it can be found by.
        """
        amount = envelope.number(refund.amount_minor, refund.currency)
        if amount is None:
            return envelope.not_payable(refund.amount_minor, refund.currency)
        paid = await self._transaction_of(refund)
        if not isinstance(paid, str):
            return paid
        return await self._line.ask(
            "POST",
            path("transactions", paid, "refund"),
            lambda body: self._refund(envelope.opened(body), refund, paid),
            refusal,
            json={"amount": Raw(amount.encode()), "comments": refund.refund_id},
        )

    async def find_refund(self, refund: RefundAsk) -> RefundSaid | Unknown | None:
        """Look through the refunds of its transaction for our comment."""
        paid = await self._transaction_of(refund)
        if isinstance(paid, Unknown):
            return paid
        if isinstance(paid, Refused):
            return None if paid.code == NOTHING else Unknown(f"it was refused: {paid.code}")

        async def ask(page: int) -> Rows | Unknown | Refused:
            query = urlencode({"id": paid, "page": page})
            return await self._line.ask("GET", f"/refunds?{query}", envelope.rows, refusal)

        def read(row: Raw) -> RefundSaid | None:
            said = self._refund(row, refund, paid)
            return said if said and said.reference == refund.refund_id else None

        return await envelope.search(ask, read)

    def check_return(self, params: Mapping[str, str], provider_ref: str) -> None:
        """Flutterwave signs nothing here (§5.1)."""

    async def read_event(
        self,
        headers: Mapping[str, str],
        body: bytes,
        at: datetime,  # noqa: ARG002
    ) -> ProviderEvent:
        """The header is the secret itself: who has seen one delivery can forge any body (§5.1)."""
        check_echo(headers.get("verif-hash"), secrets=self._settings.secret_hashes)
        return self.translate(body)

    def translate(self, body: bytes) -> ProviderEvent:
        """What an event claims."""
        try:
            return meaning.event_says(body, live=self.live)
        except UNREADABLE as error:
            raise RequestMalformed(reason=f"This is not an event of Flutterwave's: {error}") from error

    async def confirm(self, event: ProviderEvent) -> Facts | Unknown | None:
        """Verify the transaction that was told of; nothing to it if there is none under this reference."""
        told = event.facts
        if not isinstance(told, Said) or told.charge_ref is None:
            return None
        answer = await self._verify(path("transactions", told.charge_ref, "verify"))
        match answer:
            case Refused(code=code):
                return None if code == NOTHING else Unknown(f"it was refused: {code}")
            case Said(provider_ref=tx_ref) if tx_ref != told.provider_ref:
                return None
            case _:
                return answer

    # ── the wire ──────────────────────────────────────────────────────────────────────────────

    async def _verify(self, address: str) -> Answer:
        return await self._line.ask(
            "GET", address, lambda body: meaning.verified(body, live=self.live), refusal
        )

    async def _verify_reference(self, tx_ref: str) -> Answer:
        said = await self._verify(f"/transactions/verify_by_reference?{urlencode({'tx_ref': tx_ref})}")
        if isinstance(said, Said) and said.provider_ref != tx_ref:
            return Unknown("an answer about another reference")
        return said

    async def _transaction_of(self, refund: RefundAsk) -> str | Unknown | Refused:
        """Where the money lies; looked up where we have not learned it yet."""
        if refund.charge_ref:
            return refund.charge_ref
        said = await self._verify_reference(refund.provider_ref)
        if isinstance(said, Said):
            return said.charge_ref or Refused(NOTHING, f"nobody has paid {refund.provider_ref}")
        return said

    def _refund(self, row: bytes | Raw | None, refund: RefundAsk, paid: str) -> RefundSaid | None:
        if row is None:
            return None
        return meaning.refund_says(row, payment_ref=paid, currency=refund.currency, live=self.live)

    def _link(self, ask: Ask, email: str, tx_ref: str, amount: str) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "tx_ref": tx_ref,
            "amount": Raw(amount.encode()),
            "currency": ask.currency,
            "redirect_url": ask.return_url,
            "customer": {"email": email},
            "customizations": {"title": f"Order {ask.order_number}"},
            "meta": {"order_id": ask.order_id, "attempt_id": ask.attempt_id},
        }
        if ask.expires_at is not None:
            left = int((ask.expires_at - clock.now()).total_seconds()) // 60
            wanted["session_duration"] = min(MINUTES_MAX, max(1, left))
        if self._settings.payload_hash:
            wanted["payload_hash"] = meaning.checksum(
                amount, ask.currency, email, tx_ref, secret_key=self._secret_key
            )
        return wanted

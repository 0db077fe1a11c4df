"""Flutterwave v4: charges of one try each, all in one call, and refunds (gateways.md §5.2).

Access tokens by client credentials, idempotency keys, and webhooks that sign their body. Which way
v4 signs, its documents disagree about, so that is a setting.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never
from urllib.parse import urlencode

import msgspec
from msgspec import Raw

from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import (
    Answer,
    Ask,
    Attempted,
    Can,
    Deed,
    DisputeSaid,
    Facts,
    Proof,
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
from holdfast.payment.providers.flutterwave import v4_meaning as meaning
from holdfast.payment.providers.flutterwave.envelope import NAME, Rows
from holdfast.payment.providers.flutterwave.settings import FlutterwaveSettings, needed
from holdfast.payment.providers.flutterwave.v4_meaning import idempotency_key, refusal
from holdfast.payment.wire.call import UNREADABLE, Bearer, Line, path
from holdfast.payment.wire.references import bare
from holdfast.payment.wire.signature import check_echo, check_hmac

API_BASES = {
    "live": "https://f4bexperience.flutterwave.com",
    "test": "https://developersandbox-api.flutterwave.com",
}
CURRENCIES = ("NGN",)
"""What the methods that lead a buyer away are known to collect."""


class FlutterwaveV4:
    """A method of the account's that leads its buyer away."""

    name = NAME
    asks = True

    def __init__(self, settings: FlutterwaveSettings, wiring: Wiring) -> None:
        """Raises SettingsInvalid without credentials, or where nobody says whether money is real."""
        client_id, client_secret, mode = needed(settings, "client_id", "client_secret", "mode")
        self.live = mode == "live"
        self.can = Can(
            frozenset({Deed.LOOK_UP, Deed.REFUND, Deed.PARTIAL_REFUND}),
            currencies=frozenset(settings.currencies or CURRENCIES),
        )
        self._settings = settings
        self._credentials = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._gate = Line(NAME, wiring, api_base=settings.token_url)
        self._line = Line(
            NAME, wiring, api_base=settings.api_base or API_BASES[mode], bearer=Bearer(self._token)
        )

    def plan(self, ask: Ask) -> Said:
        """Never called: Flutterwave is asked."""
        raise AssertionError(f"{ask.attempt_id} is to be asked for, not planned")

    async def create(self, ask: Ask) -> Answer:
        """Customer, method and charge in one; its end cannot be said."""
        amount = envelope.number(ask.amount_minor, ask.currency)
        if amount is None:
            return envelope.not_payable(ask.amount_minor, ask.currency)
        if not ask.email:
            return envelope.no_email(ask.attempt_id)
        return await self._line.ask(
            "POST",
            "/orchestration/direct-charges",
            self._charge,
            refusal,
            json={
                "amount": Raw(amount.encode()),
                "currency": ask.currency,
                "reference": bare(ask.attempt_id),
                "customer": {"email": ask.email},
                "payment_method": {"type": self._settings.method},
                "redirect_url": ask.return_url,
                "meta": {"order_id": ask.order_id, "attempt_id": ask.attempt_id},
            },
            headers={"X-Idempotency-Key": idempotency_key("create", ask.attempt_id, ask.again)},
        )

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """The charge under our reference; one that has money comes first.

        The list is not in the documents that we have: where there is none, the key of ``create`` holds.
        """
        query = urlencode({"reference": bare(attempt_id)})
        found = await self._line.ask("GET", f"/charges?{query}", self._charges, refusal)
        if isinstance(found, Unknown):
            return found
        if isinstance(found, Refused):
            return None
        ours = [said for said in found if said.reference == attempt_id]
        return max(ours, key=lambda said: said.state is AttemptState.CAPTURED, default=None)

    async def look_up(self, provider_ref: str) -> Answer:
        """Read the charge."""
        said = await self._line.ask("GET", path("charges", provider_ref), self._charge, refusal)
        if isinstance(said, Said) and said.provider_ref != provider_ref:
            return Unknown("an answer about another charge")
        return said

    async def finish(self, attempted: Attempted) -> Answer:
        """Nothing waits for us: who has agreed has paid."""
        return await self.look_up(attempted.provider_ref)

    async def capture(self, attempted: Attempted) -> Answer:
        """Ordinary charges take at once (§1.3)."""
        return Refused(
            "not_offered", f"Flutterwave takes at once, so there is nothing of {attempted.attempt_id}"
        )

    async def close(self, provider_ref: str) -> Answer:
        """There is no such call: a charge ends with its one try."""
        return await self.look_up(provider_ref)

    async def refund(self, refund: RefundAsk) -> RefundAnswer:
        """Give a part or all of a charge back."""
        amount = envelope.number(refund.amount_minor, refund.currency)
        if amount is None:
            return envelope.not_payable(refund.amount_minor, refund.currency)
        made = await self._line.ask(
            "POST",
            "/refunds",
            meaning.refund,
            refusal,
            json={
                "charge_id": refund.provider_ref,
                "amount": Raw(amount.encode()),
                "reason": "requested_by_customer",
                "meta": {"refund_id": refund.refund_id},
            },
            headers={"X-Idempotency-Key": idempotency_key("refund", refund.refund_id, refund.again)},
        )
        return self._refund_says(made, refund.currency) if isinstance(made, meaning.Refund) else made

    async def find_refund(self, refund: RefundAsk) -> RefundSaid | Unknown | None:
        """Look through the account's refunds, newest first, for our id."""

        async def ask(page: int) -> Rows | Unknown | Refused:
            return await self._line.ask(
                "GET", f"/refunds?{urlencode({'page': page})}", envelope.rows, refusal
            )

        def read(row: Raw) -> RefundSaid | None:
            found = msgspec.json.decode(row, type=meaning.Refund)
            if (found.meta or {}).get("refund_id") != refund.refund_id:
                return None
            return meaning.refund_says(found, currency=refund.currency, live=self.live)

        return await envelope.search(ask, read)

    def check_return(self, params: Mapping[str, str], provider_ref: str) -> None:
        """Flutterwave signs nothing here."""

    async def read_event(
        self,
        headers: Mapping[str, str],
        body: bytes,
        at: datetime,  # noqa: ARG002
    ) -> ProviderEvent:
        """Signed over the raw body, in base64, or, where that is set, only the secret itself (§5.2)."""
        given, secrets = headers.get("flutterwave-signature"), self._settings.secret_hashes
        if self._settings.signature == "echo":
            check_echo(given, secrets=secrets)
        else:
            check_hmac([given or ""], body, secrets=secrets, written="base64")
        return self.translate(body)

    def translate(self, body: bytes) -> ProviderEvent:
        """What an event says, or claims where the secret itself is sent."""
        proof = Proof.ASK if self._settings.signature == "echo" else Proof.SIGNED
        try:
            return meaning.event_says(body, live=self.live, proof=proof)
        except UNREADABLE as error:
            raise RequestMalformed(reason=f"This is not an event of Flutterwave's: {error}") from error

    async def confirm(self, event: ProviderEvent) -> Facts | Unknown | None:
        """Read what was told of, and the charge whose currency it has."""
        said: Facts | Unknown | Refused
        match event.facts:
            case None:
                return None
            case Said(provider_ref=charge):
                said = await self.look_up(charge)
            case RefundSaid(provider_ref=refund):
                said = await self._read_refund(refund)
            case DisputeSaid(provider_ref=chargeback):
                said = await self._read_chargeback(chargeback)
            case _:
                assert_never(event.facts)
        return Unknown(f"it was refused: {said.code}") if isinstance(said, Refused) else said

    # ── the wire ──────────────────────────────────────────────────────────────────────────────

    async def _token(self) -> tuple[str, int] | Unknown | Refused:
        return await self._gate.ask("POST", "", meaning.token, refusal, form=self._credentials)

    async def _read_refund(self, refund_id: str) -> RefundAnswer:
        found = await self._line.ask("GET", path("refunds", refund_id), meaning.refund, refusal)
        if not isinstance(found, meaning.Refund):
            return found
        charge = await self.look_up(found.charge_id)
        return self._refund_says(found, charge.currency) if isinstance(charge, Said) else charge

    async def _read_chargeback(self, chargeback_id: str) -> DisputeSaid | Unknown | Refused:
        found = await self._line.ask("GET", path("chargebacks", chargeback_id), meaning.chargeback, refusal)
        if not isinstance(found, meaning.Chargeback):
            return found
        charge = await self.look_up(found.charge_id)
        if not isinstance(charge, Said):
            return charge
        try:
            return meaning.chargeback_says(found, currency=charge.currency, live=self.live)
        except UNREADABLE as error:
            return Unknown(f"a chargeback that cannot be read: {error}")

    def _refund_says(self, found: meaning.Refund, currency: str) -> RefundSaid | Unknown:
        try:
            return meaning.refund_says(found, currency=currency, live=self.live)
        except UNREADABLE as error:
            return Unknown(f"a refund that cannot be read: {error}")

    def _charge(self, body: bytes) -> Said | None:
        return meaning.charge(body, live=self.live)

    def _charges(self, body: bytes) -> list[Said] | None:
        return meaning.charges(body, live=self.live)

"""Paystack: its hosted page, verification, refunds, and pre-authorisations in rands (gateways.md §4).

The object of ours is a transaction under our own reference, one for each attempt, or a pre-authorisation
under another; which of the two is seen by the reference, so that the setting may change at any time.
That reference is all the idempotency that there is, and a refund has none.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import (
    Answer,
    Ask,
    Attempted,
    Can,
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
from holdfast.payment.providers.paystack import meaning
from holdfast.payment.providers.paystack.account import PaystackSettings
from holdfast.payment.providers.paystack.events import event_says
from holdfast.payment.providers.paystack.meaning import NAME, refusal
from holdfast.payment.providers.paystack.objects import (
    Captured,
    Initialized,
    Preauthorization,
    Refund,
    Transaction,
)
from holdfast.payment.wire import amounts
from holdfast.payment.wire.call import Line, path
from holdfast.payment.wire.references import bare, whole
from holdfast.payment.wire.signature import check_hmac

LIST_ROWS_MAX = 50
"""Of a page of refunds; Paystack's own default, so that it is no matter whether it heeds what we ask."""

Kind = TypeVar("Kind", Transaction, Preauthorization)
Fact = TypeVar("Fact")


class PaystackProvider:
    """Cards, banks, USSD, mobile money: whatever the account offers on Paystack's page."""

    name = NAME
    asks = True

    def __init__(self, settings: PaystackSettings, wiring: Wiring) -> None:
        """Raises SettingsInvalid for keys of different modes."""
        self.live = settings.is_live()
        self.can: Can = settings.can()
        self._settings = settings
        headers = {"Authorization": f"Bearer {settings.secret_keys[0]}"}
        self._line = Line(NAME, wiring, api_base=settings.api_base, headers=headers)

    def plan(self, ask: Ask) -> Said:
        """Never called: Paystack is asked."""
        raise AssertionError(f"{ask.attempt_id} is to be asked for, not planned")

    async def create(self, ask: Ask) -> Answer:
        """Ask under our reference; where that is refused, what the reference stands for is the answer.

        It may be refused because it was used before, and the words for that are not the same everywhere.
        The address of the page comes with the first answer only: where that was lost, the buyer pays by
        another attempt. A transaction never ends by itself (§12.15).
        """
        amount = amounts.to_units(NAME, ask.amount_minor, ask.currency)
        if amount is None or (self.can.currencies and ask.currency not in self.can.currencies):
            return _not_payable(ask.amount_minor, ask.currency)
        if not ask.email:
            return Refused("email_needed", "Paystack wants to know the buyer's e-mail address")
        holds = ask.authorise_only and self._settings.preauthorise_days > 0
        reference = bare(ask.attempt_id, "-" if holds else "")
        wanted = self._wanted(ask, reference, str(amount)) | (self._until() if holds else {})

        def read(body: bytes) -> Said | None:
            made = meaning.content(body, Initialized)
            if made is None or made.reference != reference:
                return None
            return Said(
                provider_ref=reference,
                state=AttemptState.PENDING,
                amount_minor=ask.amount_minor,
                currency=ask.currency,
                live=self.live,
                reference=ask.attempt_id,
                next_action=redirect(made.authorization_url),
            )

        address = "/preauthorization/initialize" if holds else "/transaction/initialize"
        made = await self._line.ask("POST", address, read, refusal, json=wanted)
        if not isinstance(made, Refused):
            return made
        before = await self.look_up(reference)
        return made if isinstance(before, Refused) else before

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """What stands under our references: that of a pre-authorisation, where we make any, and the other."""
        between = ("-", "") if self._settings.preauthorise_days else ("",)
        for mark in between:
            found = await self.look_up(bare(attempt_id, mark))
            if not isinstance(found, Refused):
                return found
            if not meaning.is_absent(found):
                return Unknown(f"it could not be looked for: {found.code}")
        return None

    async def look_up(self, provider_ref: str) -> Answer:
        """Verify; the answer is a yes also where the payment is not (§4.3)."""
        if _is_hold(provider_ref):
            return await self._verify("preauthorization", provider_ref, Preauthorization, meaning.hold_says)
        return await self._verify("transaction", provider_ref, Transaction, meaning.transaction_says)

    async def finish(self, attempted: Attempted) -> Answer:
        """Nothing waits for us: Paystack goes on by itself once a buyer has agreed."""
        return await self.look_up(attempted.provider_ref)

    async def capture(self, attempted: Attempted) -> Answer:
        """Take what was set aside; how much of it was taken is read, for the answers' shapes differ (§4.4).

        A capture that the bank does not answer at once goes on, and may fail later.
        """
        if not _is_hold(attempted.provider_ref):
            return Refused("not_offered", f"{attempted.provider_ref} is no pre-authorisation")
        amount = amounts.to_units(NAME, attempted.amount_minor, attempted.currency)
        if amount is None:
            return _not_payable(attempted.amount_minor, attempted.currency)
        wanted = {
            "reference": attempted.provider_ref,
            "currency": attempted.currency,
            "amount": str(amount),
        }
        answer = await self._line.ask(
            "POST", "/preauthorization/capture", meaning.capture_says, refusal, json=wanted
        )
        return await self.look_up(attempted.provider_ref) if isinstance(answer, Captured) else answer

    async def close(self, provider_ref: str) -> Answer:
        """Let go of what is set aside; a page cannot be closed, and stays as it is."""
        if _is_hold(provider_ref):
            wanted = {"reference": provider_ref}
            released = await self._line.ask(
                "POST", "/preauthorization/release", meaning.is_yes, refusal, json=wanted
            )
            if isinstance(released, Unknown):
                return released
        return await self.look_up(provider_ref)

    async def refund(self, refund: RefundAsk) -> RefundAnswer:
        """Give a part or all back. The same call twice would be two: our id stands in the merchant's note.

        Where it is refused, an earlier asking may have been heard although its answer was lost.
        """
        amount = amounts.to_units(NAME, refund.amount_minor, refund.currency)
        if amount is None:
            return _not_payable(refund.amount_minor, refund.currency)
        wanted = {
            "transaction": refund.provider_ref,
            "amount": amount,
            "currency": refund.currency,
            "merchant_note": refund.refund_id,
        }

        def read(body: bytes) -> RefundSaid | None:
            made = meaning.content(body, Refund)
            return None if made is None else meaning.refund_says(made, refund.provider_ref)

        answer = await self._line.ask("POST", "/refund", read, refusal, json=wanted)
        if not isinstance(answer, Refused):
            return answer
        before = await self.find_refund(refund)
        return before if isinstance(before, RefundSaid) else answer

    async def find_refund(self, refund: RefundAsk) -> RefundSaid | Unknown | None:
        """Look through the transaction's refunds for the one whose note is our id."""
        listed = await self._refunds(refund.provider_ref, refund.charge_ref)
        if isinstance(listed, Unknown):
            return listed
        said, all_of_them = listed
        ours = [one for one in said if one.reference == refund.refund_id]
        if ours or all_of_them:
            return ours[0] if ours else None
        return Unknown("there are refunds that were not listed, or not clearly")

    def check_return(self, params: Mapping[str, str], provider_ref: str) -> None:
        """Paystack signs nothing here (§12.4)."""

    async def read_event(
        self,
        headers: Mapping[str, str],
        body: bytes,
        at: datetime,  # noqa: ARG002
    ) -> ProviderEvent:
        """Signed by the API's key, without a time: the event's key stops a replay (§4.6)."""
        given = headers.get("x-paystack-signature", "")
        check_hmac([given], body, secrets=self._settings.secret_keys, algorithm="sha512")
        event = self.translate(body)
        if event.facts is not None and event.facts.live is not self.live:
            raise RequestMalformed(reason="This event of Paystack's is of the other mode")
        return event

    def translate(self, body: bytes) -> ProviderEvent:
        """What an event says; nothing of it is believed before its signature was checked."""
        return event_says(body)

    async def confirm(self, event: ProviderEvent) -> Facts | Unknown | None:
        """Which refund was meant; of several alike that have failed nobody can tell."""
        hint = event.facts
        if not isinstance(hint, RefundSaid) or hint.provider_ref:
            return hint
        listed = await self._refunds(hint.payment_ref, None)
        if isinstance(listed, Unknown):
            return listed
        alike = [one for one in listed[0] if _sum(one) == _sum(hint)]
        same = [one for one in alike if one.state == hint.state]
        if hint.state == "failed":
            return same[0] if len(same) == 1 else Unknown(f"{len(same)} refunds fit one that failed")
        return next(iter(same or alike), Unknown("a refund that is not listed yet"))

    # ── the wire ──────────────────────────────────────────────────────────────────────────────

    async def _verify(
        self, what: str, reference: str, kind: type[Kind], says: Callable[[Kind], Fact | None]
    ) -> Fact | Unknown | Refused:
        """What one object says, if it is the one that was asked about."""

        def read(body: bytes) -> Fact | Unknown | None:
            found = meaning.content(body, kind)
            if found is None or found.reference != reference:
                return None
            return says(found) or Unknown(f"a status that is not known: {found.status[:40]}")

        return await self._line.ask("GET", path(what, "verify", reference), read, refusal)

    async def _refunds(
        self, provider_ref: str, charge_ref: str | None
    ) -> tuple[list[RefundSaid], bool] | Unknown:
        """A transaction's refunds, and whether that is all of them; they are listed by Paystack's own id."""
        number: str | Unknown | Refused | None = charge_ref
        if number is None:
            number = await self._verify("transaction", provider_ref, Transaction, _number_of)
        if not isinstance(number, str):
            return number if isinstance(number, Unknown) else Unknown(f"it is not known: {number.code}")
        transaction, query = number, urlencode({"transaction": number, "perPage": LIST_ROWS_MAX})

        def read(body: bytes) -> tuple[list[RefundSaid], bool]:
            return meaning.refunds_say(body, transaction, provider_ref)

        listed = await self._line.ask("GET", f"/refund?{query}", read, refusal)
        return Unknown(f"the list was refused: {listed.code}") if isinstance(listed, Refused) else listed

    def _wanted(self, ask: Ask, reference: str, amount: str) -> dict[str, Any]:
        return {
            "email": ask.email,
            "amount": amount,
            "currency": ask.currency,
            "reference": reference,
            "callback_url": ask.return_url,
            "metadata": {
                "order_id": ask.order_id,
                "attempt_id": ask.attempt_id,
                "cancel_action": ask.return_url,
            },
        }

    def _until(self) -> dict[str, Any]:
        return {"expire_after_days": self._settings.preauthorise_days, "expire_action": "release"}


def _is_hold(provider_ref: str) -> bool:
    return "-" in provider_ref and whole(provider_ref) is not None


def _sum(said: RefundSaid) -> tuple[int, str]:
    return said.amount_minor, said.currency


def _number_of(made: Transaction) -> str:
    return meaning.number(made.id)


def _not_payable(amount_minor: int, currency: str) -> Refused:
    return Refused("amount_not_payable", f"Paystack cannot move {amount_minor} minor units of {currency}")

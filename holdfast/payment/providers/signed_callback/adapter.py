"""CBE Birr and Awash by the minimal signed-callback convention (gateways.md §8-10).

The convention is OURS and no bank's specification: the banks publish none. Endpoint, field names
and signature scheme are settings, so that a merchant's contract can be put in without touching
anything else. The object of ours is a payment under our own reference, the attempt's id without
its underscore; the bank's transaction is its charge.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from holdfast.errors.request import RequestMalformed
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import (
    Answer,
    Ask,
    Attempted,
    Can,
    Deed,
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
    redirect,
)
from holdfast.payment.providers.signed_callback import meaning
from holdfast.payment.providers.signed_callback.account import Account, Brand, SignedCallbackSettings
from holdfast.payment.providers.signed_callback.meaning import Event, Made, Payment
from holdfast.payment.wire import amounts
from holdfast.payment.wire.call import UNREADABLE, Line, key, path
from holdfast.payment.wire.references import bare


class SignedCallbackProvider:
    """One bank in birr; with a status query nothing is believed before the bank was asked."""

    asks = True

    def __init__(self, brand: Brand, settings: SignedCallbackSettings, wiring: Wiring) -> None:
        """Raises SettingsInvalid for field names that cannot be told apart."""
        self.name, self.live = brand.name, settings.mode == "live"
        self._account, self._webhook_url = Account(brand, settings), wiring.webhook_url
        self._can_query = settings.status_query == "yes"
        deeds = frozenset({Deed.LOOK_UP}) if self._can_query else frozenset[Deed]()
        self.can = Can(deeds, currencies=frozenset({"ETB"}))
        headers = {"Authorization": f"Bearer {settings.api_key}"}
        self._line = Line(brand.name, wiring, api_base=settings.api_base, headers=headers)

    def plan(self, ask: Ask) -> Said:
        """Never called: the bank is asked."""
        raise AssertionError(f"{ask.attempt_id} is to be asked for, not planned")

    async def create(self, ask: Ask) -> Answer:
        """Ask for a payment under our reference; where that has one already, how it stands is the answer.

        Its end is told and may have moved when we ask again, which makes it another request under
        the same key: the bank refuses that, and it is no refusal of the payment.
        """
        amount = amounts.to_text(self.name, ask.amount_minor, ask.currency)
        if amount is None or ask.currency != "ETB":
            message = (
                f"{self._account.brand.title} cannot move {ask.amount_minor} minor units of {ask.currency}"
            )
            return Refused("amount_not_payable", message)
        reference = bare(ask.attempt_id)

        def read(body: bytes) -> Said | None:
            made = msgspec.convert(self._fields(body), Made)
            if made.reference != reference or meaning.STATES.get(made.status) is not AttemptState.PENDING:
                return None
            return Said(
                provider_ref=reference,
                state=AttemptState.PENDING,
                amount_minor=ask.amount_minor,
                currency=ask.currency,
                live=self.live,
                reference=ask.attempt_id,
                next_action=redirect(made.redirect_url) if made.redirect_url else None,
                charge_ref=made.transaction_id,
            )

        answer = await self._line.ask(
            "POST",
            "/payments",
            read,
            meaning.refusal,
            json=self._account.request(self._wish(ask, reference, amount)),
            headers={"Idempotency-Key": key("create", ask.attempt_id, ask.again)},
        )
        if not isinstance(answer, Refused) or answer.code not in meaning.MADE_BEFORE:
            return answer
        before = await self.look_up(reference)
        return Unknown(f"made before: {before.code}") if isinstance(before, Refused) else before

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """What became of the payment under our reference; None also of one that waits.

        Then ``create`` is asked again, which makes no second one and brings its page's address back.
        So it is where the bank cannot be asked.
        """
        if not self._can_query:
            return None
        found = await self.look_up(bare(attempt_id))
        if isinstance(found, Refused):
            return None if found.code == meaning.NOT_FOUND else Unknown(f"no query: {found.code}")
        return None if isinstance(found, Said) and found.state is AttemptState.PENDING else found

    async def look_up(self, provider_ref: str) -> Answer:
        """Query the payment; a bank that has no such call is not asked."""
        if not self._can_query:
            return Unknown(f"{self._account.brand.title} cannot be asked")

        def read(body: bytes) -> Said | None:
            payment = msgspec.convert(self._fields(body), Payment)
            return payment.says(self.name, live=self.live) if payment.reference == provider_ref else None

        return await self._line.ask("GET", path("payments", provider_ref), read, meaning.refusal)

    async def finish(self, attempted: Attempted) -> Answer:
        """Nothing waits for us: who agrees at the bank has paid."""
        return await self.look_up(attempted.provider_ref)

    async def capture(self, attempted: Attempted) -> Answer:
        """Nothing is set aside."""
        return Refused(
            "not_offered", f"The bank takes at once, so there is nothing of {attempted.attempt_id}"
        )

    async def close(self, provider_ref: str) -> Answer:
        """There is no such call: the payment ends with the time that it was given."""
        return await self.look_up(provider_ref)

    async def refund(self, refund: RefundAsk) -> RefundAnswer:
        """There is no such call (§8): a person gives it back."""
        wish = f"{refund.amount_minor} minor units of {refund.currency} for {refund.provider_ref}"
        return Refused("not_offered", f"The bank has no refunds: give {wish} back by hand", by_hand=True)

    async def find_refund(self, refund: RefundAsk) -> RefundSaid | Unknown | None:  # noqa: ARG002
        """The bank keeps none."""
        return None

    def check_return(self, params: Mapping[str, str], provider_ref: str) -> None:
        """What the buyer's browser brings back is not signed."""

    async def read_event(self, headers: Mapping[str, str], body: bytes, at: datetime) -> ProviderEvent:
        """Verify a callback over its raw bytes and translate it."""
        self._account.check(headers, body, at)
        return self.translate(body)

    def translate(self, body: bytes) -> ProviderEvent:
        """What a callback says: a hint where the bank can be asked, and else all that there will ever be."""
        try:
            fields = self._fields(body)
            event = msgspec.convert(fields, Event)
            key_of_event, facts = event.key, None
            if event.tells_of_payment:
                facts = msgspec.convert(fields, Payment).says(self.name, live=self.live)
        except UNREADABLE as error:
            raise RequestMalformed(reason=f"This is not a callback of the convention: {error}") from error
        proof = Proof.ASK if self._can_query else Proof.UNCHECKED
        return ProviderEvent(key_of_event, event.kind, facts, proof)

    async def confirm(self, event: ProviderEvent) -> Facts | Unknown | None:
        """What the bank's query says of the payment; None where it knows of none."""
        assert isinstance(event.facts, Said), "only payments are told of"
        said = await self.look_up(event.facts.provider_ref)
        if isinstance(said, Refused):
            return None if said.code == meaning.NOT_FOUND else Unknown(f"no query: {said.code}")
        return said

    def _fields(self, body: bytes) -> dict[str, str]:
        return meaning.fields(body, self._account.named)

    def _wish(self, ask: Ask, reference: str, amount: str) -> dict[str, str]:
        wish = {
            "reference": reference,
            "amount": amount,
            "currency": ask.currency,
            "description": f"Order {ask.order_number}",
            "callback_url": self._webhook_url,
            "return_url": ask.return_url,
        }
        if ask.expires_at is None:
            return wish
        ends = ask.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return wish | {"expires_at": ends}


def of_bank(brand: Brand) -> Callable[[SignedCallbackSettings, Wiring], SignedCallbackProvider]:
    """The adapter under one bank's name."""
    return lambda settings, wiring: SignedCallbackProvider(brand, settings, wiring)

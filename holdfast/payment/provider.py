"""What every way to pay is made of: the words in which the shop and an adapter talk.

An adapter is one file in ``providers/`` that translates one wire protocol and nothing else: no
database, no environment, no retries, no default that means yes. Only an explicit yes is success,
only an explicit no is failure; everything else is Unknown, and is asked about again. What one
provider can do and another cannot is said by ``Can``, so that nobody else asks for names.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from holdfast.payment.payment import AttemptState

# ── what it can do ────────────────────────────────────────────────────────────────────────────


class Deed(StrEnum):
    """What a provider may be able to do beside collecting (gateways.md §1.3)."""

    AUTHORISE = "authorise"
    """Set the money aside now, and have it taken later."""
    CAPTURE = "capture"
    """Take later what was set aside."""
    PARTIAL_CAPTURE = "partial_capture"
    VOID = "void"
    """Let go at once of what was set aside; without it an authorisation lapses by itself."""
    REFUND = "refund"
    """Without it a person gives the money back."""
    PARTIAL_REFUND = "partial_refund"
    LOOK_UP = "look_up"
    """Say how a payment stands; without it nobody but its webhook, or staff, ever tells."""
    DISPUTE = "dispute"
    """Tell of disputes by event."""


class Can(msgspec.Struct, frozen=True):
    """What a provider can do, and for which payments; API, shop and desk offer nothing else."""

    deeds: frozenset[Deed]
    currencies: frozenset[str] | None = None
    """None: whatever the account takes."""
    least: Mapping[str, int] = {}
    """The smallest payment per currency, in minor units; one that is not named has none."""
    most: Mapping[str, int] = {}
    """The largest payment per currency, in minor units."""
    countries: frozenset[str] | None = None
    """Where goods may be sent to (ISO 3166-1 alpha-2); None: anywhere."""

    def fits(self, amount_minor: int, currency: str, country: str | None) -> bool:
        """Whether a payment of this amount, for goods to this country (None: not known), can be made."""
        return (
            (self.currencies is None or currency in self.currencies)
            and self.least.get(currency, 0) <= amount_minor <= self.most.get(currency, amount_minor)
            and (self.countries is None or country is None or country in self.countries)
        )


# ── what it is asked ──────────────────────────────────────────────────────────────────────────


class Ask(msgspec.Struct, frozen=True):
    """A wish to collect money, as the adapter puts it into the provider's words."""

    attempt_id: str
    """Also the reference that the provider keeps for us, and the stem of the idempotency key."""
    order_id: str
    order_number: int
    amount_minor: int
    currency: str
    return_url: str
    """Where the buyer's browser is to come back to, whether paid, declined or cancelled."""
    email: str | None = None
    again: int | None = None
    """Set where the first key can only repeat an old error: the number of the key to use instead."""
    expires_at: datetime | None = None
    """When the units are let go; the provider's session should end then, if it can. None: not known."""
    authorise_only: bool = False
    """Set the money aside and wait for ``capture``; only where the provider can."""


class Attempted(msgspec.Struct, frozen=True):
    """One object of ours at the provider, that something is to be done with."""

    attempt_id: str
    provider_ref: str
    charge_ref: str | None
    amount_minor: int
    """What is to be taken, in minor units."""
    currency: str
    again: int | None = None
    """As in Ask."""


class RefundAsk(msgspec.Struct, frozen=True):
    """Money to be given back."""

    refund_id: str
    """Also the reference that the provider keeps, where it keeps one, and the stem of the key."""
    provider_ref: str
    charge_ref: str | None
    amount_minor: int
    currency: str
    again: int | None = None
    """As in Ask."""


# ── what it says ──────────────────────────────────────────────────────────────────────────────


class Said(msgspec.Struct, frozen=True):
    """What a provider said of one payment of ours, however it came."""

    provider_ref: str
    """The object that we made there: an intent, a session, an order, or our own reference.

    Empty where an event names only its ``charge_ref`` or our ``reference``.
    """
    state: AttemptState
    amount_minor: int
    """What was asked; of an authorised or captured payment: what was set aside or taken, in minor units."""
    currency: str
    live: bool
    reference: str | None = None
    """Our attempt id, where the provider gives it back."""
    next_action: dict[str, Any] | None = None
    """What the buyer is to do: one of the four below."""
    declined: str | None = None
    """Why the last try failed; the object may live on for another (gateways.md §1.1)."""
    part: bool = False
    """What came is a part, and the rest may still come to the same object (a transfer in parts)."""
    charge_ref: str | None = None
    """Where the money lies, if that has an id of its own: what refunds and disputes will name."""
    approved: bool = False
    """The buyer has agreed and nothing has moved: it is for us to ``finish`` it (gateways.md §6.2)."""


class RefundSaid(msgspec.Struct, frozen=True):
    """What a provider said of a refund; ``reference`` is our refund id where the provider gives it back."""

    provider_ref: str
    """Empty in a hint (proof ASK) that does not say which refund of its payment it is of."""
    payment_ref: str
    """The ``provider_ref`` or the ``charge_ref`` of its payment, whichever the provider names."""
    state: str
    """pending, succeeded or failed."""
    amount_minor: int
    currency: str
    live: bool
    reference: str | None = None


class DisputeSaid(msgspec.Struct, frozen=True):
    """What a provider said of a dispute: open, won or lost; ``payment_ref`` as in RefundSaid."""

    provider_ref: str
    payment_ref: str
    state: str
    amount_minor: int
    currency: str
    live: bool
    due_at: datetime | None = None
    """Until when it wants the shop's answer, where it says so."""


class Unknown(msgspec.Struct, frozen=True):
    """No answer that can be trusted: a timeout, a 5xx, garbage. The effect may have happened."""

    reason: str
    kept: bool = False
    """The provider keeps this answer under our key and will repeat it (gateways.md §2.7)."""


class Refused(msgspec.Struct, frozen=True):
    """An explicit no to this call (a 4xx that is final); ``code`` is the provider's own word."""

    code: str
    message: str
    by_hand: bool = False
    """The provider cannot do it by API, now or ever: a person has to (gateways.md §7.5, §8)."""
    gone: bool = False
    """There is no such object, or no longer: one of ours that nobody has paid has ended (§6.2)."""


Answer = Said | Unknown | Refused
RefundAnswer = RefundSaid | Unknown | Refused
Facts = Said | RefundSaid | DisputeSaid


class Proof(StrEnum):
    """How far a webhook whose signature fits is to be believed (design.md §6)."""

    SIGNED = "signed"
    """The signature covers the body: what it says is so."""
    ASK = "ask"
    """It does not, or not well: the facts are a hint, and ``confirm`` asks the provider."""
    UNCHECKED = "unchecked"
    """It does, but a bank that cannot be asked has signed: believed, and shown for reconciliation (§10)."""


class ProviderEvent(msgspec.Struct, frozen=True):
    """A webhook whose signature fits: its key (unique per provider), its kind, and its facts, if any."""

    key: str
    """The event's own id; of a provider without ids what ``references.content_key`` makes of it."""
    kind: str
    facts: Facts | None
    proof: Proof = Proof.SIGNED


# ── what the buyer is to do ───────────────────────────────────────────────────────────────────


def client_secret(secret: str, url: str | None = None) -> dict[str, Any]:
    """Hand this to the provider's script in the shop's page; ``url``: a page that does it by hand."""
    return {"type": "client_secret", "client_secret": secret} | ({"url": url} if url else {})


def redirect(url: str) -> dict[str, Any]:
    """Go to this address."""
    return {"type": "redirect", "url": url}


def form(url: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Post these fields to this address."""
    return {"type": "form", "url": url, "fields": dict(fields)}


def bank_details(amount_minor: int, currency: str, **details: str) -> dict[str, Any]:
    """Send this amount to this account, under this reference."""
    amount = {"amount": amount_minor, "currency": currency}
    return {"type": "bank_details", **details, "amount": amount}


# ── the adapter ───────────────────────────────────────────────────────────────────────────────


class Provider(Protocol):
    """One way to be paid. Calls never raise for what the network or the provider does.

    Every call may be repeated: whoever asks again looks first (``find``, ``find_refund``), and the
    same ask under the same key has the effect of once where the provider has keys.
    """

    name: str
    live: bool
    """Real money; what was begun in the other mode is never asked about."""
    asks: bool
    """Whether it calls anybody; one that does not is settled by staff alone."""
    can: Can

    def plan(self, ask: Ask) -> Said:
        """For one that calls nobody: what the buyer is to do, decided here and now."""
        ...

    async def create(self, ask: Ask) -> Answer:
        """Ask to collect. The same ask twice collects once (idempotency key ``create:{attempt_id}``)."""
        ...

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """What the provider keeps under our reference; None: it answered that it keeps nothing.

        Where nothing can be searched and the key of ``create`` holds, None does no harm.
        """
        ...

    async def look_up(self, provider_ref: str) -> Answer:
        """How it stands now. It changes nothing over there."""
        ...

    async def finish(self, attempted: Attempted) -> Answer:
        """Take, or set aside, what the buyer has approved; asked only after ``Said.approved``."""
        ...

    async def capture(self, attempted: Attempted) -> Answer:
        """Take what was set aside, or ``amount_minor`` of it; the rest is let go (key ``capture:…``)."""
        ...

    async def close(self, provider_ref: str) -> Answer:
        """Make sure that nobody can pay it any more, and let go of what is set aside.

        As far as the provider lets us: the answer says how it stands afterwards. Of one that was
        paid it is what look_up says, and so it is where the provider has no such call.
        """
        ...

    async def refund(self, refund: RefundAsk) -> RefundAnswer:
        """Give money back. The same refund id twice gives it back once (key ``refund:{refund_id}``)."""
        ...

    async def find_refund(self, refund: RefundAsk) -> RefundSaid | Unknown | None:
        """What the provider keeps of a refund under our reference; None: it answered that there is none."""
        ...

    def check_return(self, params: Mapping[str, str], provider_ref: str) -> None:
        """Verify what the buyer's browser brought back, where the provider signs it (gateways.md §3.3).

        Raises SignatureInvalid. Nothing in it is believed: the payment is looked up afterwards.
        """
        ...

    async def read_event(self, headers: Mapping[str, str], body: bytes, at: datetime) -> ProviderEvent:
        """Verify a webhook's signature over its raw bytes and translate it.

        Header names are lower case. Raises SignatureInvalid, RequestMalformed where the signature
        fits but the body is not one of the provider's, or ProviderAway where whoever has to be
        asked for the verification does not answer.
        """
        ...

    def translate(self, body: bytes) -> ProviderEvent:
        """Translate a body whose signature was verified when it was stored; raises RequestMalformed."""
        ...

    async def confirm(self, event: ProviderEvent) -> Facts | Unknown | None:
        """Read at the provider what an event of proof ASK told of; None: there is nothing to it."""
        ...


class Wiring(msgspec.Struct, frozen=True):
    """What every adapter that calls somebody is built with, beside its own settings."""

    client: Any
    """The process's one httpx.AsyncClient."""
    timeout_s: int
    """How long the provider may take for one call, in seconds."""
    webhook_url: str
    """Where its events are to be sent."""


Providers = Mapping[str, Provider]
"""The providers this process may use, by name; one that is not configured is missing."""

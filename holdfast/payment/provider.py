"""What every payment provider's adapter translates to and from.

An adapter is one file in ``providers/`` that speaks one wire protocol and nothing else: no
database, no settings, no retries, no default that means yes. Only an explicit yes is success,
only an explicit no is failure; everything else is Unknown.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from holdfast.payment.payment import AttemptState


class Ask(msgspec.Struct, frozen=True):
    """A wish to collect money, as the adapter puts it into the provider's words."""

    attempt_id: str
    """Also the reference that the provider keeps for us, and the stem of the idempotency key."""
    order_id: str
    order_number: int
    amount_minor: int
    currency: str
    return_url: str
    email: str | None = None
    again: int | None = None
    """Set where the first key can only repeat an old error: the number of the key to use instead."""


class Said(msgspec.Struct, frozen=True):
    """What a provider said of one payment of ours, however it came."""

    provider_ref: str
    state: AttemptState
    amount_minor: int
    """What was asked; of a captured payment: what was captured. Minor units (ISO 4217)."""
    currency: str
    live: bool
    reference: str | None = None
    """Our attempt id, where the provider gives it back."""
    next_action: dict[str, Any] | None = None
    declined: str | None = None
    """Why the last try failed; the object may live on for another (gateways.md §1.1)."""
    part: bool = False
    """What came is a part, and the rest may still come to the same object (a transfer in parts)."""


class RefundSaid(msgspec.Struct, frozen=True):
    """What a provider said of a refund; ``reference`` is our refund id where the provider gives it back."""

    provider_ref: str
    payment_ref: str
    state: str
    """pending, succeeded or failed."""
    amount_minor: int
    currency: str
    live: bool
    reference: str | None = None


class DisputeSaid(msgspec.Struct, frozen=True):
    """What a provider said of a dispute: open, won or lost."""

    provider_ref: str
    payment_ref: str
    state: str
    amount_minor: int
    currency: str
    live: bool


class Unknown(msgspec.Struct, frozen=True):
    """No answer that can be trusted: a timeout, a 5xx, garbage. The effect may have happened."""

    reason: str
    kept: bool = False
    """The provider keeps this answer under our key and will repeat it (gateways.md §2.7)."""


class Refused(msgspec.Struct, frozen=True):
    """An explicit no to this call (a 4xx that is final); ``code`` is the provider's own word."""

    code: str
    message: str


class ProviderEvent(msgspec.Struct, frozen=True):
    """A webhook whose signature fits: its key (unique per provider), its kind, and its facts, if any."""

    key: str
    kind: str
    facts: Said | RefundSaid | DisputeSaid | None


class Provider(Protocol):
    """One way to be paid. Calls never raise for what the network or the provider does."""

    name: str
    live: bool
    asks: bool
    """Whether it calls anybody; one that does not is settled by staff alone."""

    def plan(self, ask: Ask) -> Said:
        """For one that calls nobody: what the buyer is to do, decided here and now."""
        ...

    async def create(self, ask: Ask) -> Said | Unknown | Refused:
        """Ask to collect. The same ask twice collects once (idempotency key ``create:{attempt_id}``)."""
        ...

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """What the provider keeps under our reference; None: it answered that it keeps nothing."""
        ...

    async def look_up(self, provider_ref: str) -> Said | Unknown | Refused:
        """How it stands now."""
        ...

    async def close(self, provider_ref: str) -> Said | Unknown | Refused:
        """Make sure that nobody can pay it any more; of one that was paid, what look_up says."""
        ...

    async def refund(
        self, refund_id: str, payment_ref: str, amount_minor: int, currency: str, again: int | None = None
    ) -> RefundSaid | Unknown | Refused:
        """Give money back. The same refund id twice gives it back once (key ``refund:{refund_id}``).

        ``again``: as in Ask.
        """
        ...

    async def find_refund(self, refund_id: str, payment_ref: str) -> RefundSaid | Unknown | None:
        """What the provider keeps of a refund under our reference; None: it answered that there is none."""
        ...

    def read_event(self, headers: Mapping[str, str], body: bytes, at: datetime) -> ProviderEvent:
        """Verify a webhook's signature over its raw bytes and translate it.

        Header names are lower case. Raises SignatureInvalid, or RequestMalformed where the
        signature fits but the body is not one of the provider's.
        """
        ...

    def translate(self, body: bytes) -> ProviderEvent:
        """Translate a body whose signature was verified when it was stored; raises RequestMalformed."""
        ...


Providers = Mapping[str, Provider]
"""The providers this process may use, by name; one that is not configured is missing."""

"""What such a bank's answers and callbacks mean in the shop's words. Pure: bytes in, facts out (§10).

A field may come as text or as a number, and under the bank's own name; amounts are read from the text
as it was written.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from holdfast.limits import REASON_CHARS_MAX
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Refused, Said
from holdfast.payment.wire import amounts
from holdfast.payment.wire.references import content_key, whole

NOT_FOUND = "payment_not_found"
"""The bank keeps nothing under this reference."""
MADE_BEFORE = frozenset({"idempotency_key_reused", "reference_used"})
"""The reference has its payment; it was asked for with another end, or another key."""

# What ends up in a column: nothing that PostgreSQL's text or bigint would refuse.
Ref = Annotated[str, Meta(pattern=r"\A[!-~]{1,255}\Z")]
Word = Annotated[str, Meta(pattern=r"\A[!-~]{0,100}\Z")]
AmountText = Annotated[str, Meta(pattern=r"\A[0-9]{1,15}(\.[0-9]{1,4})?\Z")]
CurrencyText = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Page = Annotated[str, Meta(pattern=r"\A(https?://[!-~]{1,2000})?\Z")]

STATES = {
    "pending": AttemptState.PENDING,
    "succeeded": AttemptState.CAPTURED,
    "failed": AttemptState.FAILED,
    "cancelled": AttemptState.CANCELLED,
    "expired": AttemptState.EXPIRED,
}
_KIND = "payment."
_KINDS = frozenset(_KIND + status for status in STATES)


class Made(msgspec.Struct, frozen=True):
    """A payment that was asked for just now."""

    transaction_id: Ref
    reference: Ref
    status: str
    redirect_url: Page = ""


class Payment(msgspec.Struct, frozen=True):
    """A payment as a query shows it, or a callback tells of it."""

    transaction_id: Ref
    reference: Ref
    status: str
    amount: AmountText
    currency: CurrencyText
    reason: str = ""

    def says(self, provider: str, *, live: bool) -> Said | None:
        """None for a status that we do not know."""
        state = STATES.get(self.status)
        if state is None:
            return None
        return Said(
            provider_ref=self.reference,
            state=state,
            amount_minor=amounts.from_text(provider, self.amount, self.currency),
            currency=self.currency,
            live=live,
            reference=whole(self.reference),
            declined=(_plain(self.reason) or self.status) if state is AttemptState.FAILED else None,
            charge_ref=self.transaction_id,
        )


class Event(msgspec.Struct, frozen=True):
    """What every callback says of itself; its facts are a Payment's."""

    event: Word = ""
    event_id: str = ""
    transaction_id: str = ""
    status: Word = ""

    @property
    def kind(self) -> str:
        """What happened; raises ValueError where nothing says so."""
        if not (self.event or self.status):
            raise ValueError("nothing says what happened")
        return self.event or _KIND + self.status

    @property
    def key(self) -> str:
        """The bank's id of it, or what makes it the one it is; raises ValueError where it has neither."""
        if self.event_id:
            return content_key(self.event_id)
        if not (self.transaction_id and self.status):
            raise ValueError("it has neither an id nor a transaction and a status")
        return content_key(self.transaction_id, self.status)

    @property
    def tells_of_payment(self) -> bool:
        """Whether it is one of those that we know; raises ValueError where kind and status disagree."""
        known = self.kind in _KINDS
        if known and self.kind != _KIND + self.status:
            raise ValueError("its kind and its status disagree")
        return known


class _No(msgspec.Struct, frozen=True):
    """A refusal."""

    code: Word
    message: str = ""


def fields(body: bytes, named: Mapping[str, str]) -> dict[str, str]:
    """The fields by our names, each as the text that stands there; null is empty; raises UNREADABLE."""
    found = msgspec.json.decode(body, type=dict[str, Raw])
    return {ours: _text(found[theirs]) for ours, theirs in named.items() if theirs in found}


def refusal(body: bytes) -> Refused | None:
    """A no in the bank's own words."""
    no = msgspec.json.decode(body, type=_No)
    return Refused(no.code, _plain(no.message)) if no.code else None


def _plain(text: str) -> str:
    """A stranger's sentence, fit for a page and a column."""
    return "".join(letter for letter in text if letter.isprintable())[:REASON_CHARS_MAX]


def _text(raw: Raw) -> str:
    written = bytes(raw)
    if written == b"null":
        return ""
    return msgspec.json.decode(raw, type=str) if written.startswith(b'"') else written.decode()

"""What v3 says, in the shop's words. Pure: bytes in, facts out (gateways.md §5.1).

A hosted link has no state that could be read: only the tries to pay it, the *transactions*, are
kept over there, each under the reference of its link. That reference says what was asked for, so
that a link which nobody has tried yet can be told of, too.
"""

import re
from decimal import Decimal
from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, field
from msgspec.structs import replace

from holdfast.limits import TOTAL_MINOR_MAX
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Proof, ProviderEvent, RefundSaid, Refused, Said, redirect
from holdfast.payment.providers.flutterwave.envelope import NAME, Address, CurrencyText, Ref, Text, opened
from holdfast.payment.wire import amounts
from holdfast.payment.wire.references import bare, content_key, whole

CHARGED = "charge.completed"
"""The event of a try that ended, well or not."""
NOTHING = "no_transaction_was_found_for_this_id"
"""How it says, by id and by reference alike, that nobody has tried."""

Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Words = Annotated[str, Meta(pattern=r"\A[ -~]{1,255}\Z")]

_REFERENCE = re.compile(r"(?P<attempt>[a-z]{3}[0-9A-Z]{26})-(?P<currency>[A-Z]{3})-(?P<amount>[0-9]{1,16})")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_CODE_CHARS_MAX = 80


class _Link(msgspec.Struct, frozen=True):
    link: Address


class Transaction(msgspec.Struct, frozen=True):
    """One try to pay; ``charged_amount`` is not read: it holds fees that the buyer bears."""

    id: Id
    tx_ref: Words
    status: str
    amount: Decimal
    currency: CurrencyText
    processor_response: Text | None = None


class _OldTransaction(msgspec.Struct, frozen=True):
    """The same as older accounts are told of it: no envelope, and other names."""

    id: Id
    tx_ref: Words = field(name="txRef")
    status: str
    amount: Decimal
    currency: CurrencyText


class _Head(msgspec.Struct, frozen=True):
    """What every event has, in one form or the other."""

    event: Ref | None = None
    event_type: Words | None = field(name="event.type", default=None)
    data: Raw = Raw(b"null")
    old_ref: str | None = field(name="txRef", default=None)


class _Refund(msgspec.Struct, frozen=True):
    """A refund as the call that makes it answers (``tx_id``, ``comments``), and as a list shows it."""

    id: Id
    amount_refunded: Decimal
    status: str
    tx_id: Id | None = None
    comments: str | None = None
    comment: str | None = None


class _Error(msgspec.Struct, frozen=True):
    status: str
    message: Text


def reference_for(attempt_id: str, amount_minor: int, currency: str) -> str:
    """``tx_ref``: whose it is, and what was asked for in minor units."""
    return f"{bare(attempt_id)}-{currency}-{amount_minor}"


def checksum(amount: str, currency: str, email: str, tx_ref: str, *, secret_key: str) -> str:
    """``payload_hash`` of a request; ``amount`` as it stands there (§5.1)."""
    text = f"{amount}{currency}{email}{tx_ref}{sha256(secret_key.encode()).hexdigest()}"
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def untried(tx_ref: str, *, live: bool, link: str | None = None) -> Said | None:
    """A link that nobody has tried to pay, by its reference alone; None if that is none of ours."""
    found = _REFERENCE.fullmatch(tx_ref)
    amount = int(found["amount"]) if found else TOTAL_MINOR_MAX + 1
    if found is None or amount > TOTAL_MINOR_MAX:
        return None
    return Said(
        provider_ref=tx_ref,
        state=AttemptState.PENDING,
        amount_minor=amount,
        currency=found["currency"],
        live=live,
        reference=whole(found["attempt"]),
        next_action=redirect(link) if link else None,
    )


def link_of(body: bytes) -> str | None:
    """Where the buyer pays."""
    data = opened(body)
    return None if data is None else msgspec.json.decode(data, type=_Link).link


def verified(body: bytes, *, live: bool) -> Said | None:
    """The transaction that was asked about."""
    data = opened(body)
    if data is None:
        return None
    return transaction_says(msgspec.json.decode(data, type=Transaction), live=live)


def transaction_says(transaction: Transaction, *, live: bool) -> Said | None:
    """A try that failed leaves its link open for another; None for a status that we do not know."""
    found = _REFERENCE.fullmatch(transaction.tx_ref)
    said = Said(
        provider_ref=transaction.tx_ref,
        state=AttemptState.PENDING,
        amount_minor=amounts.from_text(NAME, transaction.amount, transaction.currency),
        currency=transaction.currency,
        live=live,
        reference=whole(found["attempt"]) if found else None,
    )
    match transaction.status:
        case "successful":
            return replace(said, state=AttemptState.CAPTURED, charge_ref=str(transaction.id))
        case "failed":
            return replace(said, declined=transaction.processor_response or "declined")
        case "pending":
            return said
        case _:
            return None


def refund_says(row: bytes | Raw, *, payment_ref: str, currency: str, live: bool) -> RefundSaid:
    """A refund of this transaction; words behind ``completed`` and ``failed`` have been reported."""
    refund = msgspec.json.decode(row, type=_Refund)
    if refund.tx_id is not None and str(refund.tx_id) != payment_ref:
        raise ValueError("a refund of another transaction")
    state = "pending"
    if refund.status.startswith("completed"):
        state = "succeeded"
    elif refund.status.startswith("failed"):
        state = "failed"
    return RefundSaid(
        provider_ref=str(refund.id),
        payment_ref=payment_ref,
        state=state,
        amount_minor=amounts.from_text(NAME, refund.amount_refunded, currency),
        currency=currency,
        live=live,
        reference=whole(refund.comments or refund.comment),
    )


def event_says(body: bytes, *, live: bool) -> ProviderEvent:
    """An event, which proves nothing: its facts name the transaction to ask about. Raises UNREADABLE."""
    head = msgspec.json.decode(body.decode(), type=_Head)
    kind = head.event or head.event_type
    if kind is None:
        raise ValueError("it has no name")
    if head.event == CHARGED:
        transaction = msgspec.json.decode(head.data, type=Transaction)
    elif head.event is None and head.old_ref is not None:
        old = msgspec.json.decode(body, type=_OldTransaction)
        transaction = Transaction(old.id, old.tx_ref, old.status, old.amount, old.currency)
    else:
        return ProviderEvent(content_key(kind, sha256(body).hexdigest()), kind, None, Proof.ASK)
    said = transaction_says(transaction, live=live)
    facts = replace(said, charge_ref=str(transaction.id)) if said else None
    return ProviderEvent(content_key(kind, transaction.id, transaction.status), kind, facts, Proof.ASK)


def refusal(body: bytes) -> Refused | None:
    """A final no; v3 has sentences and no codes, so that the code is the sentence in plain letters."""
    error = msgspec.json.decode(body, type=_Error)
    if error.status != "error":
        return None
    code = _NO_WORD.sub("_", error.message.lower()).strip("_")[:_CODE_CHARS_MAX]
    return Refused(code, error.message) if code else None

"""What both APIs of Flutterwave share: envelopes, numbers, and lists that come in pages (gateways.md §5)."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Raw

from holdfast.payment.provider import Refused, Unknown
from holdfast.payment.wire import amounts
from holdfast.payment.wire.call import UNREADABLE

NAME = "flutterwave"
PAGES_MAX = 20
"""How far a list of refunds is looked through."""

# What ends up in a column: nothing that PostgreSQL's text or bigint would refuse.
Ref = Annotated[str, Meta(pattern=r"\A[!-~]{1,255}\Z")]
CurrencyText = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Address = Annotated[str, Meta(pattern=r"\Ahttps?://[!-~]{1,4000}\Z")]
Text = Annotated[str, Meta(pattern=r"\A[^\x00]*\Z")]

Row = TypeVar("Row")


class _PageInfo(msgspec.Struct, frozen=True):
    total_pages: int | None = None


class _Page(msgspec.Struct, frozen=True):
    page_info: _PageInfo = _PageInfo()


class _Envelope(msgspec.Struct, frozen=True):
    status: str
    data: Raw = Raw(b"null")
    meta: _Page | None = None


class Rows(msgspec.Struct, frozen=True):
    """One page of a list, newest first."""

    rows: list[Raw]
    pages: int | None
    """How many there are; None where that is not said."""


def opened(body: bytes) -> Raw | None:
    """What a yes is about; None for what is no yes, whatever HTTP's status says."""
    answer = msgspec.json.decode(body, type=_Envelope)
    return answer.data if answer.status == "success" else None


def rows(body: bytes) -> Rows | None:
    """A page of a list; None as above."""
    answer = msgspec.json.decode(body, type=_Envelope)
    if answer.status != "success":
        return None
    pages = answer.meta.page_info.total_pages if answer.meta else None
    return Rows(msgspec.json.decode(answer.data, type=list[Raw]), pages)


async def search(
    ask: Callable[[int], Awaitable[Rows | Unknown | Refused]], read: Callable[[Raw], Row | None]
) -> Row | Unknown | None:
    """The first row that ``read`` makes something of, page by page; None: there is none on any page."""
    for page in range(1, PAGES_MAX + 1):
        found = await ask(page)
        if isinstance(found, Refused):
            return Unknown(f"the list was refused: {found.code}")
        if isinstance(found, Unknown):
            return found
        try:
            ours = next((said for said in map(read, found.rows) if said is not None), None)
        except UNREADABLE as error:
            return Unknown(f"a list that cannot be read: {type(error).__name__}")
        if ours is not None:
            return ours
        if not found.rows or (found.pages is not None and page >= found.pages):
            return None
    return Unknown(f"not among the newest of {PAGES_MAX} pages")


def number(amount_minor: int, currency: str) -> str | None:
    """An amount as JavaScript would write it, in major units: no zeros at the end; None: it cannot be moved.

    So that a checksum over it is the same on both sides (§5.1).
    """
    text = amounts.to_text(NAME, amount_minor, currency)
    return None if text is None else f"{Decimal(text).normalize():f}"


def not_payable(amount_minor: int, currency: str) -> Refused:
    """An amount that does not go onto the wire."""
    return Refused("amount_not_payable", f"Flutterwave cannot move {amount_minor} minor units of {currency}")


def no_email(attempt_id: str) -> Refused:
    """Both APIs want to know their buyers."""
    return Refused("email_needed", f"Flutterwave collects {attempt_id} only from a buyer with an email")

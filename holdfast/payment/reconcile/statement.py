"""A settlement file as a value: which column means what, and what its lines say. Pure.

Every provider writes these files in its own way, and lets its merchants choose columns; so the
columns are named by whoever has the file, and only those that are known for certain are named here.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Literal

import msgspec

from holdfast.errors.provider import StatementInvalid
from holdfast.limits import TOTAL_MINOR_MAX
from holdfast.money import exponent

LineKind = Literal["payment", "refund", "other"]

_REFUNDS = ("refund",)
_PAYMENTS = ("charge", "payment", "capture", "sale", "credit", "transaction")
_KEY_CHARS_MAX = 200
_REFERENCE_CHARS_MAX = 255


class Columns(msgspec.Struct, frozen=True):
    """The header of each column; an empty one is not in the file."""

    amount: str = "amount"
    """Gross, in major units with a point: ``25.99``; negative for money that went back."""
    currency: str = "currency"
    reference: str = "reference"
    """The provider's id of the payment or refund, or our own reference."""
    id: str = ""
    """Of the line itself; without it a line is known by its content."""
    kind: str = ""
    """What the line is about, in the provider's word; without it the sign of the amount tells."""
    fee: str = ""
    net: str = ""
    date: str = ""


KNOWN_COLUMNS: Mapping[str, Columns] = {
    # The itemised balance report.
    "stripe": Columns(
        amount="gross",
        currency="currency",
        reference="payment_intent_id",
        id="balance_transaction_id",
        kind="reporting_category",
        fee="fee",
        net="net",
        date="created_utc",
    ),
}


class Line(msgspec.Struct, frozen=True):
    """One line, its sums in minor units and never negative; None where the file does not say."""

    key: str
    kind: LineKind
    reference: str
    amount_minor: int
    currency: str
    fee_minor: int | None = None
    net_minor: int | None = None
    settled_on: date | None = None


def read_lines(rows: Iterable[str], columns: Columns) -> Iterator[Line]:
    """The lines of a CSV file with a header; raises StatementInvalid naming the line and the column."""
    reader = csv.DictReader(rows)
    wanted = {header for header in msgspec.structs.astuple(columns) if header}
    missing = sorted(wanted - set(reader.fieldnames or ()))
    if missing:
        raise StatementInvalid(line=1, reason=f"has no column {', '.join(missing)}")
    seen: dict[str, int] = {}
    for row in reader:
        try:
            yield _line(row, columns, seen)
        except ValueError as error:
            raise StatementInvalid(line=reader.line_num, reason=str(error)) from error


def _line(row: Mapping[str, str | None], columns: Columns, seen: dict[str, int]) -> Line:
    def text(header: str) -> str:
        return (row.get(header) or "").strip() if header else ""

    currency = text(columns.currency).upper()
    if len(currency) != len("GBP") or not (currency.isascii() and currency.isalpha()):
        raise ValueError(f"{columns.currency}: {currency[:20]!r} is no currency")
    amount = _minor(text(columns.amount), currency, columns.amount)

    def more(header: str) -> int | None:
        return abs(_minor(text(header), currency, header)) if text(header) else None

    return Line(
        key=_key(row, text(columns.id), seen),
        kind=_kind(text(columns.kind), amount),
        reference=text(columns.reference)[:_REFERENCE_CHARS_MAX],
        amount_minor=abs(amount),
        currency=currency,
        fee_minor=more(columns.fee),
        net_minor=more(columns.net),
        settled_on=_date(text(columns.date), columns.date),
    )


def _key(row: Mapping[str, str | None], given: str, seen: dict[str, int]) -> str:
    """The line's own id; else its content, and for lines of equal content which of them it is."""
    key = given
    if not key:
        content = "\x1f".join(f"{name}={value}" for name, value in row.items())
        key = f"sha256:{sha256(content.encode()).hexdigest()}"
    seen[key] = seen.get(key, 0) + 1
    return (key if seen[key] == 1 else f"{key}#{seen[key]}")[:_KEY_CHARS_MAX]


def _kind(word: str, amount_minor: int) -> LineKind:
    if not word:
        return "refund" if amount_minor < 0 else "payment"
    lower = word.lower()
    if any(known in lower for known in _REFUNDS):
        return "refund"
    return "payment" if any(known in lower for known in _PAYMENTS) else "other"


def _minor(text: str, currency: str, header: str) -> int:
    """Major units with a point, and commas or spaces between thousands, in minor units."""
    plain = text.replace(",", "").replace(" ", "").replace("\u00a0", "")
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    try:
        scaled = Decimal(plain).scaleb(exponent(currency))
    except InvalidOperation as error:
        raise ValueError(f"{header}: {text[:40]!r} is no amount") from error
    if not scaled.is_finite() or scaled != int(scaled) or abs(scaled) > TOTAL_MINOR_MAX:
        raise ValueError(f"{header}: {text[:40]!r} is no amount of {currency}")
    return int(scaled)


def _date(text: str, header: str) -> date | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).date()
    except ValueError as error:
        raise ValueError(f"{header}: {text[:40]!r} is no date such as 2026-11-20") from error

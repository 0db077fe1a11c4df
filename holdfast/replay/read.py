"""Reads the order lines of a real shop (`.csv` or `.csv.xz`) into a `Journal`.

Columns: InvoiceNo, StockCode, Description, Quantity, InvoiceDate (local time of London), UnitPrice (in
pounds), CustomerID, Country. One pass; a row is judged by itself, and only the grouping by invoice looks
further, over the whole file, because the shop wrote one invoice in two places.

A row was *charged* when its price is above zero. That tells a name from a stock-keeper's remark: names
stand on charged rows; remarks stand on rows without a price, where goods were found, lost or put right.
Letter case does not tell them apart: "CHECK", "MIA" and "DAMAGED" are remarks, "BAG 125g SWIRLY MARBLES"
and "Manual" are names. A code that was never charged is named by itself: all that the file says of it
are remarks.
"""

import csv
import hashlib
import lzma
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import NamedTuple, TextIO
from zoneinfo import ZoneInfo

from holdfast.replay.journal import (
    Adjustment,
    Cancellations,
    Journal,
    Order,
    OrderLine,
    Product,
    Reason,
    RejectedRow,
    Rejection,
    Returned,
    is_tracked,
    modal_price,
)

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
EXAMPLES_PER_REASON = 3
SHOP_TIME = ZoneInfo("Europe/London")


class UnknownFormatError(Exception):
    """The file is not the table of order lines that is expected."""


def read(file: Path) -> Journal:
    """Read and sort a whole file, some seconds of work. Raises UnknownFormatError, OSError."""
    with file.open("rb") as raw:
        digest = hashlib.file_digest(raw, "sha256").hexdigest()[:8]
    try:
        with _open(file) as text:
            return read_lines(text, digest=digest)
    except (UnicodeDecodeError, lzma.LZMAError, EOFError, csv.Error) as error:
        raise UnknownFormatError(f"{file.name} cannot be read: {error}") from error


def read_lines(text: Iterable[str], *, digest: str) -> Journal:
    """Sort the lines of a CSV text, header first. Raises UnknownFormatError if that is another."""
    rows = csv.reader(text)
    header = next(rows, [])
    if tuple(header) != COLUMNS:
        found = ", ".join(header) or "none"
        raise UnknownFormatError(f"expected the columns {', '.join(COLUMNS)}; found {found}")
    draft = _Draft()
    for fields in rows:
        if not fields:
            continue
        draft.rows += 1
        row = _parsed(rows.line_num, fields)
        if row is None:
            _reject(draft, Reason.UNREADABLE, rows.line_num, fields)
        else:
            _sort(draft, row, fields)
    return _journal(draft, digest)


class _Row(NamedTuple):
    """One row of the file; `line` is its number there, `month` the shop's own, as `2010-12`."""

    line: int
    invoice: str
    code: str
    description: str
    quantity: int
    price: Decimal
    at: datetime
    month: str
    customer: str
    country: str


@dataclass(slots=True)
class _Invoice:
    """What the first row of an invoice says, and the lines gathered so far."""

    placed_at: datetime
    month: str
    customer: str
    country: str
    lines: list[OrderLine] = field(default_factory=list)


@dataclass(slots=True)
class _Draft:
    """The journal while the file is being read."""

    rows: int = 0
    invoices: dict[str, _Invoice] = field(default_factory=dict)
    adjustments: list[Adjustment] = field(default_factory=list)
    cancelled: list[tuple[str, int, int]] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)
    rejected: Counter[Reason] = field(default_factory=Counter)
    examples: defaultdict[Reason, list[RejectedRow]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, str] = field(default_factory=dict)
    prices: dict[str, Counter[int]] = field(default_factory=dict)


def _parsed(line: int, fields: list[str]) -> _Row | None:
    """A row with its texts trimmed and its numbers read, or None if it cannot be."""
    if len(fields) != len(COLUMNS):
        return None
    invoice, code, description, amount, moment, pounds, customer, country = map(str.strip, fields)
    quantity, price, at = _quantity(amount), _price(pounds), _moment(moment)
    if not invoice or not code or quantity is None or price is None or at is None:
        return None
    return _Row(line, invoice, intern(code), description, quantity, price, at, moment[:7], customer, country)


def _sort(draft: _Draft, row: _Row, fields: list[str]) -> None:
    """Put one row where it belongs, and learn the code's name and price from it."""
    if row.price > 0 and row.description:
        draft.names[row.code] = row.description
    prices = draft.prices.setdefault(row.code, Counter())
    pennies = _pennies(row.price)
    if pennies:
        prices[pennies] += 1
    invoice = draft.invoices.get(row.invoice)
    if invoice is None:
        invoice = _Invoice(row.at, row.month, intern(row.customer), intern(row.country))
        draft.invoices[row.invoice] = invoice

    if row.invoice.startswith("C"):
        draft.cancelled.append((row.invoice, row.quantity, pennies))
        if row.quantity < 0:
            draft.returned.append(
                Returned(row.invoice, row.line, invoice.placed_at, invoice.customer, row.code, -row.quantity)
            )
    elif row.invoice.startswith("A"):
        _reject(draft, Reason.BAD_DEBT, row.line, fields)
    elif objection := _objection(row):
        _reject(draft, objection, row.line, fields)
    elif row.quantity < 0:
        draft.adjustments.append(
            Adjustment(row.invoice, row.line, invoice.placed_at, row.code, row.quantity, row.description)
        )
    else:
        invoice.lines.append(OrderLine(row.code, row.quantity, pennies))


def _objection(row: _Row) -> Reason | None:
    """Why a row of an ordinary invoice is neither sold nor taken off the shelf, if it is neither."""
    if row.quantity < 0:
        return None if is_tracked(row.code) else Reason.FEE_WITHOUT_STOCK
    if row.quantity == 0:
        return Reason.NO_QUANTITY
    if row.price == 0:
        return Reason.NO_PRICE
    if row.price < 0:
        return Reason.NEGATIVE_PRICE
    return None if _pennies(row.price) else Reason.PART_OF_A_PENNY


def _reject(draft: _Draft, reason: Reason, line: int, fields: list[str]) -> None:
    draft.rejected[reason] += 1
    if len(draft.examples[reason]) < EXAMPLES_PER_REASON:
        draft.examples[reason].append(RejectedRow(line, tuple(fields)))


def _pennies(price: Decimal) -> int:
    """The price in pennies; 0 of one that is not above zero, or not in whole pennies."""
    pennies = price * 100
    return int(pennies) if pennies > 0 and pennies == int(pennies) else 0


@lru_cache(maxsize=8_192)
def _price(text: str) -> Decimal | None:
    try:
        price = Decimal(text)
    except InvalidOperation:
        return None
    return price if price.is_finite() else None


def _quantity(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _moment(text: str) -> datetime | None:
    """London's wall clock as UTC; of an hour that the clock shows twice, the first is meant."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if local.tzinfo else local.replace(tzinfo=SHOP_TIME).astimezone(UTC)


def _journal(draft: _Draft, digest: str) -> Journal:
    return Journal(
        digest=digest,
        rows=draft.rows,
        products=tuple(
            Product(code, draft.names.get(code, code), modal_price(charged), is_tracked(code))
            for code, charged in draft.prices.items()
        ),
        orders=tuple(
            Order(number, found.placed_at, found.month, found.customer, found.country, tuple(found.lines))
            for number, found in draft.invoices.items()
            if found.lines
        ),
        adjustments=tuple(draft.adjustments),
        cancellations=Cancellations(
            invoices=len({number for number, _, _ in draft.cancelled}),
            rows=len(draft.cancelled),
            units=sum(-quantity for _, quantity, _ in draft.cancelled),
            value_minor=sum(-quantity * price_minor for _, quantity, price_minor in draft.cancelled),
        ),
        returned=tuple(draft.returned),
        rejected=tuple(
            Rejection(reason, draft.rejected[reason], tuple(draft.examples[reason]))
            for reason in Reason
            if draft.rejected[reason]
        ),
    )


def _open(file: Path) -> TextIO:
    """The file as text, unpacked if it is packed."""
    if file.suffix == ".xz":
        return lzma.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")

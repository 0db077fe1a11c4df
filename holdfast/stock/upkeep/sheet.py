"""A stock file as a value: what its lines say, which are wrong, and what the others would change. Pure.

CSV with a header, separated by commas or semicolons. ``sku`` is needed, ``location`` is ``main`` where it is
empty; a cell that is empty changes nothing.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO

import msgspec

from holdfast.errors.request import RequestMalformed
from holdfast.errors.shelf import StockFileInvalid
from holdfast.limits import QUANTITY_MAX, STOCK_FILE_LINES_MAX, STOCK_FILE_WRONG_MAX
from holdfast.stock.shelf import Place, Shelf

UNITS_MAX = QUANTITY_MAX * 100
UPDATES = ("add", "on_hand", "backorder_limit", "low_stock_at")
COUNTS = ("counted",)
_DEFAULT_LOCATION = "main"


class Wrong(msgspec.Struct, frozen=True):
    """Why a line cannot be; lines are numbered as an editor shows them, the header is 1."""

    line: int
    column: str
    reason: str


class Row(msgspec.Struct, frozen=True):
    """A line: its numbers by column, those that are there."""

    line: int
    sku: str
    location: str
    numbers: Mapping[str, int]
    counted_at: datetime | None = None


class Change(msgspec.Struct, frozen=True):
    """What a line changes, in units."""

    line: int
    sku: str
    location: str
    field: str
    was: int | None
    becomes: int


class Known(msgspec.Struct, frozen=True):
    """What a file is held against: tracked SKUs with their threshold, locations, and what lies there."""

    low_at: Mapping[str, int | None]
    locations: frozenset[str]
    shelves: Mapping[Place, Shelf]


def read_rows(body: bytes, columns: Sequence[str]) -> tuple[list[Row], list[Wrong]]:
    """The lines of a file, and what is wrong with those that are not among them.

    Raises RequestMalformed for what is no such file at all, StockFileInvalid for one that is too long.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestMalformed(reason="The file is not UTF-8") from error
    if "\0" in text:
        raise RequestMalformed(reason="The file has characters that no text has")
    head = text.partition("\n")[0]
    reader = csv.reader(
        StringIO(text, newline=""), delimiter=";" if ";" in head and "," not in head else ",", strict=True
    )
    rows: list[Row] = []
    wrong: list[Wrong] = []
    seen: dict[Place, int] = {}
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header, columns)
        for cells in reader:
            if reader.line_num > STOCK_FILE_LINES_MAX + 1:
                reason = f"there may be {STOCK_FILE_LINES_MAX} lines at most"
                raise refusal([Wrong(reader.line_num, "sku", reason)])
            if not any(cell.strip() for cell in cells):
                continue
            found = _read_row(reader.line_num, header, cells, columns)
            if isinstance(found, Row):
                first = seen.setdefault((found.sku, found.location), found.line)
                if first != found.line:
                    found = Wrong(found.line, "sku", f"stands in line {first} already")
            rows += [found] if isinstance(found, Row) else []
            wrong += [found] if isinstance(found, Wrong) else []
    except csv.Error as error:
        raise RequestMalformed(reason=f"Line {reader.line_num} is not CSV: {error}") from error
    return rows, wrong


def plan(rows: Sequence[Row], known: Known) -> tuple[list[Change], list[Wrong]]:
    """What an update changes; lines that would take what is promised or does not exist are wrong."""
    changes: list[Change] = []
    wrong = unknown(rows, known)
    bad = {x.line for x in wrong}
    low_lines: dict[str, int] = {}
    for row in rows:
        if row.line in bad:
            continue
        shelf = known.shelves.get((row.sku, row.location)) or Shelf(row.sku, row.location, 0, 0, 0, 0)
        found = [*_planned(row, shelf, known.low_at[row.sku])]
        for item in found:
            if isinstance(item, Change) and item.field == "low_stock_at":
                first = low_lines.setdefault(row.sku, row.line)
                if first != row.line:
                    found = [Wrong(row.line, item.field, f"of this SKU stands in line {first} already")]
                    break
        wrong += [x for x in found if isinstance(x, Wrong)]
        changes += [x for x in found if isinstance(x, Change)]
    return changes, wrong


def unknown(rows: Sequence[Row], known: Known) -> list[Wrong]:
    """Lines about SKUs or places that there are none of."""
    wrong = []
    for row in rows:
        if row.sku not in known.low_at:
            wrong.append(Wrong(row.line, "sku", f"{row.sku} is not a SKU with stock"))
        elif row.location not in known.locations:
            wrong.append(Wrong(row.line, "location", f"{row.location} is not a location"))
    return wrong


def refusal(wrong: Sequence[Wrong]) -> StockFileInvalid:
    """The problem that names the lines, a bounded number of them."""
    ordered = sorted(wrong, key=lambda x: x.line)
    return StockFileInvalid(
        lines=[msgspec.structs.asdict(x) for x in ordered[:STOCK_FILE_WRONG_MAX]],
        more=max(0, len(ordered) - STOCK_FILE_WRONG_MAX),
    )


def _planned(row: Row, shelf: Shelf, low_at: int | None) -> Iterator[Change | Wrong]:
    given = row.numbers
    promised = shelf.held + shelf.committed
    becomes = given.get("on_hand", shelf.on_hand + given.get("add", 0))
    limit = given.get("backorder_limit", shelf.backorder_limit)
    if becomes < shelf.on_hand and becomes < min(promised, shelf.on_hand):
        yield Wrong(row.line, "on_hand", f"{promised} are promised; count them, or write them off")
    elif becomes > UNITS_MAX:
        yield Wrong(row.line, "add", f"would make more than {UNITS_MAX}")
    elif becomes != shelf.on_hand:
        yield Change(row.line, row.sku, row.location, "on_hand", shelf.on_hand, becomes)
    if limit < shelf.backorder_limit and becomes + limit < promised:
        yield Wrong(row.line, "backorder_limit", f"{promised} are promised")
    elif limit != shelf.backorder_limit:
        yield Change(row.line, row.sku, row.location, "backorder_limit", shelf.backorder_limit, limit)
    if "low_stock_at" in given and given["low_stock_at"] != low_at:
        yield Change(row.line, row.sku, row.location, "low_stock_at", low_at, given["low_stock_at"])


def _check_header(header: Sequence[str], columns: Sequence[str]) -> None:
    allowed = {"sku", "location", *columns, *(("counted_at",) if columns is COUNTS else ())}
    strange = [name for name in header if name not in allowed]
    if strange or len(set(header)) < len(header):
        reason = f"the columns are {', '.join(sorted(allowed))}, each once"
        raise refusal([Wrong(1, (strange or list(header))[0][:60], reason)])
    needed = ["sku", *(columns if columns is COUNTS else ())]
    for name in needed:
        if name not in header:
            raise refusal([Wrong(1, name, "this column is needed")])


def _read_row(line: int, header: Sequence[str], cells: Sequence[str], columns: Sequence[str]) -> Row | Wrong:
    if len(cells) != len(header):
        return Wrong(line, "sku", f"has {len(cells)} cells, and the header {len(header)}")
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    if not given["sku"]:
        return Wrong(line, "sku", "is needed")
    numbers = _read_numbers(line, given, columns)
    if isinstance(numbers, Wrong):
        return numbers
    moment = None
    if given.get("counted_at"):
        moment = _read_moment(given["counted_at"])
        if moment is None:
            return Wrong(line, "counted_at", "must be a moment with an offset, such as 2026-11-20T08:00:00Z")
    location = given.get("location") or _DEFAULT_LOCATION
    return Row(line, given["sku"], location, numbers, moment)


def _read_numbers(line: int, given: Mapping[str, str], columns: Sequence[str]) -> dict[str, int] | Wrong:
    numbers: dict[str, int] = {}
    for name in columns:
        cell = given.get(name, "")
        if not cell and columns is not COUNTS:
            continue
        if not (cell.isascii() and cell.isdigit()) or int(cell[:20]) > UNITS_MAX:
            return Wrong(line, name, f"must be a whole number from 0 to {UNITS_MAX}")
        numbers[name] = int(cell)
    if not numbers:
        return Wrong(line, "sku", f"one of {', '.join(columns)} is needed")
    if "add" in numbers and "on_hand" in numbers:
        return Wrong(line, "add", "cannot stand beside on_hand")
    return numbers


def _read_moment(cell: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return moment if moment.tzinfo else None

"""What came of a replay: the figures, and how they look on a screen and as JSON.

Pure. Lines, units and money are those of the shop's own answers, so that they can be held against an
independent count of the file.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table

from holdfast.money import in_words
from holdfast.replay.bring_back import BroughtBack
from holdfast.replay.journal import CURRENCY, Cancellations, Journal, Rejection
from holdfast.replay.outcomes import Adjusted, Brought, Placed, Refused, Shipped
from holdfast.replay.returns import Unfound
from holdfast.replay.stocking import Stocking

SOURCE = "Chen, D. (2015), Online Retail, UCI Machine Learning Repository, doi 10.24432/C5BW33, CC BY 4.0"
COUNTED = frozenset({"orders", "lines", "units", "revenue", "rows", "wanted", "taken"})
ROWS_SHOWN = 10  # of lists that may be long; the JSON has them whole


class Figures(msgspec.Struct, frozen=True):
    orders: int
    lines: int
    units: int
    revenue_minor: int


class Unpaid(msgspec.Struct, frozen=True):
    """An order that was placed but is not paid in the shop when patience ended."""

    invoice: str
    order_id: str
    state: str


class Unshipped(msgspec.Struct, frozen=True):
    """An order that is paid and did not go, and the code of the problem that kept it."""

    invoice: str
    order_id: str
    code: str


class Shelf(msgspec.Struct, frozen=True):
    """Of one code, the units that were stocked, sold in paid orders, adjusted away, and brought back."""

    code: str
    stocked: int
    sold: int
    adjusted: int
    returned: int = 0

    @property
    def left(self) -> int:
        return self.stocked - self.sold - self.adjusted + self.returned


class Shortfall(msgspec.Struct, frozen=True):
    """An adjustment that found fewer units than it was to take."""

    invoice: str
    code: str
    wanted: int
    taken: int
    remark: str
    problem: str | None


class Returns(msgspec.Struct, frozen=True):
    """What came back: what the shop took, money back, and what did not come back and why."""

    returns: int
    units: int
    refunded_minor: int
    owed_minor: int
    """What was wanted and did not come back in time."""
    failed: tuple[Brought, ...]
    unmatched: Mapping[str, int]
    """Rows by reason."""
    unmatched_units: int
    unfound: tuple[Unfound, ...]
    seconds: float


class Report(msgspec.Struct, frozen=True):
    """`sales` and its splits count paid orders; `playing_seconds` leave out the preparation."""

    source: str
    file: str
    stock: Stocking
    rows: int
    orders: int
    placed: int
    repeated: int
    paid: int
    unpaid: tuple[Unpaid, ...]
    refused: Mapping[str, int]
    refusals: tuple[Refused, ...]
    sales: Figures
    currency: str
    sales_by_month: Mapping[str, Figures]
    sales_by_country: Mapping[str, Figures]
    shelves: tuple[Shelf, ...]
    adjustments: int
    units_adjusted: int
    adjustments_short: tuple[Shortfall, ...]
    cancellations: Cancellations
    rejected: tuple[Rejection, ...]
    seconds: float
    playing_seconds: float
    orders_per_second: float
    shipped: int | None = None
    """Orders; None: nothing was to be shipped."""
    unshipped: tuple[Unshipped, ...] = ()
    shipping_seconds: float = 0
    returns: Returns | None = None
    """None: nothing was shipped, so nothing came back."""

    @property
    def net_minor(self) -> int:
        """What the paid orders came to, less what went back, in minor units."""
        return self.sales.revenue_minor - (self.returns.refunded_minor if self.returns else 0)

    @property
    def went_well(self) -> bool:
        """Every order was paid (and went, and came back), or refused for missing units if stock is scarce."""
        honest = {"out_of_stock"} if self.stock == "scarce" else set()
        stuck = (
            self.unpaid
            or self.unshipped
            or (self.returns and (self.returns.failed or self.returns.owed_minor))
        )
        return not stuck and self.refused.keys() <= honest


def summarise(
    journal: Journal,
    *,
    file: str,
    stock: Stocking,
    stocked: Mapping[str, int],
    outcomes: Sequence[Placed | Refused | Adjusted],
    unpaid: Mapping[str, str],
    seconds: float,
    playing_seconds: float,
    shipped: Shipped | None = None,
    brought: BroughtBack | None = None,
) -> Report:
    """Add everything up; `unpaid` has the state, by id, of each order that was placed but not paid."""
    placed = [outcome for outcome in outcomes if isinstance(outcome, Placed)]
    refusals = tuple(outcome for outcome in outcomes if isinstance(outcome, Refused))
    adjusted = [outcome for outcome in outcomes if isinstance(outcome, Adjusted)]
    paid = [outcome for outcome in placed if outcome.order_id not in unpaid]
    stayed = {} if shipped is None else shipped.stayed
    return Report(
        source=SOURCE,
        file=file,
        stock=stock,
        rows=journal.rows,
        orders=len(journal.orders),
        placed=len(placed),
        repeated=sum(outcome.repeated for outcome in placed),
        paid=len(paid),
        unpaid=tuple(
            Unpaid(outcome.order.invoice, outcome.order_id, unpaid[outcome.order_id])
            for outcome in placed
            if outcome.order_id in unpaid
        ),
        refused=Counter(refusal.code for refusal in refusals),
        refusals=refusals,
        sales=_figures(paid),
        currency=CURRENCY,
        sales_by_month=_split((outcome.order.month, outcome) for outcome in paid),
        sales_by_country=_split((outcome.order.country, outcome) for outcome in paid),
        shelves=_shelves(stocked, paid, adjusted, brought.returns if brought else ()),
        adjustments=len(adjusted),
        units_adjusted=sum(outcome.taken for outcome in adjusted),
        adjustments_short=tuple(
            _shortfall(outcome) for outcome in adjusted if outcome.taken < -outcome.adjustment.quantity
        ),
        cancellations=journal.cancellations,
        rejected=journal.rejected,
        seconds=round(seconds, 3),
        playing_seconds=round(playing_seconds, 3),
        orders_per_second=round(len(placed) / playing_seconds, 1) if playing_seconds else 0.0,
        shipped=None if shipped is None else len(paid) - len(stayed),
        unshipped=tuple(
            Unshipped(outcome.order.invoice, outcome.order_id, stayed[outcome.order_id])
            for outcome in paid
            if outcome.order_id in stayed
        ),
        shipping_seconds=0.0 if shipped is None else round(shipped.seconds, 3),
        returns=None if brought is None else _returns(brought),
    )


def rendered(report: Report) -> RenderableType:
    """The report as tables for a person; one that has nothing to say is left out."""
    parts: list[RenderableType] = [f"Data: {report.source}", _summary(report)]
    if report.refused:
        parts.append(_table("Refused", ["code", "orders"], report.refused.items()))
    if report.returns and report.returns.failed:
        failed = [(one.invoice, one.order_id, one.problem) for one in report.returns.failed[:ROWS_SHOWN]]
        parts.append(_table("Returns that failed (the first of them)", ["invoice", "order", "code"], failed))
    if report.unpaid:
        rows = [(order.invoice, order.order_id, order.state) for order in report.unpaid]
        parts.append(
            _table(
                "Placed but not paid (the first of them)",
                ["invoice", "order", "state"],
                rows[:ROWS_SHOWN],
            )
        )
    if report.unshipped:
        stayed = [(order.invoice, order.order_id, order.code) for order in report.unshipped[:ROWS_SHOWN]]
        parts.append(_table("Paid but not shipped (the first of them)", ["invoice", "order", "code"], stayed))
    parts.append(_sales_table("Sales by month", "month", report, sorted(report.sales_by_month.items())))
    countries = sorted(report.sales_by_country.items(), key=lambda item: (-item[1].revenue_minor, item[0]))
    parts.append(_sales_table("Sales by country", "country", report, countries))
    if report.adjustments_short:
        first = report.adjustments_short[:ROWS_SHOWN]
        short = [(s.invoice, s.code, s.wanted, s.taken, s.remark) for s in first]
        headings = ["invoice", "code", "wanted", "taken", "remark"]
        parts.append(_table("Adjustments that found too little (the first of them)", headings, short))
    if report.rejected:
        parts.append(_rejected_table(report.rejected))
    return Group(*parts)


def _returns(brought: BroughtBack) -> Returns:
    done = [one for one in brought.returns if one.problem is None]
    return Returns(
        returns=len(done),
        units=sum(sum(one.units_by_code.values()) for one in done),
        refunded_minor=sum(one.refunded_minor for one in brought.refunded.values()),
        owed_minor=sum(one.owed_minor for one in brought.refunded.values()),
        failed=tuple(one for one in brought.returns if one.problem is not None),
        unmatched=Counter(one.reason.value for one in brought.unfound),
        unmatched_units=sum(one.units for one in brought.unfound),
        unfound=brought.unfound,
        seconds=round(brought.seconds, 3),
    )


def _shortfall(outcome: Adjusted) -> Shortfall:
    wish = outcome.adjustment
    return Shortfall(wish.invoice, wish.code, -wish.quantity, outcome.taken, wish.remark, outcome.problem)


def _figures(placed: Iterable[Placed]) -> Figures:
    orders = lines = units = revenue_minor = 0
    for outcome in placed:
        orders += 1
        lines += len(outcome.lines)
        units += sum(outcome.units_by_code.values())
        revenue_minor += outcome.total_minor
    return Figures(orders, lines, units, revenue_minor)


def _split(placed: Iterable[tuple[str, Placed]]) -> dict[str, Figures]:
    groups: dict[str, list[Placed]] = {}
    for key, outcome in placed:
        groups.setdefault(key, []).append(outcome)
    return {key: _figures(group) for key, group in groups.items()}


def _shelves(
    stocked: Mapping[str, int],
    paid: Iterable[Placed],
    adjusted: Iterable[Adjusted],
    brought: Iterable[Brought],
) -> tuple[Shelf, ...]:
    sold: Counter[str] = Counter()
    for outcome in paid:
        sold.update(outcome.units_by_code)
    taken: Counter[str] = Counter()
    for correction in adjusted:
        taken[correction.adjustment.code] += correction.taken
    returned: Counter[str] = Counter()
    for one in brought:
        if one.problem is None:
            returned.update(one.units_by_code)
    codes = sorted(stocked)
    return tuple(Shelf(code, stocked[code], sold[code], taken[code], returned[code]) for code in codes)


def _summary(report: Report) -> Table:
    emptied = sum(shelf.left == 0 for shelf in report.shelves)
    missed = sum(short.wanted - short.taken for short in report.adjustments_short)
    cancelled = report.cancellations
    rows = [
        ("file", f"{report.file}, {report.rows:,} rows, stock: {report.stock}"),
        ("orders in the file", f"{report.orders:,}"),
        ("orders placed", f"{report.placed:,}, {report.repeated:,} of them by an earlier try"),
        ("orders paid", f"{report.paid:,}"),
        *([] if report.shipped is None else [("orders shipped", f"{report.shipped:,}")]),
        ("orders refused", f"{sum(report.refused.values()):,}"),
        ("lines", f"{report.sales.lines:,}"),
        ("units", f"{report.sales.units:,}"),
        ("revenue", in_words(report.sales.revenue_minor, report.currency)),
        (
            "stock adjustments",
            f"{report.adjustments:,}, {report.units_adjusted:,} units; {missed:,} were not there",
        ),
        ("codes stocked", f"{len(report.shelves):,}, {emptied:,} of them emptied"),
        ("cancelled invoices", f"{cancelled.invoices:,} with {cancelled.rows:,} rows"),
        *_return_rows(report),
        ("rejected rows", f"{sum(rejection.rows for rejection in report.rejected):,}"),
        ("time", _time(report)),
        ("speed", f"{report.orders_per_second:,.1f} orders per second"),
    ]
    return _table("Replay", ["", ""], rows)


def _return_rows(report: Report) -> list[tuple[str, str]]:
    returns = report.returns
    if returns is None:
        return [("returns", "not played")]
    reasons = ", ".join(f"{rows:,} {reason}" for reason, rows in sorted(returns.unmatched.items()))
    return [
        ("returns", f"{returns.returns:,} with {returns.units:,} units, in {returns.seconds:,.1f} s"),
        ("refunded", in_words(returns.refunded_minor, report.currency)),
        ("net revenue", in_words(report.net_minor, report.currency)),
        ("unmatched", f"{returns.unmatched_units:,} units; rows: {reasons or 'none'}"),
    ]


def _time(report: Report) -> str:
    shipping = "" if report.shipped is None else f" and {report.shipping_seconds:,.1f} s of shipping"
    return f"{report.seconds:,.1f} s, of which {report.playing_seconds:,.1f} s of playing{shipping}"


def _sales_table(title: str, key: str, report: Report, groups: Iterable[tuple[str, Figures]]) -> Table:
    rows = [
        (
            name,
            f"{figures.orders:,}",
            f"{figures.lines:,}",
            f"{figures.units:,}",
            in_words(figures.revenue_minor, report.currency),
        )
        for name, figures in groups
    ]
    return _table(title, [key, "orders", "lines", "units", "revenue"], rows)


def _rejected_table(rejected: Iterable[Rejection]) -> Table:
    rows = [
        (
            rejection.reason.value,
            f"{rejection.rows:,}",
            f"line {example.row}: {', '.join(example.fields)}",
        )
        for rejection in rejected
        for example in rejection.examples
    ]
    return _table("Rejected rows, with the first examples", ["reason", "rows", "example"], rows)


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    table = Table(title=title, title_justify="left", show_header=any(headings))
    for heading in headings:
        table.add_column(heading, justify="right" if heading in COUNTED else "left")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    return table

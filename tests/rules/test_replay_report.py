"""What a replay reports: sums over the shop's own answers, and the tables a person sees."""

import json
from datetime import UTC, datetime

import msgspec
from rich.console import Console

from holdfast.replay.journal import (
    Adjustment,
    Cancellations,
    Journal,
    Order,
    Reason,
    RejectedRow,
    Rejection,
)
from holdfast.replay.outcomes import Adjusted, Placed, Refused
from holdfast.replay.report import Figures, Report, Shelf, rendered, summarise
from holdfast.replay.stocking import Stocking
from holdfast.replay.wire import OrderedLine, ShortLine

AT = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
JOURNAL = Journal(
    digest="00000000",
    rows=7,
    products=(),
    orders=(),
    adjustments=(),
    cancellations=Cancellations(invoices=1, rows=2, units=3, value_minor=400),
    returned=(),
    rejected=(Rejection(Reason.NO_PRICE, 1, (RejectedRow(5, ("536414", "22139", "", "56")),)),),
)


def placed(invoice: str, month: str, country: str, *, code: str, units: int, total_minor: int) -> Placed:
    return Placed(
        order=Order(invoice, AT, month, "17850", country, ()),
        order_id=f"ord_{invoice}",
        total_minor=total_minor,
        lines=(OrderedLine(1, code, units),),
        asked_to_pay=True,
        repeated=False,
    )


OUTCOMES: list[Placed | Refused | Adjusted] = [
    placed("1", "2010-12", "France", code="A", units=3, total_minor=300),
    placed("2", "2011-01", "EIRE", code="A", units=4, total_minor=500),
    placed("3", "2011-01", "France", code="B", units=1, total_minor=999),
    Refused("4", "out_of_stock", "Not enough is left", (ShortLine("A", 9, 0),)),
    Adjusted(Adjustment("5", 6, AT, "A", -5, "damages"), taken=3, problem=None),
    Adjusted(Adjustment("6", 7, AT, "B", -1, ""), taken=1, problem=None),
]


def report_of(stock: Stocking, unpaid: dict[str, str]) -> Report:
    return summarise(
        JOURNAL,
        file="orders.csv",
        stock=stock,
        stocked={"A": 10, "B": 3},
        outcomes=OUTCOMES,
        unpaid=unpaid,
        seconds=3.0,
        playing_seconds=1.5,
    )


def test_sales_count_what_was_paid() -> None:
    report = report_of("scarce", {"ord_3": "pending_payment"})
    assert (report.placed, report.paid, report.refused) == (3, 2, {"out_of_stock": 1})
    assert report.sales == Figures(orders=2, lines=2, units=7, revenue_minor=800)
    assert report.sales_by_month == {"2010-12": Figures(1, 1, 3, 300), "2011-01": Figures(1, 1, 4, 500)}
    assert report.sales_by_country == {"France": Figures(1, 1, 3, 300), "EIRE": Figures(1, 1, 4, 500)}
    assert [(order.invoice, order.state) for order in report.unpaid] == [("3", "pending_payment")]
    assert report.orders_per_second == 2.0


def test_shelves_tell_what_was_stocked_sold_and_taken_off() -> None:
    report = report_of("scarce", {})
    assert report.shelves == (Shelf("A", 10, 7, 3), Shelf("B", 3, 1, 1))
    assert report.units_adjusted == 4
    assert [(short.code, short.wanted, short.taken) for short in report.adjustments_short] == [("A", 5, 3)]


def test_a_replay_went_well_when_all_is_paid_and_refusals_were_to_be_expected() -> None:
    assert report_of("scarce", {}).went_well
    assert not report_of("plenty", {}).went_well
    assert not report_of("scarce", {"ord_1": "expired"}).went_well


def test_a_person_and_a_program_read_the_same_figures_and_the_source() -> None:
    report = report_of("scarce", {"ord_3": "pending_payment"})
    console = Console(width=140)
    with console.capture() as captured:
        console.print(rendered(report))
    text = captured.get()
    for expected in ["CC BY 4.0", "8.00 GBP", "out_of_stock", "ord_3", "no_price", "536414", "damages"]:
        assert expected in text
    told = json.loads(msgspec.json.encode(report))
    assert told["sales"]["revenue_minor"] == 800
    assert "CC BY 4.0" in told["source"]
    assert told["refusals"][0]["lines"] == [{"sku": "A", "requested": 9, "available": 0}]

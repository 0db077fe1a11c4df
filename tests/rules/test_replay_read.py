"""How a real shop's order file is sorted: small ones by hand, the true ones counted independently."""

import csv
import lzma
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from holdfast.replay.journal import Journal, OrderLine, Reason, modal_price, timeline
from holdfast.replay.read import UnknownFormatError, read, read_lines

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
DATA = Path(__file__).parents[3] / "shared" / "data"


def journal_of(*rows: str) -> Journal:
    return read_lines([HEADER, *rows], digest="00000000")


def row(
    invoice: str = "536365",
    *,
    code: str = "85123A",
    description: str = "WHITE HANGING HEART T-LIGHT HOLDER",
    quantity: str = "6",
    moment: str = "2010-12-01 08:26:00",
    price: str = "2.55",
    customer: str = "17850",
    country: str = "United Kingdom",
) -> str:
    return f"{invoice},{code},{description},{quantity},{moment},{price},{customer},{country}"


def rejections(journal: Journal) -> dict[Reason, int]:
    return {rejection.reason: rejection.rows for rejection in journal.rejected}


def test_a_split_invoice_is_one_order_at_the_moment_of_its_first_row() -> None:
    journal = journal_of(
        row("542806", code="A1", moment="2011-02-01 10:00:00"),
        row("542807", code="A2", moment="2011-02-01 10:01:00"),
        row("542806", code="A3", moment="2011-02-01 10:02:00"),
    )
    assert [(order.invoice, [line.code for line in order.lines]) for order in journal.orders] == [
        ("542806", ["A1", "A3"]),
        ("542807", ["A2"]),
    ]
    assert journal.orders[0].placed_at == datetime(2011, 2, 1, 10, 0, tzinfo=UTC)


def test_a_code_that_stands_twice_in_an_invoice_stays_two_lines() -> None:
    journal = journal_of(row(quantity="6", price="2.55"), row(quantity="1", price="2.95"))
    assert journal.orders[0].lines == (OrderLine("85123A", 6, 255), OrderLine("85123A", 1, 295))
    assert journal.orders[0].total_minor == 6 * 255 + 295


def test_an_order_keeps_customer_and_country_as_given() -> None:
    journal = journal_of(row("1", customer="", country="EIRE"), row("2", country="Unspecified"))
    assert [(order.customer, order.country) for order in journal.orders] == [
        ("", "EIRE"),
        ("17850", "Unspecified"),
    ]


def test_cancelled_invoices_are_counted_and_bad_debts_rejected() -> None:
    journal = journal_of(
        row("C536379", code="D", description="Discount", quantity="-1", price="27.50"),
        row("C536379", quantity="-2"),
        row("C536383", quantity="-1"),
        row("A563185", code="B", description="Adjust bad debt", quantity="1", price="11062.06"),
        row("A563186", code="B", description="Adjust bad debt", quantity="1", price="-11062.06"),
    )
    counted = journal.cancellations
    assert (counted.invoices, counted.rows, counted.units, counted.value_minor) == (
        2,
        3,
        4,
        2750 + 3 * 255,
    )
    assert rejections(journal) == {Reason.BAD_DEBT: 2}
    assert journal.orders == ()
    assert journal.adjustments == ()


def test_a_price_must_be_a_penny_or_more_in_whole_pennies() -> None:
    journal = journal_of(
        row(code="OK", price="0.01"),
        row(code="OK", price="1.250"),
        row(code="PADS", price="0.001"),
        row(code="PADS", price="1.005"),
        row(code="X", price="0.0"),
        row(code="X", price="-0.50"),
    )
    assert [line.price_minor for line in journal.orders[0].lines] == [1, 125]
    assert rejections(journal) == {
        Reason.NO_PRICE: 1,
        Reason.NEGATIVE_PRICE: 1,
        Reason.PART_OF_A_PENNY: 2,
    }


def test_negative_quantities_are_adjustments_with_the_remark_as_reason() -> None:
    journal = journal_of(
        row("537000", code="22467", description="wet pallet", quantity="-30", price="0.0"),
        row("537001", code="22468", description="", quantity="-1", price="0.0"),
        row("537002", code="POST", description="", quantity="-1", price="0.0"),
        row("537003", code="22467", quantity="0"),
    )
    assert [(a.invoice, a.row, a.code, a.quantity, a.remark) for a in journal.adjustments] == [
        ("537000", 2, "22467", -30, "wet pallet"),
        ("537001", 3, "22468", -1, ""),
    ]
    assert rejections(journal) == {Reason.NO_QUANTITY: 1, Reason.FEE_WITHOUT_STOCK: 1}
    assert journal.orders == ()


def test_an_invoice_of_which_some_rows_are_rejected_is_an_order_of_the_rest() -> None:
    journal = journal_of(row(code="FREE", price="0.0"), row(code="PAID", price="4.95"))
    assert [line.code for line in journal.orders[0].lines] == ["PAID"]


@pytest.mark.parametrize(
    "bad",
    [
        row(quantity="3.5"),
        row(quantity="six"),
        row(price="free"),
        row(price="NaN"),
        row(moment="1 December"),
        row(moment="2010-12-01 08:26:00+00:00"),
        row(code=""),
        row(invoice=""),
        "536365,85123A",
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_with_its_line_and_harms_no_other(bad: str) -> None:
    journal = journal_of(row("536364"), bad)
    assert len(journal.orders) == 1
    (rejection,) = journal.rejected
    assert (rejection.reason, rejection.rows) == (Reason.UNREADABLE, 1)
    assert rejection.examples[0].row == 3
    assert ",".join(rejection.examples[0].fields) == bad


def test_only_the_first_examples_of_a_reason_are_kept() -> None:
    journal = journal_of(*(row(str(number), price="0") for number in range(20)))
    (rejection,) = journal.rejected
    assert rejection.rows == 20
    assert [example.row for example in rejection.examples] == [2, 3, 4]


@pytest.mark.parametrize("remark", ["damages", "?", "check", "CHECK", "MIA", "thrown away", "FOUND", "20713"])
def test_a_stock_keepers_remark_never_becomes_a_name(remark: str) -> None:
    journal = journal_of(row(), row("536400", description=remark, quantity="-3", price="0.0"))
    assert [product.name for product in journal.products] == ["WHITE HANGING HEART T-LIGHT HOLDER"]
    found = journal_of(row(), row("536400", description=remark, quantity="3", price="0.0"))
    assert [product.name for product in found.products] == ["WHITE HANGING HEART T-LIGHT HOLDER"]


@pytest.mark.parametrize("name", ["BAG 125g SWIRLY MARBLES", "Manual", "Dr. Jam's Arouzer Stress Ball"])
def test_a_name_in_small_letters_is_a_name_where_it_was_charged(name: str) -> None:
    journal = journal_of(row(description=f"  {name} "))
    assert journal.products[0].name == name


def test_the_last_charged_description_names_a_code_and_an_empty_one_does_not() -> None:
    journal = journal_of(
        row(description="CAKESTAND 3 TIER"), row(description="SWEETHEART CAKESTAND"), row(description="")
    )
    assert journal.products[0].name == "SWEETHEART CAKESTAND"


def test_a_code_that_was_never_charged_is_named_by_itself_and_costs_nothing() -> None:
    (product,) = journal_of(row(code="72140F", description="throw away", quantity="-5", price="0")).products
    assert (product.name, product.price_minor, product.tracked) == ("72140F", 0, True)


def test_the_most_frequent_price_counts_and_of_two_the_lower() -> None:
    journal = journal_of(row(price="2.95"), row(price="2.55"), row(price="2.55"), row(price="9.99"))
    assert journal.products[0].price_minor == 255
    assert modal_price({295: 2, 255: 2, 999: 1}) == 255
    assert modal_price({}) == 0


def test_codes_that_differ_only_in_letter_case_stay_different() -> None:
    journal = journal_of(row(code="85123A"), row(code="85123a"), row(code="M"), row(code="m"))
    assert [product.code for product in journal.products] == ["85123A", "85123a", "M", "m"]


def test_fees_and_gift_vouchers_have_no_stock() -> None:
    fees = ["POST", "DOT", "D", "M", "C2", "S", "B", "PADS", "m", "AMAZONFEE", "CRUK"]
    fees += ["BANK CHARGES", "gift_0001_20"]
    goods = ["85123A", "15056bl", "DCGSSGIRL", "post", "b"]
    journal = journal_of(*(row(code=code) for code in [*fees, *goods]))
    assert {product.code for product in journal.products if not product.tracked} == set(fees)


@pytest.mark.parametrize(
    ("wall_clock", "utc"),
    [
        ("2011-01-10 12:00:00", "2011-01-10 12:00:00"),
        ("2011-07-10 12:00:00", "2011-07-10 11:00:00"),
        ("2011-03-27 00:59:59", "2011-03-27 00:59:59"),
        ("2011-03-27 02:00:00", "2011-03-27 01:00:00"),
        ("2011-10-30 01:30:00", "2011-10-30 00:30:00"),
        ("2011-10-30 02:00:00", "2011-10-30 02:00:00"),
    ],
)
def test_moments_are_londons_wall_clock(wall_clock: str, utc: str) -> None:
    (order,) = journal_of(row(moment=wall_clock)).orders
    assert order.placed_at == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert order.placed_at.tzinfo is UTC


def test_an_orders_month_is_the_shops_own() -> None:
    (order,) = journal_of(row(moment="2011-07-01 00:30:00")).orders
    assert order.placed_at.month == 6
    assert order.month == "2011-07"


def test_adjustments_stand_in_the_timeline_between_the_orders() -> None:
    journal = journal_of(
        row("3", moment="2011-01-03 10:00:00"),
        row("1", moment="2011-01-01 10:00:00"),
        row("2", quantity="-1", moment="2011-01-02 10:00:00", price="0"),
    )
    assert [happening.invoice for happening in timeline(journal)] == ["1", "2", "3"]


def test_another_table_is_refused() -> None:
    with pytest.raises(UnknownFormatError, match="InvoiceNo"):
        read_lines(["Name,Age", "Ada,36"], digest="00000000")
    with pytest.raises(UnknownFormatError, match="none"):
        read_lines([], digest="00000000")


def test_a_packed_file_says_the_same_as_a_plain_one(tmp_path: Path) -> None:
    text = "\n".join([HEADER, row(), row("536366", description='"HOOK, MAGIC GARDEN"')])
    plain, packed = tmp_path / "orders.csv", tmp_path / "orders.csv.xz"
    plain.write_text(f"\ufeff{text}", encoding="utf-8")
    packed.write_bytes(lzma.compress(text.encode()))
    assert read(plain).orders == read(packed).orders
    assert len(read(plain).orders) == 2
    assert len(read(plain).digest) == 8


@pytest.mark.parametrize("damage", [b"not packed at all", lzma.compress(b"InvoiceNo")[:-8]])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: bytes) -> None:
    packed = tmp_path / "orders.csv.xz"
    packed.write_bytes(damage)
    with pytest.raises(UnknownFormatError, match=r"orders\.csv\.xz"):
        read(packed)


class Count(NamedTuple):
    orders: int
    lines: int
    units: int
    revenue: Decimal


def independent_count(file: Path) -> Count:
    """The rules again in a dozen lines that share nothing with the reader."""
    invoices, lines, units, revenue = set(), 0, 0, Decimal(0)
    with (lzma.open if file.suffix == ".xz" else open)(file, "rt", encoding="utf-8", newline="") as text:
        for record in csv.DictReader(text):
            quantity, price = int(record["Quantity"]), Decimal(record["UnitPrice"])
            whole_pennies = price == price.quantize(Decimal("0.01"))
            if record["InvoiceNo"][0] in "CA" or quantity <= 0 or price < Decimal("0.01"):
                continue
            if whole_pennies:
                invoices.add(record["InvoiceNo"])
                lines, units, revenue = lines + 1, units + quantity, revenue + quantity * price
    return Count(len(invoices), lines, units, revenue)


def the_readers_count(journal: Journal) -> Count:
    lines = [line for order in journal.orders for line in order.lines]
    total_minor = sum(order.total_minor for order in journal.orders)
    units = sum(line.quantity for line in lines)
    return Count(len(journal.orders), len(lines), units, Decimal(total_minor) / 100)


def every_row_is_somewhere(journal: Journal) -> bool:
    sold = sum(len(order.lines) for order in journal.orders)
    rejected = sum(rejection.rows for rejection in journal.rejected)
    return journal.rows == sold + rejected + len(journal.adjustments) + journal.cancellations.rows


def true_file(name: str) -> Path:
    file = DATA / name
    if not file.exists():
        pytest.skip(f"{file} is not here")
    return file


def test_the_first_week_equals_an_independent_count() -> None:
    file = true_file("online-retail-first-week.csv")
    journal = read(file)
    expected = independent_count(file)
    assert expected == Count(611, 16_676, 137_912, Decimal("339876.49"))
    assert the_readers_count(journal) == expected
    assert every_row_is_somewhere(journal)
    assert len(journal.adjustments) == 45


@pytest.mark.skipif("HOLDFAST_FULL" not in os.environ, reason="the whole year only with HOLDFAST_FULL=1")
def test_the_whole_year_equals_an_independent_count() -> None:
    file = true_file("online-retail.csv.xz")
    journal = read(file)
    expected = independent_count(file)
    assert expected == Count(19_959, 530_099, 5_588_371, Decimal("10655622.48"))
    assert the_readers_count(journal) == expected
    assert every_row_is_somewhere(journal)
    assert len(journal.adjustments) == 1_336
    assert len(journal.products) == 4_070
    assert (journal.cancellations.invoices, journal.cancellations.rows) == (3_836, 9_288)

"""Invoices and packing slips as values and as PDFs: the sums, the texts of three scripts, the pages."""

import io
from datetime import UTC, datetime

import msgspec
import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from holdfast.accounts.address import Address
from holdfast.fulfilment.invoice import Invoice, invoice_of
from holdfast.fulfilment.papers.invoice_pdf import invoice_pdf
from holdfast.fulfilment.papers.paper import FONTS, address_lines
from holdfast.money import Money
from holdfast.order.read_order import LineView, OrderAnswer, OrderView, PaymentView
from holdfast.shop_settings.rules import Seller

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
SELLER = Seller("ቡና ቤት", ("ቦሌ መንገድ 12", "አዲስ አበባ"), "ET 123", "HF-", "Спасибо")


def gbp(amount: int) -> Money:
    return Money(amount, "GBP")


def order(*, inclusive: bool, lines: int = 2, shipping: int = 395) -> OrderAnswer:
    tax = (1_000 * lines + shipping) // (6 if inclusive else 5)
    views = tuple(
        LineView(n, f"SKU-{n}", "Кружка", 2, 0, gbp(500), gbp(1_000), gbp(0), gbp(tax // (lines + 1)))
        for n in range(1, lines + 1)
    )
    total = 1_000 * lines + shipping + (0 if inclusive else tax)
    address = Address(country="GB", name="Ada Byron", line1="1 High Street", city="Leeds", postal_code="LS1")
    view = OrderView(
        "ord_1", 1_042, "shipped", "shipped", "GBP", views, gbp(1_000 * lines), gbp(0), gbp(shipping),
        gbp(tax), inclusive, gbp(total), "ada@example.com", address, None, "standard", "stripe", None, AT,
    )  # fmt: skip
    return OrderAnswer(
        view,
        None,
        PaymentView("pay_1", "paid", "stripe", gbp(total), gbp(total), gbp(0), gbp(0), gbp(0), None),
    )


def issued(*, inclusive: bool = True, lines: int = 2, rate_bp: int = 2_000) -> Invoice:
    return invoice_of(
        order(inclusive=inclusive, lines=lines),
        number=7,
        seller=SELLER,
        shipping_name="Standard delivery",
        rate_bp=rate_bp,
        at=AT,
    )


@pytest.mark.parametrize("inclusive", [True, False])
def test_the_parts_of_an_invoice_add_up_to_its_total(inclusive: bool) -> None:
    invoice = issued(inclusive=inclusive)
    assert invoice.number == "HF-000007"
    assert sum(line.tax_minor for line in invoice.lines) == invoice.tax_minor
    (tax,) = invoice.taxes
    assert (tax.rate_bp, tax.net_minor + tax.tax_minor) == (2_000, invoice.total_minor)
    assert invoice.lines[-1].name == "Standard delivery"
    assert invoice.buyer.address is not None


def test_what_is_taken_off_stands_once_on_an_invoice() -> None:
    answer = order(inclusive=True)
    off = msgspec.structs.replace(answer.order.lines[0], discount=gbp(111))
    whole = msgspec.structs.replace(
        answer.order, lines=(off, answer.order.lines[1]), discount=gbp(111), total=gbp(2_284)
    )
    invoice = invoice_of(
        msgspec.structs.replace(answer, order=whole),
        number=7, seller=SELLER, shipping_name="Post", rate_bp=2_000, at=AT,
    )  # fmt: skip
    assert sum(line.total_minor for line in invoice.lines) == invoice.total_minor
    words = PdfReader(io.BytesIO(invoice_pdf(invoice))).pages[0].extract_text().split()
    assert [words.count(amount) for amount in ("10.00", "8.89", "-1.11", "22.84")] == [2, 0, 1, 1]


def test_a_tax_that_no_rate_explains_is_shown_without_one() -> None:
    (tax,) = issued(rate_bp=500).taxes
    assert (tax.rate_bp, tax.tax_minor) == (None, issued().tax_minor)


def test_the_same_invoice_is_a_pdf_of_as_many_pages_as_it_needs() -> None:
    short, long = invoice_pdf(issued()), invoice_pdf(issued(lines=60))
    assert short.startswith(b"%PDF-")
    assert (short.count(b"/Type /Page\n"), long.count(b"/Type /Page\n")) == (1, 3)


def test_the_fonts_have_the_letters_of_three_scripts() -> None:
    known = set()
    for name in ("NotoSans", "NotoSansEthiopic"):
        for weight in ("Regular", "Bold"):
            letters = set(TTFont(FONTS / f"{name}-{weight}.ttf").getBestCmap())
            known |= letters
    assert {ord(letter) for letter in "አበበ ቢቂላ፡ Ада Байрон, Ærøskøbing, Łódź, ₽ € £"} <= known


def test_an_address_stands_as_on_an_envelope() -> None:
    address = Address(country="ET", name="አበበ", line1="ቦሌ 12", city="አዲስ አበባ", postal_code="1000")
    assert address_lines(address) == ["አበበ", "ቦሌ 12", "1000 አዲስ አበባ", "Ethiopia"]
    assert address_lines(Address(country="EIRE")) == ["EIRE"]
    assert address_lines(None) == []

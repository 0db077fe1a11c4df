"""A sheet of A4 with our own fonts: what invoices and packing slips share.

Noto Sans writes Latin, Greek and Cyrillic, Noto Sans Ethiopic the Ethiopic script; a character
of any other script is printed as a box. Lengths are whole millimetres, sizes of type whole points.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pycountry
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from holdfast.accounts.address import Address

FONTS = Path(__file__).parent / "fonts"
_MAIN, _ETHIOPIC = "noto", "ethiopic"
_MARGIN = 18
_WIDTH = 210 - 2 * _MARGIN
_FOOT = 16
_LINE = 5
_GREY = 110


class Column(msgspec.Struct, frozen=True):
    """A column of a table: its heading, its width in millimetres, and whether numbers stand in it."""

    heading: str
    width: int
    numbers: bool = False


def new_paper(title: str, *, created: str) -> FPDF:
    """An empty first page; ``title`` and ``created`` are what the file says of itself."""
    pdf = FPDF(format="A4")
    for style, name in (("", "Regular"), ("B", "Bold")):
        pdf.add_font(_MAIN, style, FONTS.joinpath(f"NotoSans-{name}.ttf"))
        pdf.add_font(_ETHIOPIC, style, FONTS.joinpath(f"NotoSansEthiopic-{name}.ttf"))
    pdf.set_fallback_fonts([_ETHIOPIC], exact_match=False)
    pdf.alias_nb_pages("")  # the library would write the number of pages over {nb}, also in a buyer's name
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_auto_page_break(True, _MARGIN + _FOOT)
    pdf.set_title(title)
    pdf.set_subject(created)
    pdf.add_page()
    return pdf


def heading(pdf: FPDF, text: str) -> None:
    """The name of the paper, large."""
    _type(pdf, 18, bold=True)
    pdf.multi_cell(_WIDTH, 9, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def side_by_side(pdf: FPDF, left: Sequence[str], right: Sequence[str]) -> None:
    """Two blocks of lines, the first line of each in bold."""
    top, half = pdf.get_y() + 4, _WIDTH // 2
    ends = []
    for x, lines in ((_MARGIN, left), (_MARGIN + half, right)):
        pdf.set_y(top)
        for place, line in enumerate(lines):
            _type(pdf, 10, bold=place == 0)
            pdf.set_x(x)
            pdf.multi_cell(half - 4, _LINE, line, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        ends.append(pdf.get_y())
    pdf.set_y(max(ends) + 6)


def table(pdf: FPDF, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """A table whose headings are repeated on every page; long texts of a cell are wrapped."""
    _headings(pdf, columns)
    for row in rows:
        _type(pdf, 9)
        cells = [_wrapped(pdf, c.width, text) for c, text in zip(columns, row, strict=True)]
        height = _LINE * max(len(lines) for lines in cells)
        if pdf.will_page_break(height + 1):
            pdf.add_page()
            _headings(pdf, columns)
            _type(pdf, 9)
        top, x = pdf.get_y(), _MARGIN
        for column, lines in zip(columns, cells, strict=True):
            for place, line in enumerate(lines):
                pdf.set_xy(x, top + place * _LINE)
                pdf.cell(column.width, _LINE, line, align="R" if column.numbers else "L")
            x += column.width
        pdf.set_y(top + height + 1)


def sums(pdf: FPDF, rows: Sequence[tuple[str, str]], *, bold_last: bool = True) -> None:
    """Amounts with their names, at the right."""
    pdf.ln(2)
    if pdf.will_page_break(len(rows) * 6):
        pdf.add_page()
    for place, (name, amount) in enumerate(rows):
        _type(pdf, 10, bold=bold_last and place == len(rows) - 1)
        pdf.set_x(_MARGIN + _WIDTH - 90)
        pdf.cell(50, 6, name, align="L")
        pdf.cell(40, 6, amount, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def paragraph(pdf: FPDF, text: str) -> None:
    """Small print."""
    pdf.ln(4)
    _type(pdf, 9)
    pdf.multi_cell(_WIDTH, _LINE, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def finished(pdf: FPDF, foot: str) -> bytes:
    """The file, with its foot and the number of the page on every page."""
    pdf.set_auto_page_break(False)
    pages = pdf.pages_count
    for page in range(1, pages + 1):
        pdf.page = page
        pdf.set_y(-_FOOT)
        _type(pdf, 8)
        pdf.set_text_color(_GREY)
        pdf.cell(_WIDTH - 30, _LINE, foot, align="L")
        pdf.cell(30, _LINE, f"{page} / {pages}", align="R")
        pdf.set_text_color(0)
    return bytes(pdf.output())


def address_lines(address: Address | None) -> list[str]:
    """An address as it stands on an envelope."""
    if address is None:
        return []
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    country = pycountry.countries.get(alpha_2=address.country)
    land = str(country.name) if country else address.country
    lines = [address.name, address.line1, address.line2, town, address.region, land]
    return [line for line in lines if line.strip()]


def _wrapped(pdf: FPDF, width: int, text: str) -> list[str]:
    if "\n" not in text and pdf.get_string_width(text) < width - 2 * pdf.c_margin:
        return [text]  # nearly all do fit, and this is ten times as fast
    lines = pdf.multi_cell(width, _LINE, text, dry_run=True, output="LINES")
    assert isinstance(lines, list), "lines were asked for"
    return [str(line) for line in lines]


def _headings(pdf: FPDF, columns: Sequence[Column]) -> None:
    _type(pdf, 9, bold=True)
    for column in columns:
        pdf.cell(column.width, 6, column.heading, border="B", align="R" if column.numbers else "L")
    pdf.ln(7)


def _type(pdf: FPDF, points: int, *, bold: bool = False) -> None:
    pdf.set_font(_MAIN, "B" if bold else "", points)

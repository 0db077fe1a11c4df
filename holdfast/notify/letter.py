"""A letter as a value: what it says, as text and as HTML, made from a template. Pure.

A template is the text: the subject, an empty line, paragraphs. The HTML is the same paragraphs in a
frame. Lines with a tab in them become a table of two columns; an address alone on the last line
becomes a button, named by what stands before it. What comes from people goes through ``flat``, so
that no name can be a paragraph of its own.
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec
from babel.dates import format_datetime
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from holdfast.money import Money, exponent

_TEMPLATES = Path(__file__).with_name("templates")

_text = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=False,  # noqa: S701 - plain text; the frame escapes it
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_html = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)


class Letter(msgspec.Struct, frozen=True):
    """What is sent to one address."""

    to: str
    subject: str
    text: str
    html: str
    stop: str | None = None
    """Where the reader's mail program may POST so that no more of it is sent (RFC 8058)."""


class Paragraph(msgspec.Struct, frozen=True):
    """What stands between two empty lines: a table, a link with its name, or words."""

    text: str
    rows: tuple[tuple[str, str], ...] = ()
    link: str = ""


def write_letter(template: str, *, to: str, shop: str, stop: str | None = None, **values: object) -> Letter:
    """The letter that a template becomes; a value that it needs and is not given is a bug."""
    written = _text.get_template(f"{template}.txt").render(shop=flat(shop), **values)
    subject, _, text = written.partition("\n\n")
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    html = _html.get_template("frame.html").render(
        subject=flat(subject), paragraphs=[_read(part) for part in paragraphs], shop=shop
    )
    plain = "\n\n".join(paragraphs).replace("\t", ": ") + "\n"
    return Letter(to, flat(subject), plain, html, stop)


def in_money(money: Money, *, locale: str) -> str:
    """An amount as people of this locale write it, to its last minor unit."""
    amount = Decimal(money.amount).scaleb(-exponent(money.currency))
    return format_currency(amount, money.currency, locale=locale, decimal_quantization=False)


def in_time(moment: datetime, *, locale: str) -> str:
    """A moment as people of this locale write it, in UTC."""
    return f"{format_datetime(moment, 'd MMMM y, HH:mm', locale=locale)} UTC"


def flat(text: str) -> str:
    """A text on one line, without tabs."""
    return " ".join(text.split())


def _read(paragraph: str) -> Paragraph:
    *before, last = lines = paragraph.split("\n")
    if all("\t" in line for line in lines):
        pairs = [line.partition("\t") for line in lines]
        return Paragraph("", tuple((left, right) for left, _, right in pairs))
    if last.startswith(("https://", "http://")) and " " not in last:
        return Paragraph(" ".join(before).removesuffix(":"), (), last)
    return Paragraph(paragraph)


_text.filters["flat"] = flat

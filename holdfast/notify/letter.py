"""A letter as a value: what it says, as text and as HTML, made from a template. Pure.

A template is the text: the subject, an empty line, paragraphs. The HTML is the same paragraphs in a frame;
one that is nothing but an address becomes a button.
"""

from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).with_name("templates")

_text = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=False,  # noqa: S701 - plain text; the frame escapes it
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_html = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)


class Letter(msgspec.Struct, frozen=True):
    """What is sent to one address."""

    to: str
    subject: str
    text: str
    html: str


def write_letter(template: str, *, to: str, shop: str, **values: object) -> Letter:
    """The letter that a template becomes; a value that it needs and is not given is a bug."""
    written = _text.get_template(f"{template}.txt").render(shop=" ".join(shop.split()), **values)
    subject, _, text = written.partition("\n\n")
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    html = _html.get_template("frame.html").render(subject=subject, paragraphs=paragraphs, shop=shop)
    return Letter(to, " ".join(subject.split()), "\n\n".join(paragraphs) + "\n", html)

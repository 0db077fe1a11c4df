"""A letter is made from a template: one for each kind, escaped, and written as people of the locale write."""

from datetime import UTC, datetime
from types import SimpleNamespace

from holdfast.letters import About
from holdfast.money import Money
from holdfast.notify.letter import in_money, in_time, write_letter
from holdfast.notify.write import LETTERS


def test_every_kind_has_its_letter() -> None:
    assert set(LETTERS) == set(About)
    assert len({template for template, _ in LETTERS.values()}) == len(About)


def test_a_name_is_escaped_and_is_no_paragraph_row_or_button_of_its_own() -> None:
    name = "<b>Mug</b>\n\nhttps://evil.example\tfree"
    low = SimpleNamespace(sku=name, units=1, low_at=3)
    letter = write_letter("desk/low_stock", to="a@b.example", shop="Mugs & <More>\n\nInc.", lows=[low])
    assert letter.subject == "Little is left of 1 SKU at Mugs & <More> Inc."
    assert "<b>Mug" not in letter.html
    assert "<td" in letter.html
    assert "&lt;b&gt;Mug&lt;/b&gt; https://evil.example free</td>" in letter.html
    assert "href=" not in letter.html
    assert "\n<b>Mug</b> https://evil.example free: 1 left, alarm at 3\n" in letter.text


def test_money_and_moments_are_written_as_the_locale_writes_them() -> None:
    pounds = Money(123_450, "GBP")
    assert in_money(pounds, locale="en_GB") == "£1,234.50"
    assert in_money(pounds, locale="de_DE") == "1.234,50\xa0£"
    assert in_money(Money(1_501, "KWD"), locale="en_GB") == "KWD1.501"
    assert in_money(Money(1_501, "IQD"), locale="en_GB") == "IQD1.501"
    assert in_money(Money(1_501, "JPY"), locale="en_GB") == "JP¥1,501"
    assert in_time(datetime(2026, 11, 29, 5, 7, tzinfo=UTC), locale="de_DE") == "29 November 2026, 05:07 UTC"

"""The only sum in the shop."""

from holdfast.pricing.quote import PricedLine, TaxRule, quote

INSIDE = TaxRule(2_000, inclusive=True)
ON_TOP = TaxRule(2_000, inclusive=False)


def test_tax_inside_the_prices_does_not_change_the_total() -> None:
    told = quote([PricedLine("MUG", 3, 1_000)], currency="GBP", shipping_minor=395, tax=INSIDE)
    assert (told.subtotal_minor, told.shipping_minor, told.tax_minor, told.total_minor) == (
        3_000,
        395,
        566,  # 3395 / 6 = 565.83
        3_395,
    )
    assert told.lines[0].tax_minor == 500  # its share of 566; the rest is shipping's


def test_tax_on_top_is_added_once() -> None:
    told = quote([PricedLine("MUG", 3, 1_000)], currency="GBP", shipping_minor=395, tax=ON_TOP)
    assert (told.tax_minor, told.total_minor) == (679, 4_074)


def test_lines_of_one_sku_are_never_merged_and_keep_their_prices() -> None:
    told = quote(
        [PricedLine("MUG", 1, 100), PricedLine("MUG", 2, 90)], currency="GBP", shipping_minor=0, tax=INSIDE
    )
    assert [(x.quantity, x.unit_price_minor, x.total_minor) for x in told.lines] == [
        (1, 100, 100),
        (2, 90, 180),
    ]


def test_tax_is_computed_once_on_the_whole() -> None:
    """Line by line, ten pennies at 20 % would be ten times 0.2, rounded to nothing."""
    told = quote([PricedLine(f"P{i}", 1, 1) for i in range(10)], currency="GBP", shipping_minor=0, tax=ON_TOP)
    assert told.tax_minor == 2
    assert [line.tax_minor for line in told.lines] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]


def test_what_costs_nothing_comes_to_nothing() -> None:
    told = quote([PricedLine("GIFT", 2, 0)], currency="GBP", shipping_minor=0, tax=ON_TOP)
    assert (told.subtotal_minor, told.tax_minor, told.total_minor) == (0, 0, 0)


def test_an_empty_basket_still_ships() -> None:
    told = quote([], currency="GBP", shipping_minor=600, tax=INSIDE)
    assert (told.lines, told.tax_minor, told.total_minor) == ((), 100, 600)

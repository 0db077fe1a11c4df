"""What a stock file says, and what is wrong with it, decided without a database."""

from datetime import UTC, datetime

import pytest

from holdfast.errors.request import RequestMalformed
from holdfast.errors.shelf import StockFileInvalid
from holdfast.limits import STOCK_FILE_LINES_MAX, STOCK_FILE_WRONG_MAX
from holdfast.stock.shelf import Promised, Shelf, who_is_short
from holdfast.stock.upkeep.sheet import (
    COUNTS,
    UPDATES,
    Change,
    Known,
    Row,
    Wrong,
    plan,
    read_rows,
    refusal,
)

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


def known(*shelves: Shelf, low_at: int | None = None) -> Known:
    skus = {shelf.sku: low_at for shelf in shelves} | {"MUG": low_at}
    return Known(skus, frozenset({"main", "shop"}), {(s.sku, s.location_id): s for s in shelves})


def read(text: str) -> tuple[list[Row], list[Wrong]]:
    return read_rows(text.encode(), UPDATES)


def changes(text: str, *shelves: Shelf) -> list[Change]:
    rows, wrong = read(text)
    assert wrong == []
    found, wrong = plan(rows, known(*shelves))
    assert wrong == []
    return found


def why(text: str, *shelves: Shelf) -> list[tuple[int, str]]:
    rows, wrong = read(text)
    return [(x.line, x.column) for x in [*wrong, *plan(rows, known(*shelves))[1]]]


def test_an_empty_cell_changes_nothing_and_main_is_the_place_where_none_is_named() -> None:
    shelf = Shelf("MUG", "main", 5, 0, 0, 2)
    assert changes("sku,location,add,backorder_limit\nMUG,,3,\n", shelf) == [
        Change(2, "MUG", "main", "on_hand", 5, 8)
    ]
    assert changes("sku,on_hand\nMUG,5\n", shelf) == []


def test_semicolons_a_byte_order_mark_and_capitals_in_the_header_are_understood() -> None:
    rows, wrong = read_rows("\ufeffSKU;On_Hand\r\nMUG;5\r\n".encode(), UPDATES)
    assert (rows, wrong) == ([Row(2, "MUG", "main", {"on_hand": 5})], [])


def test_lines_are_numbered_as_an_editor_shows_them() -> None:
    assert why('sku,add\n\n"M\nG",1\nMUG,x\n') == [(5, "add"), (4, "sku")]


@pytest.mark.parametrize("cell", ["-1", "1.5", "1e3", "\u0663", "100000001", "9" * 5_000, "one"])
def test_a_number_is_a_whole_one_and_has_an_end(cell: str) -> None:
    assert why(f"sku,add\nMUG,{cell}\n") == [(2, "add")]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("sku,add\n,1\n", "sku"),
        ("sku,add\nMUG,\n", "sku"),
        ("sku,add\nMUG,1,2\n", "sku"),
        ("sku,add\nJUG,1\n", "sku"),
        ("sku,location,add\nMUG,attic,1\n", "location"),
        ("sku,add,on_hand\nMUG,1,2\n", "add"),
        ("sku,on_hand,add\nMUG,,100000000\n", "add"),
        ("sku,on_hand\nMUG,3\n", "on_hand"),
        ("sku,backorder_limit\nMUG,0\n", "backorder_limit"),
    ],
)
def test_a_line_that_cannot_be_is_named_with_its_column(text: str, column: str) -> None:
    assert why(text, Shelf("MUG", "main", 5, 4, 2, 3)) == [(2, column)]


def test_what_is_not_promised_may_go() -> None:
    assert changes("sku,on_hand\nMUG,4\n", Shelf("MUG", "main", 5, 3, 1, 0)) == [
        Change(2, "MUG", "main", "on_hand", 5, 4)
    ]


def test_one_threshold_per_sku() -> None:
    text = "sku,location,low_stock_at\nMUG,main,3\nMUG,shop,4\n"
    assert why(text, Shelf("MUG", "main", 5, 0, 0, 0)) == [(3, "low_stock_at")]


def test_a_count_has_a_figure_on_every_line_and_a_moment_with_an_offset() -> None:
    text = "sku,counted,counted_at\nMUG,3,2026-11-20T08:00:00Z\nJUG,,\nCUP,1,2026-11-20T08:00:00\n"
    rows, wrong = read_rows(text.encode(), COUNTS)
    assert rows == [Row(2, "MUG", "main", {"counted": 3}, AT)]
    assert [(x.line, x.column) for x in wrong] == [(3, "counted"), (4, "counted_at")]


def test_a_file_has_an_end() -> None:
    lines = "".join(f"S{n},1\n" for n in range(STOCK_FILE_LINES_MAX + 1))
    with pytest.raises(StockFileInvalid):
        read("sku,add\n" + lines)


def test_what_is_no_text_is_no_file() -> None:
    for body in (b"sku,add\nM\xdcG,1\n", b"sku,add\nM\0G,1\n", b'sku,add\n"MUG,1\n'):
        with pytest.raises(RequestMalformed):
            read_rows(body, UPDATES)


def test_a_refusal_names_so_many_lines_and_counts_the_others() -> None:
    problem = refusal([Wrong(n, "sku", "is needed") for n in range(STOCK_FILE_WRONG_MAX + 7, 0, -1)])
    assert (len(problem.lines), problem.lines[0]["line"], problem.more) == (STOCK_FILE_WRONG_MAX, 1, 7)
    assert str(problem).endswith(f"and {STOCK_FILE_WRONG_MAX + 2} more. Nothing was changed.")


def promised(order_id: str | None, quantity: int, checkout_id: str | None = None) -> Promised:
    return Promised("MUG", "main", "active", quantity, order_id, checkout_id, AT)


def test_who_came_first_is_not_short() -> None:
    lines = [promised("ord_1", 2), promised("ord_2", 2), promised(None, 1, "chk_1"), promised("ord_2", 1)]
    assert who_is_short(lines, 6) == []
    assert who_is_short(lines, 5) == ["ord_2"]
    assert who_is_short(lines, 4) == ["chk_1", "ord_2"]
    assert who_is_short(lines, 0) == ["ord_1", "ord_2", "chk_1"]

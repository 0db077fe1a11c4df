"""Who gets which units, decided without a database."""

from holdfast.stock.shelf import Demand, Shelf, Short, allocate


def shelf(
    sku: str = "MUG",
    location: str = "main",
    *,
    on_hand: int = 0,
    committed: int = 0,
    held: int = 0,
    backorder: int = 0,
    turn: int | None = 0,
) -> Shelf:
    return Shelf(sku, location, on_hand, committed, held, backorder, turn)


def test_what_is_promised_is_not_available() -> None:
    shelves = [shelf(on_hand=10, committed=3, held=2, backorder=1)]
    assert allocate([Demand({"MUG": 7})], shelves) == [Short((("MUG", 7, 6),))]


def test_first_come_first_served() -> None:
    answers = allocate([Demand({"MUG": 2}), Demand({"MUG": 2}), Demand({"MUG": 1})], [shelf(on_hand=3)])
    assert answers == [{("MUG", "main"): 2}, Short((("MUG", 2, 1),)), {("MUG", "main"): 1}]


def test_all_lines_of_an_order_or_none() -> None:
    shelves = [shelf("JUG", on_hand=5), shelf("MUG", on_hand=1)]
    answers = allocate([Demand({"JUG": 5, "MUG": 2}), Demand({"JUG": 5})], shelves)
    assert answers == [Short((("MUG", 2, 1),)), {("JUG", "main"): 5}]


def test_a_refusal_names_every_sku_that_is_short_and_no_other() -> None:
    shelves = [shelf("JUG", on_hand=1), shelf("MUG", on_hand=9), shelf("CUP")]
    (answer,) = allocate([Demand({"JUG": 2, "MUG": 9, "CUP": 1})], shelves)
    assert isinstance(answer, Short)
    assert answer.as_problem().lines == [
        {"sku": "JUG", "requested": 2, "available": 1},
        {"sku": "CUP", "requested": 1, "available": 0},
    ]


def test_a_sku_that_lies_nowhere_is_short() -> None:
    assert allocate([Demand({"MUG": 1})], []) == [Short((("MUG", 1, 0),))]


def test_units_come_from_several_locations_in_the_order_of_the_shelves() -> None:
    shelves = [shelf(location="a", on_hand=2, held=1), shelf(location="b", on_hand=5)]
    assert allocate([Demand({"MUG": 3})], shelves) == [{("MUG", "a"): 1, ("MUG", "b"): 2}]


def test_on_hand_is_used_first_over_all_locations_then_backorder() -> None:
    shelves = [shelf(location="a", on_hand=1, backorder=5), shelf(location="b", on_hand=1)]
    assert allocate([Demand({"MUG": 3})], shelves) == [{("MUG", "a"): 2, ("MUG", "b"): 1}]


def test_a_backorder_limit_is_a_limit() -> None:
    shelves = [shelf(on_hand=1, backorder=2)]
    assert allocate([Demand({"MUG": 3}), Demand({"MUG": 1})], shelves) == [
        {("MUG", "main"): 3},
        Short((("MUG", 1, 0),)),
    ]


def test_own_units_count_as_free_for_their_owner_alone() -> None:
    shelves = [shelf(on_hand=3, held=3)]
    own = Demand({"MUG": 3}, own={("MUG", "main"): 3})
    assert allocate([Demand({"MUG": 1}), own], shelves) == [Short((("MUG", 1, 0),)), {("MUG", "main"): 3}]


def test_own_units_that_are_no_longer_wanted_go_to_those_behind() -> None:
    less = Demand({"MUG": 1}, own={("MUG", "main"): 3})
    answers = allocate([less, Demand({"MUG": 2})], [shelf(on_hand=3, held=3)])
    assert answers == [{("MUG", "main"): 1}, {("MUG", "main"): 2}]


def test_who_is_refused_keeps_the_own_units() -> None:
    more = Demand({"MUG": 5}, own={("MUG", "main"): 3})
    answers = allocate([more, Demand({"MUG": 1})], [shelf(on_hand=4, held=3)])
    assert answers == [Short((("MUG", 5, 4),)), {("MUG", "main"): 1}]


def test_a_shelf_that_promised_more_than_it_has_gives_nothing() -> None:
    assert allocate([Demand({"MUG": 1})], [shelf(on_hand=1, committed=4)]) == [Short((("MUG", 1, 0),))]


def test_places_are_asked_in_their_turn() -> None:
    shelves = [shelf(location="a", on_hand=2, turn=5), shelf(location="b", on_hand=2, turn=1)]
    assert allocate([Demand({"MUG": 3})], shelves) == [{("MUG", "b"): 2, ("MUG", "a"): 1}]


def test_a_place_that_is_switched_off_gives_nothing() -> None:
    shelves = [shelf(location="a", on_hand=2, backorder=9, turn=None), shelf(location="b", on_hand=1)]
    answers = allocate([Demand({"MUG": 2}), Demand({"MUG": 1})], shelves)
    assert answers == [Short((("MUG", 2, 1),)), {("MUG", "b"): 1}]


def test_who_holds_units_at_a_place_that_is_switched_off_keeps_those_that_lie_nowhere_else() -> None:
    shelves = [shelf(location="a", on_hand=9, held=3, turn=None), shelf(location="b", on_hand=1)]
    own = {("MUG", "a"): 3}
    (kept, moved, more) = (allocate([Demand({"MUG": n}, own=own)], shelves)[0] for n in (3, 4, 5))
    assert kept == {("MUG", "b"): 1, ("MUG", "a"): 2}
    assert moved == {("MUG", "b"): 1, ("MUG", "a"): 3}
    assert more == Short((("MUG", 5, 4),))


def test_who_holds_units_that_a_count_did_not_find_keeps_them_and_gets_no_more() -> None:
    shelves = [shelf(on_hand=1, held=4)]
    own = {("MUG", "main"): 2}
    assert allocate([Demand({"MUG": 2}, own=own)], shelves) == [{("MUG", "main"): 2}]
    assert allocate([Demand({"MUG": 3}, own=own)], shelves) == [Short((("MUG", 3, 2),))]

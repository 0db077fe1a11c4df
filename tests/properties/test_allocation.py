"""Whatever buyers want and however shelves stand: nobody gets what is not there."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from holdfast.stock.shelf import Demand, Place, Shelf, Short, Taken, allocate

SKUS = ("A", "B", "C")
LOCATIONS = ("east", "main")
units = st.integers(0, 12)


@st.composite
def shelves_and_demands(draw: st.DrawFn) -> tuple[list[Shelf], list[Demand]]:
    """Shelves as the database allows them, and demands whose own units are part of what is held."""
    shelves, loose = [], {}
    for sku in SKUS:
        for location in draw(st.lists(st.sampled_from(LOCATIONS), unique=True, max_size=2)):
            on_hand, backorder, committed, held = (draw(units) for _ in range(4))
            turn = draw(st.sampled_from([None, 0, 1]))
            shelves.append(Shelf(sku, location, on_hand, committed, held, backorder, turn))
            loose[sku, location] = held
    demands = []
    for _ in range(draw(st.integers(1, 6))):
        needs = draw(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 12), min_size=1))
        own: dict[Place, int] = {}
        for place in draw(st.lists(st.sampled_from(sorted(loose)), unique=True)) if loose else []:
            quantity = draw(st.integers(0, loose[place]))
            loose[place] -= quantity
            if quantity:
                own[place] = quantity
        demands.append(Demand(needs, own))
    return shelves, demands


def replay(
    shelves: list[Shelf], demands: list[Demand], answers: list[Taken | Short]
) -> list[dict[Place, int]]:
    """What was promised at each place before each demand and after the last, by counting along."""
    promised = Counter({(s.sku, s.location_id): s.committed + s.held for s in shelves})
    moments = [dict(promised)]
    for demand, answer in zip(demands, answers, strict=True):
        if not isinstance(answer, Short):
            promised.subtract(demand.own)
            promised.update(answer)
        moments.append(dict(promised))
    return moments


@given(shelves_and_demands())
def test_nothing_is_promised_beyond_what_is_there(given_: tuple[list[Shelf], list[Demand]]) -> None:
    shelves, demands = given_
    before, *_, after = replay(shelves, demands, allocate(demands, shelves))
    for shelf in shelves:
        place = (shelf.sku, shelf.location_id)
        assert after[place] <= max(before[place], shelf.on_hand + shelf.backorder_limit)


@given(shelves_and_demands())
def test_all_units_of_an_order_or_none(given_: tuple[list[Shelf], list[Demand]]) -> None:
    shelves, demands = given_
    for demand, answer in zip(demands, allocate(demands, shelves), strict=True):
        if not isinstance(answer, Short):
            got: Counter[str] = Counter()
            for (sku, _), quantity in answer.items():
                assert quantity > 0
                got[sku] += quantity
            assert got == Counter(demand.needs)


@given(shelves_and_demands())
def test_a_refusal_is_right_at_its_moment(given_: tuple[list[Shelf], list[Demand]]) -> None:
    """A second opinion: an order is refused exactly when a SKU has too little left, own units counted in."""
    shelves, demands = given_
    answers = allocate(demands, shelves)
    for demand, answer, promised in zip(demands, answers, replay(shelves, demands, answers), strict=False):
        free: Counter[str] = Counter()
        for shelf in shelves:
            place = (shelf.sku, shelf.location_id)
            own = demand.own.get(place, 0)
            left = shelf.on_hand + shelf.backorder_limit - promised[place] + own
            free[shelf.sku] += max(own, left) if shelf.turn is not None else own
        short = {sku: (need, free[sku]) for sku, need in demand.needs.items() if free[sku] < need}
        told = {s: (n, left) for s, n, left in answer.lines} if isinstance(answer, Short) else {}
        assert told == short


@given(shelves_and_demands())
def test_a_place_that_is_switched_off_gives_nobody_more_than_they_hold_there(
    given_: tuple[list[Shelf], list[Demand]],
) -> None:
    shelves, demands = given_
    closed = [(shelf.sku, shelf.location_id) for shelf in shelves if shelf.turn is None]
    for demand, answer in zip(demands, allocate(demands, shelves), strict=True):
        if not isinstance(answer, Short):
            assert [p for p in closed if answer.get(p, 0) > demand.own.get(p, 0)] == []


@given(shelves_and_demands())
def test_who_asks_for_no_more_than_they_hold_is_never_refused(
    given_: tuple[list[Shelf], list[Demand]],
) -> None:
    shelves, demands = given_
    for demand, answer in zip(demands, allocate(demands, shelves), strict=True):
        held: Counter[str] = Counter()
        for (sku, _), quantity in demand.own.items():
            held[sku] += quantity
        if all(held[sku] >= need for sku, need in demand.needs.items()):
            assert not isinstance(answer, Short)


@given(shelves_and_demands())
def test_those_behind_change_nothing_for_those_in_front(given_: tuple[list[Shelf], list[Demand]]) -> None:
    shelves, demands = given_
    whole = allocate(demands, shelves)
    for length in range(len(demands)):
        assert allocate(demands[:length], shelves) == whole[:length]


@given(shelves_and_demands())
def test_backorder_is_touched_only_when_nothing_is_on_hand(
    given_: tuple[list[Shelf], list[Demand]],
) -> None:
    shelves, demands = given_
    answers = allocate(demands, shelves)
    *_, promised = replay(shelves, demands, answers)
    ours = [answer for answer in answers if not isinstance(answer, Short)]
    if len(demands) != 1 or not ours:
        return
    for shelf in shelves:
        place = (shelf.sku, shelf.location_id)
        if ours[0].get(place) and promised[place] > shelf.on_hand:
            others = [s for s in shelves if s.sku == shelf.sku and s.turn is not None]
            assert all(promised[s.sku, s.location_id] >= s.on_hand for s in others)


@given(shelves_and_demands())
def test_deciding_changes_nothing_and_is_the_same_every_time(
    given_: tuple[list[Shelf], list[Demand]],
) -> None:
    shelves, demands = given_
    first = allocate(demands, shelves)
    assert allocate(demands, shelves) == first

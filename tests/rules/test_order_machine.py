"""The order machine: what can happen, what cannot, and what people see of it."""

import pytest

from holdfast.errors.money import MoveRefused
from holdfast.order.order import (
    MOVES,
    SHIPPABLE,
    UNPAID,
    Event,
    MoneySeen,
    State,
    after,
    ending,
    possible,
    status_of,
)

ENDS = {State.ARCHIVED}
GOODS_ARE_OUT = {State.SHIPPED, State.IN_TRANSIT, State.DELIVERED}


def reachable(start: State) -> set[State]:
    found, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for (state, _), there in MOVES.items():
            if state is here and there not in found:
                found.add(there)
                waiting.append(there)
    return found


def test_every_state_can_be_reached_from_the_beginning() -> None:
    assert reachable(State.NEW) == set(State)


def test_every_event_can_happen_somewhere() -> None:
    assert {event for _, event in MOVES} == set(Event)


def test_every_state_but_the_last_has_a_way_out_and_every_way_ends() -> None:
    for state in State:
        assert bool(possible(state)) is (state not in ENDS)
        assert reachable(state) & ENDS


def test_nothing_leads_back_to_the_beginning() -> None:
    assert State.NEW not in MOVES.values()


def test_an_unpaid_order_can_always_be_paid_and_a_cancelled_one_never() -> None:
    assert {state for (state, event) in MOVES if event is Event.PAID} == UNPAID
    assert possible(State.CANCELLED) == [Event.ARCHIVED]


def test_it_can_be_cancelled_until_the_goods_are_out() -> None:
    cancellable = {state for (state, event) in MOVES if event is Event.CANCELLED}
    assert cancellable == set(State) - {State.NEW, State.CANCELLED} - GOODS_ARE_OUT - ENDS


@pytest.mark.parametrize("state", sorted(GOODS_ARE_OUT))
def test_what_is_out_is_never_cancelled_but_when_nobody_took_it_in(state: State) -> None:
    ends = {event for (here, event), there in MOVES.items() if here is state and there is State.CANCELLED}
    assert ends <= {Event.REFUSED_AT_DOOR}
    for event in (Event.CANCELLED, Event.REFUSED_AT_DOOR):
        with pytest.raises(MoveRefused):
            after(state, event, goods_out=True)
    assert ending(state) not in possible(state, goods_out=True)
    assert State.CANCELLED not in reachable(State.DELIVERED)


@pytest.mark.parametrize("state", sorted(SHIPPABLE))
def test_an_order_of_which_a_part_is_out_is_not_cancelled(state: State) -> None:
    assert after(state, Event.CANCELLED) is State.CANCELLED
    with pytest.raises(MoveRefused) as refused:
        after(state, Event.CANCELLED, goods_out=True)
    assert refused.value.state == "partially_shipped"
    assert refused.value.possible == [event for event in possible(state) if event != "cancelled"]
    assert status_of(state, MoneySeen(), goods_out=True) == "partially_shipped"
    assert status_of(state, MoneySeen(captured_minor=1, refunded_minor=1), goods_out=True) == "refunded"


def test_a_refused_move_says_what_would_be_possible() -> None:
    with pytest.raises(MoveRefused) as refused:
        after(State.SHIPPED, Event.CANCELLED, goods_out=True)
    assert refused.value.extensions() == {
        "state": "shipped",
        "event": "cancelled",
        "possible": ["in_transit", "delivered"],
    }


@pytest.mark.parametrize(
    ("money", "status"),
    [
        (MoneySeen(), "paid"),
        (MoneySeen(captured_minor=100), "paid"),
        (MoneySeen(captured_minor=100, refunded_minor=40), "partially_refunded"),
        (MoneySeen(captured_minor=100, refunded_minor=100), "refunded"),
        (MoneySeen(captured_minor=100, refunded_minor=120), "refunded"),
        (MoneySeen(captured_minor=100, refunded_minor=100, disputed_minor=1), "disputed"),
    ],
)
def test_people_see_disputes_and_refunds_first(money: MoneySeen, status: str) -> None:
    assert status_of(State.PAID, money) == status

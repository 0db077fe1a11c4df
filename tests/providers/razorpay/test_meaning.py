"""An order, or a link, is what its payments have made of it (gateways.md §3.2-3.6, §3.10)."""

from typing import Any

import msgspec
import pytest

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Said
from holdfast.payment.providers.razorpay import meaning
from holdfast.payment.providers.razorpay.objects import Dispute, Link, Order, Payment
from tests.providers.razorpay.things import OURS, Json, link, order, payment

PENDING, AUTHORIZED, CAPTURED = AttemptState.PENDING, AttemptState.AUTHORIZED, AttemptState.CAPTURED
EXPIRED, CANCELLED = AttemptState.EXPIRED, AttemptState.CANCELLED
THERE = {"type": "form"}


def tries(*statuses: str, **same: Any) -> list[Payment]:
    """Payments with these statuses, the oldest first, as the API lists them."""
    rows = [
        payment(
            id=f"pay_{number}", status=status, captured=status == "captured",
            error_reason="payment_declined" if status == "failed" else None,
            created_at=1_795_000_000 + number, **same,
        )
        for number, status in enumerate(statuses, 1)
    ]  # fmt: skip
    return msgspec.convert(rows[::-1], list[Payment])


def says(payments: list[Payment], **changes: Any) -> Said | None:
    found = msgspec.convert(order(status="attempted", **changes), Order)
    return meaning.order_says(found, payments, live=False, next_action=THERE)


def link_says(paid_by: list[Payment], **changes: Any) -> Said | None:
    found = msgspec.convert(link(**changes), Link)
    return meaning.link_says(found, paid_by, live=False, next_action=THERE)


@pytest.mark.parametrize(
    ("statuses", "state", "charge", "declined", "goes_on"),
    [
        ((), PENDING, None, None, True),
        (("created",), PENDING, None, None, False),
        (("failed",), PENDING, None, "payment_declined", True),
        (("failed", "created"), PENDING, None, None, False),
        (("created", "failed"), PENDING, None, "payment_declined", True),
        (("failed", "authorized"), AUTHORIZED, "pay_2", None, False),
        (("authorized", "failed"), AUTHORIZED, "pay_1", None, False),
        (("failed", "captured"), CAPTURED, "pay_2", None, False),
        (("captured", "failed"), CAPTURED, "pay_1", None, False),
        (("captured", "authorized"), CAPTURED, "pay_1", None, False),
        (("refunded",), EXPIRED, None, None, False),
        (("refunded", "failed"), EXPIRED, None, None, False),
        (("refunded", "created"), PENDING, None, None, False),
        (("refunded", "authorized"), AUTHORIZED, "pay_2", None, False),
    ],
    ids=str,
)
def test_money_comes_first_then_what_the_newest_try_came_to(
    statuses: tuple[str, ...],
    state: AttemptState,
    charge: str | None,
    declined: str | None,
    goes_on: bool,
) -> None:
    said = says(tries(*statuses))
    assert said is not None
    assert (said.state, said.charge_ref, said.declined) == (state, charge, declined)
    assert said.next_action == (THERE if goes_on else None)
    assert (said.amount_minor, said.currency, said.reference) == (49_900, "INR", OURS)


def test_two_tries_that_took_money_are_added_up_so_that_the_surplus_is_seen() -> None:
    said = says(tries("captured", "failed", "captured", amount=49_900))
    assert said is not None
    assert (said.state, said.amount_minor, said.charge_ref) == (CAPTURED, 99_800, "pay_1")


def test_what_was_given_back_was_taken_all_the_same() -> None:
    gone = msgspec.convert([payment(status="refunded", captured=True)], list[Payment])
    said = says(gone)
    assert said is not None
    assert (said.state, said.amount_minor) == (CAPTURED, 49_900)


def test_the_status_counts_and_not_the_flag_beside_it() -> None:
    said = says(msgspec.convert([payment(status="authorized", captured=True)], list[Payment]))
    assert said is not None
    assert said.state is AUTHORIZED


def test_of_two_tries_in_one_second_the_list_tells_the_newer() -> None:
    rows = [payment(id="pay_2", status="created"), payment(id="pay_1", status="failed")]
    said = says(msgspec.convert(rows, list[Payment]))
    assert said is not None
    assert (said.state, said.declined) == (PENDING, None)


def test_money_in_another_currency_is_said_in_that_currency() -> None:
    said = says(tries("captured", currency="USD"))
    assert said is not None
    assert (said.amount_minor, said.currency) == (49_900, "USD")
    mixed = [*tries("captured", currency="USD"), *tries("captured")]
    said = says(mixed)
    assert said is not None
    assert (said.amount_minor, said.currency) == (49_900, "INR"), "what does not add up is not added"


@pytest.mark.parametrize("status", ["frozen", "", "CAPTURED"])
def test_a_status_that_nobody_knows_is_neither_a_yes_nor_a_no(status: str) -> None:
    assert says(tries("failed", status)) is None
    assert link_says([], status=status) is None


def test_a_paid_order_is_paid_also_if_it_does_not_show_by_what() -> None:
    found = msgspec.convert(order(status="paid", amount_paid=49_900), Order)
    said = meaning.order_says(found, [], live=False)
    assert said is not None
    assert (said.state, said.amount_minor, said.charge_ref) == (CAPTURED, 49_900, None)
    nothing = msgspec.convert(order(status="paid"), Order)
    with pytest.raises(ValueError, match="how much"):
        meaning.order_says(nothing, [], live=False)


@pytest.mark.parametrize(
    ("status", "statuses", "state", "goes_on"),
    [
        ("created", (), PENDING, True),
        ("created", ("failed",), PENDING, True),
        ("created", ("authorized",), AUTHORIZED, False),
        ("paid", ("captured",), CAPTURED, False),
        ("cancelled", (), CANCELLED, False),
        ("cancelled", ("failed",), CANCELLED, False),
        ("cancelled", ("captured",), CAPTURED, False),
        ("expired", (), EXPIRED, False),
        ("expired", ("authorized",), AUTHORIZED, False),
    ],
    ids=str,
)
def test_a_link_ends_unless_there_is_money(
    status: str, statuses: tuple[str, ...], state: AttemptState, goes_on: bool
) -> None:
    said = link_says(tries(*statuses), status=status)
    assert said is not None
    assert (said.state, said.provider_ref, said.reference) == (state, "plink_1", OURS)
    assert said.next_action == (THERE if goes_on else None)


@pytest.mark.parametrize(("status", "paid", "part"), [("paid", 49_900, False), ("partially_paid", 100, True)])
def test_a_paid_link_says_so_also_if_it_does_not_show_by_what(status: str, paid: int, part: bool) -> None:
    for rows in (None, [], [{"payment_id": "pay_9", "amount": "x"}]):
        said = link_says([], status=status, amount_paid=paid, payments=rows)
        assert said is not None
        assert (said.state, said.amount_minor, said.part) == (CAPTURED, paid, part)
        assert said.charge_ref == ("pay_9" if rows else None)


@pytest.mark.parametrize(
    ("receipt", "ours"),
    [
        (OURS, True),
        (None, False),
        ("", False),
        (OURS.replace("_", ""), False),
        ("ORD-2001", False),
        (OURS + "\n", False),
    ],
    ids=ascii,
)
def test_an_order_is_ours_by_its_receipt_and_that_of_our_link_is_not(receipt: Any, ours: bool) -> None:
    found = msgspec.convert(order(receipt=receipt), Order)
    said = meaning.order_says(found, [], live=False)
    assert said is not None
    assert (meaning.is_ours(found), said.reference) == (ours, OURS if ours else None)
    assert meaning.reference_of(OURS) != meaning.receipt_of(OURS)


def test_of_orders_with_one_receipt_the_one_with_money_counts() -> None:
    rows = [
        order(id="order_4", created_at=4),
        order(id="order_3", created_at=3, status="paid"),
        order(id="order_2", created_at=2, status="attempted"),
        order(id="order_1", created_at=1),
    ]
    found = msgspec.convert(rows, list[Order])
    best = [meaning.best_of(found), meaning.best_of([found[0], *found[2:]]), meaning.best_of(found[:1])]
    assert [one.id for one in best if one] == ["order_3", "order_2", "order_4"]
    oldest = meaning.best_of([found[0], found[3]])
    assert oldest is not None
    assert (oldest.id, meaning.best_of([])) == ("order_1", None)


@pytest.mark.parametrize(
    ("status", "deducted", "state"),
    [
        ("open", 0, "open"),
        ("under_review", 0, "open"),
        ("won", 0, "won"),
        ("lost", 49_900, "lost"),
        ("closed", 0, "won"),
        ("closed", 49_900, "lost"),
        ("never seen", 0, "open"),
    ],
)
def test_a_dispute_is_open_until_there_is_a_verdict(status: str, deducted: int, state: str) -> None:
    case: Json = {"id": "disp_1", "entity": "dispute", "payment_id": "pay_1", "amount": 49_900}
    case |= {"currency": "INR", "status": status, "amount_deducted": deducted}
    said = meaning.dispute_says(msgspec.convert(case, Dispute), live=False)
    assert (said.state, said.payment_ref, said.amount_minor) == (state, "pay_1", 49_900)


@pytest.mark.parametrize(
    "notes", [[], None, {}, ["x"], {"k": 1}, {"k": {"a": []}}, {"k": "a\0b"}, {"k": "x y"}], ids=repr
)
def test_notes_may_be_anything(notes: Any) -> None:
    assert meaning.note_of(notes, "k") is None
    assert meaning.note_of({"k": "v"}, "k") == "v"

"""What coupons take off, to the last minor unit, and why one cannot be used."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.errors.checkout import CouponRefused
from holdfast.money import Money
from holdfast.pricing.coupon import Coupon, Entered, Kind, Reason, plain
from holdfast.pricing.keep_coupons import Counted, LockedUses, Use, UsedBy, UsedIn
from holdfast.pricing.quote import PricedLine, Quote, ShownCoupon, TakenOff, TaxRule, quote

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def percent(code: str = "SPRING", bp: int = 1_000, **more: Any) -> Coupon:
    return Coupon(code=code, kind=Kind.PERCENT, currency="GBP", percent_bp=bp, **more)


def amount(code: str = "FIVER", minor: int = 500, **more: Any) -> Coupon:
    return Coupon(code=code, kind=Kind.AMOUNT, currency="GBP", amount_minor=minor, **more)


def free(code: str = "POST", **more: Any) -> Coupon:
    return Coupon(code=code, kind=Kind.FREE_SHIPPING, currency="GBP", **more)


def entered(*coupons: Coupon, used_up: tuple[str, ...] = ()) -> Entered:
    return Entered(tuple(c.code for c in coupons), {c.code: c for c in coupons}, used_up, NOW)


def quoted(*coupons: Coupon, prices: tuple[int, ...] = (1_000, 333), inclusive: bool = True) -> Quote:
    lines = [PricedLine(f"S{place}", 1, price) for place, price in enumerate(prices)]
    return quote(
        lines,
        currency="GBP",
        shipping_minor=395,
        tax=TaxRule(2_000, inclusive),
        entered=entered(*coupons),
    )


def test_a_share_is_taken_off_the_lines_and_not_off_the_shipping() -> None:
    found = quoted(percent())
    assert [(x.total_minor, x.discount_minor) for x in found.lines] == [(1_000, 100), (333, 33)]
    assert (found.subtotal_minor, found.discount_minor, found.shipping_minor) == (1_333, 133, 395)
    assert (found.total_minor, found.tax_minor) == (1_595, 266)
    assert found.coupons == (TakenOff("SPRING", Kind.PERCENT, 133),)


def test_an_amount_takes_no_more_than_there_is() -> None:
    found = quoted(amount(minor=5_000))
    assert (found.discount_minor, found.total_minor) == (1_333, 395)


def test_free_shipping_takes_the_price_off_the_shipping() -> None:
    found = quoted(free())
    assert (found.discount_minor, found.shipping_minor, found.total_minor) == (0, 0, 1_333)
    assert found.coupons == (TakenOff("POST", Kind.FREE_SHIPPING, 395),)


def test_several_are_applied_one_after_the_other() -> None:
    both = percent(combinable=True), amount(combinable=True)
    assert [x.discount_minor for x in quoted(*both).coupons] == [133, 500]
    assert [x.discount_minor for x in quoted(*reversed(both)).coupons] == [500, 83]


def test_of_those_that_do_not_combine_the_first_counts_and_the_others_say_why() -> None:
    found = quoted(percent(), amount(combinable=True), free(combinable=True))
    assert found.shown_coupons() == (
        ShownCoupon("SPRING", Money(133, "GBP")),
        ShownCoupon("FIVER", Money(0, "GBP"), Reason.NOT_COMBINABLE),
        ShownCoupon("POST", Money(0, "GBP"), Reason.NOT_COMBINABLE),
    )


@pytest.mark.parametrize(
    ("coupon", "why"),
    [
        (percent(starts_at=NOW + HOUR), Reason.NOT_YET),
        (percent(ends_at=NOW), Reason.ENDED),
        (percent(active=False), Reason.ENDED),
        (percent(subtotal_min_minor=1_334), Reason.TOO_LITTLE),
        (Coupon(code="EURO", kind=Kind.FREE_SHIPPING, currency="EUR"), Reason.UNKNOWN),
    ],
)
def test_one_that_cannot_be_used_takes_off_nothing(coupon: Coupon, why: Reason) -> None:
    found = quoted(coupon)
    assert (found.discount_minor, found.shipping_minor, found.refused) == (0, 395, {coupon.code: why})


def test_it_is_good_from_its_first_moment_until_its_last_and_from_its_least_subtotal_on() -> None:
    good = percent(starts_at=NOW, ends_at=NOW + HOUR, subtotal_min_minor=1_333)
    assert quoted(good).refused == {}


def test_codes_that_nobody_knows_or_may_use_any_more_are_named() -> None:
    known = entered(percent(), used_up=("SPRING",))
    assert known.apply_to(1_000, "GBP") == ([], {"SPRING": Reason.USED_UP})
    assert Entered(("NONE",), {}, (), NOW).apply_to(1, "GBP") == ([], {"NONE": Reason.UNKNOWN})


def test_every_reason_is_told_in_words_of_its_own() -> None:
    told = {str(CouponRefused(coupon="SPRING", reason=reason)) for reason in Reason}
    assert len(told) == len(Reason)
    assert str(CouponRefused(coupon="SPRING", reason="of no kind")) not in told


def test_a_code_is_typed_as_one_likes() -> None:
    assert plain("Spring") == "SPRING"


SHARES = st.integers(1, 10_000).map(lambda bp: percent(f"P{bp}X", bp, combinable=True))
AMOUNTS = st.integers(1, 10**8).map(lambda minor: amount(f"A{minor}X", minor, combinable=True))


@given(
    prices=st.lists(st.integers(0, 10**7), min_size=1, max_size=8),
    discounts=st.lists(st.one_of(SHARES, AMOUNTS)),
    inclusive=st.booleans(),
)
def test_the_parts_add_up_whatever_is_taken_off(
    prices: list[int], discounts: list[Coupon], inclusive: bool
) -> None:
    found = quoted(*discounts, prices=tuple(prices), inclusive=inclusive)
    assert found.discount_minor == sum(x.discount_minor for x in found.lines)
    assert found.discount_minor == sum(x.discount_minor for x in found.coupons)
    assert all(0 <= x.discount_minor <= x.total_minor for x in found.lines)
    on_top = 0 if inclusive else found.tax_minor
    assert found.total_minor == found.subtotal_minor - found.discount_minor + 395 + on_top


def use(order_id: str, *codes: str, buyers: tuple[str, ...] = (), replaced: tuple[str, ...] = ()) -> Use:
    return Use(order_id, tuple(TakenOff(code, Kind.PERCENT, 1) for code in codes), buyers, replaced)


def reasons(refused: dict[str, CouponRefused]) -> dict[str, tuple[str, str]]:
    return {order_id: (problem.coupon, problem.reason) for order_id, problem in refused.items()}


def test_the_last_use_goes_to_who_comes_first() -> None:
    counted = Counted([LockedUses("A", 4, 5, None), LockedUses("B", 9, None, None)])
    found = counted.refusals([use("1", "A", "B"), use("2", "B", "A"), use("3", "B")])
    assert reasons(found) == {"2": ("A", Reason.USED_UP)}


def test_one_buyer_has_so_many_by_whatever_name() -> None:
    counted = Counted([LockedUses("A", 1, None, 2)], [UsedBy("A", "ada", "0")])
    found = counted.refusals(
        [
            use("1", "A", buyers=("usr_1", "ada")),
            use("2", "A", buyers=("usr_1",)),
            use("3", "A", buyers=("eve",)),
            use("4", "A", buyers=("ada",)),
            use("5", "A"),
        ]
    )
    assert reasons(found) == {"4": ("A", Reason.USED_BEFORE)}


def test_what_an_order_replaces_is_free_for_it_and_for_nobody_else() -> None:
    counted = Counted([LockedUses("A", 5, 5, 1)], [UsedBy("A", "ada", "0")], [UsedIn("A", "0")])
    assert reasons(counted.refusals([use("1", "A", buyers=("eve",))])) == {"1": ("A", Reason.USED_UP)}
    taking_over = use("2", "A", buyers=("ada",), replaced=("0",))
    assert reasons(counted.refusals([taking_over, use("3", "A")])) == {"3": ("A", Reason.USED_UP)}
    letting_go = use("4", replaced=("0",))
    assert reasons(counted.refusals([letting_go, use("5", "A"), use("6", "A")])) == {
        "6": ("A", Reason.USED_UP)
    }

"""Money that comes after its units were let go: the goods, or the money back, or a person who decides."""

from datetime import UTC, datetime, timedelta

import pytest

from holdfast import clock
from tests.house import Json, Shop
from tests.stories.money import (
    control,
    events,
    id_of,
    intents,
    lines,
    matters,
    placed_ago,
    receive,
    refunds,
    resolve,
    rest,
    sums,
)

pytestmark = pytest.mark.anyio


async def expired(shop: Shop, units: int) -> Json:
    """An order that was not paid in time; its units are on the shelf again."""
    placed = await placed_ago(shop, {"MUG": units}, minutes=20)
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "expired"
    return placed


async def pays_late(shop: Shop, placed: Json) -> None:
    """The bank collects although nobody expected it any more."""
    (intent,) = await intents(shop, placed)
    await control(shop, f"payments/{intent['id']}/late_success")
    await rest(shop)


async def sold_meanwhile(shop: Shop, units: int) -> Json:
    placed = await shop.placed({"MUG": units})
    await shop.pay(placed)
    return placed


async def owed(shop: Shop, placed: Json) -> int:
    found: int = (await shop.order(id_of(placed)))["answer"]["order"]["lines"][0]["owed"]
    return found


async def test_units_that_are_still_there_are_taken_again(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    placed = await expired(shop, 3)
    await pays_late(shop, placed)
    assert await events(shop, placed) == ["placed", "payment_failed", "hold_expired", "paid"]
    assert (await lines(shop), await shop.available("MUG")) == ([("committed", 3)], 0)


async def test_money_for_units_that_died_and_were_not_swept_is_not_late(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    placed = await placed_ago(shop, {"MUG": 3}, minutes=20)
    await shop.pay(placed)
    assert await lines(shop) == [("committed", 3)]


async def test_when_units_are_gone_the_money_goes_back_at_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    placed = await expired(shop, 3)
    other = await sold_meanwhile(shop, 1)
    await pays_late(shop, placed)
    assert (await events(shop, placed))[-1] == "money_too_late"
    assert await shop.state(id_of(placed)) == "cancelled"
    assert (await sums(shop, placed), await refunds(shop)) == ((3_000, 3_000), [("succeeded", 3_000)])
    assert (await matters(shop))["late_money_refunded"]["detail"] == {"missing": {"MUG": 1}}
    assert (await shop.state(id_of(other)), await shop.available("MUG")) == ("paid", 2)


async def test_a_shop_may_owe_the_units_instead_until_they_arrive(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await shop.rules(late_money="owe")
    placed = await expired(shop, 3)
    await sold_meanwhile(shop, 3)
    await pays_late(shop, placed)
    assert (await shop.state(id_of(placed)), await owed(shop, placed)) == ("awaiting_stock", 3)
    assert "late_money_owed" in await matters(shop)
    assert await refunds(shop) == []
    await receive(shop, "MUG", 3)
    assert (await shop.state(id_of(placed)), await owed(shop, placed)) == ("paid", 0)
    assert (await events(shop, placed))[-2:] == ["stock_owed", "stock_arrived"]
    assert await shop.available("MUG") == 0


async def test_what_is_there_is_taken_and_only_the_rest_is_owed(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await shop.rules(late_money="owe")
    placed = await expired(shop, 3)
    await sold_meanwhile(shop, 2)
    await pays_late(shop, placed)
    assert (await owed(shop, placed), await shop.available("MUG")) == (2, 0)
    assert ("committed", 1) in await lines(shop)
    await receive(shop, "MUG", 1)
    assert (await shop.state(id_of(placed)), await owed(shop, placed)) == ("awaiting_stock", 1)
    await receive(shop, "MUG", 4)
    assert (await shop.state(id_of(placed)), await owed(shop, placed)) == ("paid", 0)
    assert await shop.available("MUG") == 3


async def test_who_has_waited_longest_gets_the_first_units(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await shop.rules(late_money="owe")
    first, second = await expired(shop, 1), await expired(shop, 2)
    await sold_meanwhile(shop, 3)
    await pays_late(shop, second)
    await pays_late(shop, first)
    await receive(shop, "MUG", 1)
    assert (await shop.state(id_of(first)), await owed(shop, second)) == ("paid", 2)
    await receive(shop, "MUG", 2)
    assert await shop.state(id_of(second)) == "paid"


async def test_units_that_another_order_gives_back_go_to_who_is_owed_them(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await shop.rules(late_money="owe")
    placed = await expired(shop, 3)
    other = await sold_meanwhile(shop, 3)
    await pays_late(shop, placed)
    await shop.as_staff("POST", f"/admin/orders/{id_of(other)}/cancel", {"reason": "asked for"})
    await shop.sweep()
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("paid", 0)


async def test_an_order_that_is_owed_something_can_be_cancelled(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await shop.rules(late_money="owe")
    placed = await expired(shop, 3)
    await sold_meanwhile(shop, 2)
    await pays_late(shop, placed)
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/cancel", {"reason": "asked for"})
    await rest(shop)
    assert (await sums(shop, placed), await shop.available("MUG")) == ((3_000, 3_000), 1)
    await receive(shop, "MUG", 5)
    assert await shop.available("MUG") == 6


async def undecided(shop: Shop) -> Json:
    """A paid order of three units of which one is there, and about which a person is asked."""
    await shop.stocked({"MUG": 3})
    await shop.rules(late_money="ask")
    placed = await expired(shop, 3)
    await sold_meanwhile(shop, 2)
    await pays_late(shop, placed)
    assert await shop.state(id_of(placed)) == "awaiting_stock"
    assert (await matters(shop))["late_money_undecided"]["detail"] == {"missing": {"MUG": 2}}
    assert (await owed(shop, placed), await shop.available("MUG"), await refunds(shop)) == (0, 1, [])
    return placed


async def test_a_person_who_is_asked_may_owe_the_units(shop: Shop) -> None:
    placed = await undecided(shop)
    await resolve(shop, "late_money_undecided", "owe")
    assert (await owed(shop, placed), await shop.available("MUG")) == (2, 0)
    await receive(shop, "MUG", 2)
    assert await shop.state(id_of(placed)) == "paid"
    assert await matters(shop) == {}


async def test_a_person_who_is_asked_may_give_the_money_back(shop: Shop) -> None:
    placed = await undecided(shop)
    await resolve(shop, "late_money_undecided", "refund")
    await rest(shop)
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("cancelled", 1)
    assert await sums(shop, placed) == (3_000, 3_000)


async def test_when_the_units_are_back_before_the_person_decides_the_order_is_paid(shop: Shop) -> None:
    placed = await undecided(shop)
    await receive(shop, "MUG", 2)
    assert await shop.state(id_of(placed)) == "awaiting_stock"
    await resolve(shop, "late_money_undecided", "owe")
    assert (await shop.state(id_of(placed)), await owed(shop, placed)) == ("paid", 0)


async def test_when_the_order_is_cancelled_nobody_is_asked_any_more(shop: Shop) -> None:
    placed = await undecided(shop)
    matter = (await matters(shop))["late_money_undecided"]
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/cancel", {"reason": "asked for"})
    await rest(shop)
    assert await matters(shop) == {}
    too_late = await shop.call(
        "POST", f"/admin/attention/{matter['id']}/resolve", {"step": "owe"}, **shop.staff
    )
    assert (too_late.status_code, too_late.json()["code"]) == (409, "already_resolved")
    assert (await sums(shop, placed), await shop.available("MUG")) == ((3_000, 3_000), 1)


@pytest.mark.parametrize("policy", ["refund", "owe", "ask"])
async def test_money_for_an_order_that_a_person_cancelled_always_goes_back(shop: Shop, policy: str) -> None:
    await shop.stocked({"MUG": 3})
    await shop.rules(late_money=policy)
    placed = await shop.placed({"MUG": 3})
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/cancel", {"reason": "asked for"})
    await rest(shop)
    await pays_late(shop, placed)
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("cancelled", 3)
    assert (await sums(shop, placed), await refunds(shop)) == ((3_000, 3_000), [("succeeded", 3_000)])


async def test_a_late_payment_of_two_lines_of_one_sku_owes_them_together(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await shop.rules(late_money="owe")
    body = shop.order_body({"MUG": 2})
    body["lines"].append({"sku": "MUG", "quantity": 1})
    clock.stop(datetime.now(UTC) - timedelta(minutes=20))
    placed = (await shop.call("POST", "/orders", body)).json()
    clock.go()
    await shop.sweep()
    await sold_meanwhile(shop, 2)
    await pays_late(shop, placed)
    found = (await shop.order(id_of(placed)))["answer"]["order"]["lines"]
    assert sum(line["owed"] for line in found) == 2
    await receive(shop, "MUG", 2)
    assert await shop.state(id_of(placed)) == "paid"

"""Stock-takes, write-offs and returns: what was found against what the books say, and who is short by it."""

from datetime import timedelta

import pytest

from holdfast import clock
from holdfast.db.transaction import transaction
from holdfast.errors.shelf import UnknownSku
from holdfast.stock.movements import Returned, restock
from tests.api.answers import refused, rows
from tests.house import Shop
from tests.stories.stock import (
    counted,
    counters,
    movements,
    paid_in_cash,
    pass_by,
    received,
    short,
    upload,
)

pytestmark = pytest.mark.anyio


async def test_a_count_turns_differences_into_movements_and_remembers_that_somebody_looked(
    shop: Shop,
) -> None:
    await shop.stocked({"CUP": 5, "JUG": 5, "MUG": 5})
    lines = [{"sku": sku, "counted": n} for sku, n in {"MUG": 3, "JUG": 7, "CUP": 5}.items()]
    done = await shop.as_staff("POST", "/admin/stock/counts", {"lines": lines, "reason": "yearly"})
    assert [(x["sku"], x["booked"], x["difference"], x["on_hand"]) for x in done["lines"]] == [
        ("MUG", 5, -2, 3),
        ("JUG", 5, 2, 7),
        ("CUP", 5, 0, 5),
    ]
    assert await movements(shop, "MUG") == [("main", "received", 5), ("main", "adjusted", -2)]
    assert await movements(shop, "CUP") == [("main", "received", 5)]
    assert await shop.count("stock_count_lines") == 3
    assert [await shop.available(sku) for sku in ("MUG", "JUG", "CUP")] == [3, 7, 5]


async def test_the_same_request_twice_counts_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    body = {"lines": [{"sku": "MUG", "counted": 3}], "reason": "yearly"}
    key = {"Idempotency_Key": "the-key-of-the-count", **shop.staff}
    first = await shop.call("POST", "/admin/stock/counts", body, **key)
    again = await shop.call("POST", "/admin/stock/counts", body, **key)
    assert (first.content, again.headers["Idempotent-Replayed"]) == (again.content, "true")
    assert await counters(shop) == (3, 0, 0, 0)


async def test_what_is_sold_between_counting_and_entering_lies_there_and_does_not_matter(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    moment = pass_by(hours=1)
    pass_by(hours=1)
    await paid_in_cash(shop, {"MUG": 2})
    done = await counted(shop, 5, counted_at=moment.isoformat())
    assert done.json()["lines"][0]["difference"] == 0
    assert await counters(shop) == (5, 0, 2, 0)


async def test_what_came_and_left_between_counting_and_entering_is_not_counted_twice(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    moment = pass_by(hours=1)
    pass_by(hours=1)
    await received(shop, 10)
    gone = {"lines": [{"sku": "MUG", "quantity": 3}], "reason": "water damage"}
    await shop.as_staff("POST", "/admin/stock/write-off", gone)
    done = await counted(shop, 4, counted_at=moment.isoformat())
    (line,) = done.json()["lines"]
    assert (line["booked"], line["difference"], line["on_hand"]) == (5, -1, 11)
    assert await counters(shop) == (11, 0, 0, 0)


async def test_a_later_count_is_compared_with_what_an_earlier_one_found_however_late_that_was_entered(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 10})
    morning = pass_by(hours=1)
    noon = pass_by(hours=3)
    pass_by(hours=1)
    assert (await counted(shop, 8, counted_at=morning.isoformat())).status_code == 201
    pass_by(hours=1)
    done = await counted(shop, 8, counted_at=noon.isoformat())
    assert done.json()["lines"][0]["difference"] == 0
    assert await counters(shop) == (8, 0, 0, 0)


async def test_a_count_that_a_newer_one_has_overtaken_is_refused_and_so_is_the_same_one_again(
    shop: Shop,
) -> None:
    await shop.stocked({"JUG": 5, "MUG": 5})
    early = pass_by(hours=1)
    late = pass_by(hours=1)
    await counted(shop, 3, counted_at=late.isoformat())
    before = await rows(shop)
    for moment in (early, late):
        lines = [{"sku": sku, "counted": 2} for sku in ("JUG", "MUG")]
        body = {"lines": lines, "reason": "again", "counted_at": moment.isoformat()}
        answer = await shop.call("POST", "/admin/stock/counts", body, **shop.staff)
        found = refused(answer, 409, "count_refused")
        assert [(x["line"], x["sku"]) for x in found["lines"]] == [(1, "MUG")]
    assert await rows(shop) == before
    assert await counters(shop, "JUG") == (5, 0, 0, 0)


async def test_a_count_of_which_more_has_left_since_contradicts_itself(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    moment = pass_by(hours=1)
    pass_by(hours=1)
    gone = {"lines": [{"sku": "MUG", "quantity": -4}], "reason": "given away"}
    await shop.as_staff("POST", "/admin/stock/adjust", gone)
    refused(await counted(shop, 3, counted_at=moment.isoformat()), 409, "count_refused")
    assert await counters(shop) == (1, 0, 0, 0)


async def test_a_count_is_of_the_past_and_names_a_place_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    before = await rows(shop)
    for moment in (clock.now() + timedelta(hours=1), clock.now() - timedelta(days=32)):
        answer = await counted(shop, 5, counted_at=moment.isoformat())
        refused(answer, 422, "field_invalid", "lines[0].counted_at")
    twice = {"lines": [{"sku": "MUG", "counted": 1}] * 2, "reason": "x"}
    answer = await shop.call("POST", "/admin/stock/counts", twice, **shop.staff)
    refused(answer, 422, "field_invalid", "lines[1]")
    refused(await counted(shop, 1, sku="NOTHING"), 404, "unknown_sku")
    assert await rows(shop) == before


async def test_a_count_that_finds_less_than_is_promised_takes_nothing_from_anybody_and_names_who_is_short(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 5})
    sold = await paid_in_cash(shop, {"MUG": 2})
    held = (await shop.placed({"MUG": 2}, "cash_on_delivery"))["order"]["id"]
    assert (await counted(shop, 3)).status_code == 201
    assert await counters(shop) == (3, 2, 2, 1)
    assert await short(shop) == [{"sku": "MUG", "location": "main", "units": 1, "orders": [held], "more": 0}]
    assert (await shop.place({"MUG": 1}, "cash_on_delivery")).status_code == 409
    await shop.as_staff("POST", f"/admin/orders/{held}/confirm-cash")
    assert [await shop.state(order_id) for order_id in (sold, held)] == ["confirmed"] * 2
    assert await counters(shop) == (3, 0, 4, 1)


async def test_a_second_count_replaces_the_matter_and_goods_that_arrive_end_it(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    orders = [await paid_in_cash(shop, {"MUG": 2}) for _ in range(2)]
    await counted(shop, 3)
    await counted(shop, 1)
    assert await short(shop) == [{"sku": "MUG", "location": "main", "units": 3, "orders": orders, "more": 0}]
    await received(shop, 2)
    assert (await counters(shop), len(await short(shop))) == ((3, 0, 4, 1), 1)
    await received(shop, 2)
    assert (await counters(shop), await short(shop)) == ((5, 0, 4, 0), [])
    steps = await shop.fetch("SELECT step FROM attention WHERE kind = 'stock_short' ORDER BY id")
    assert [row["step"] for row in steps] == ["counted_again", "covered"]
    assert await shop.available("MUG") == 1


async def test_a_hold_that_is_over_is_not_short(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await shop.placed({"MUG": 2}, "cash_on_delivery")
    pass_by(hours=73)
    await counted(shop, 0)
    assert (await counters(shop), await short(shop)) == ((0, 0, 0, 0), [])


async def test_who_holds_units_that_were_not_found_may_try_to_pay_again(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2})
    await counted(shop, 1)
    assert await counters(shop) == (1, 2, 0, 1)
    path = f"/orders/{placed['order']['id']}/pay"
    token = {"X_Holdfast_Token": placed["token"]}
    again = await shop.call("POST", path, {"payment_method": "cash_on_delivery"}, **token)
    assert again.status_code == 200, again.text
    assert await counters(shop) == (1, 2, 0, 1)


async def test_a_write_off_takes_what_is_promised_but_not_what_is_not_there(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    sold = await paid_in_cash(shop, {"MUG": 4})
    more = {"lines": [{"sku": "MUG", "quantity": 6}], "reason": "fire"}
    answer = await shop.call("POST", "/admin/stock/write-off", more, **shop.staff)
    found = refused(answer, 409, "out_of_stock")
    assert found["lines"] == [{"sku": "MUG", "requested": 6, "available": 5}]
    assert await counters(shop) == (5, 0, 4, 0)
    await shop.as_staff(
        "POST", "/admin/stock/write-off", {"lines": [{"sku": "MUG", "quantity": 3}]} | {"reason": "fire"}
    )
    assert await counters(shop) == (2, 0, 4, 2)
    assert [x["orders"] for x in await short(shop)] == [[sold]]
    assert (await movements(shop))[-1] == ("main", "written_off", -3)


async def test_an_adjustment_still_takes_nothing_that_is_promised(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await paid_in_cash(shop, {"MUG": 4})
    body = {"lines": [{"sku": "MUG", "quantity": -2}], "reason": "typo"}
    refused(await shop.call("POST", "/admin/stock/adjust", body, **shop.staff), 409, "out_of_stock")
    assert await counters(shop) == (5, 0, 4, 0)


async def test_what_comes_back_is_sold_again_or_written_off(shop: Shop) -> None:
    await shop.stocked({"JUG": 1, "MUG": 1})
    returned = [Returned("MUG", "main", 2), Returned("JUG", "main", 3, fit=False)]

    async def come_back(lines: list[Returned]) -> None:
        await transaction(
            shop.database,
            lambda tx: restock(
                tx, returned=lines, subject="ret_1", reason="regretted", actor="staff", at=clock.now()
            ),
        )

    await come_back(returned)
    assert (await movements(shop, "MUG"))[1:] == [("main", "returned", 2)]
    assert (await movements(shop, "JUG"))[1:] == [("main", "returned", 3), ("main", "written_off", -3)]
    assert [await shop.available(sku) for sku in ("MUG", "JUG")] == [3, 1]
    before = await rows(shop)
    with pytest.raises(UnknownSku):
        await come_back([Returned("MUG", "main", 1), Returned("MUG", "nowhere", 1)])
    assert await rows(shop) == before


async def test_a_count_may_come_as_a_file_whose_wrong_lines_are_named(shop: Shop) -> None:
    await shop.stocked({"JUG": 5, "MUG": 5})
    wrong = "sku,location,counted\nMUG,main,3\nNOTHING,main,1\nJUG,nowhere,1\nJUG,main,-1\n\nMUG,main,4\n"
    before = await rows(shop)
    found = refused(await upload(shop, "/admin/stock/counts/file", wrong), 422, "stock_file_invalid")
    assert [(x["line"], x["column"]) for x in found["lines"]] == [
        (3, "sku"),
        (4, "location"),
        (5, "counted"),
        (7, "sku"),
    ]
    assert await rows(shop) == before
    right = "sku;location;counted\nMUG;main;3\nJUG;;6\n"
    done = await upload(shop, "/admin/stock/counts/file?reason=yearly", right)
    assert [x["difference"] for x in done.json()["lines"]] == [-2, 1]
    assert [await shop.available(sku) for sku in ("MUG", "JUG")] == [3, 6]

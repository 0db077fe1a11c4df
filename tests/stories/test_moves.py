"""Staff move orders by events: what the table allows, one at a time or hundreds, and nothing else."""

import pytest

from tests.api.answers import refused, rows
from tests.house import Json, Shop
from tests.stories.money import id_of, rest

pytestmark = pytest.mark.anyio

COD = "cash_on_delivery"


async def paid(shop: Shop, lines: dict[str, int]) -> str:
    placed = await shop.placed(lines)
    await shop.pay(placed)
    return id_of(placed)


async def moved(shop: Shop, order_id: str, event: str, **more: object) -> Json:
    return await shop.as_staff("POST", f"/admin/orders/{order_id}/moves", {"event": event, **more})


async def bulk(shop: Shop, order_ids: list[str], event: str, **more: object) -> Json:
    return await shop.as_staff(
        "POST", "/admin/orders/moves", {"order_ids": order_ids, "event": event, **more}
    )


async def test_an_order_goes_all_the_way_and_its_history_tells_who_when_and_why(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    order_id = await paid(shop, {"MUG": 2})
    steps = {
        "confirmed": "confirmed",
        "processing_started": "processing",
        "marked_ready": "ready_for_shipment",
        "shipped": "shipped",
        "in_transit": "in_transit",
        "delivered": "delivered",
        "archived": "archived",
    }
    for event, state in steps.items():
        answer = await moved(shop, order_id, event, reason=f"why {event}", note="and more")
        assert (answer["order"]["state"], answer["order"]["status"]) == (state, state)
    told = (await shop.order(order_id))["timeline"][-len(steps) :]
    staff = (await shop.fetch("SELECT id FROM users"))[0]["id"]
    assert [(e["event"], e["to_state"]) for e in told] == list(steps.items())
    assert {e["actor"] for e in told} == {staff}
    assert [e["reason"] for e in told] == [f"why {event}" for event in steps]
    assert {e["note"] for e in told} == {"and more"}
    audited = await shop.fetch("SELECT action FROM audit WHERE subject = $1 ORDER BY id", order_id)
    assert [row["action"] for row in audited] == [f"order_{event}" for event in steps]


async def test_what_is_not_in_the_table_is_refused_with_what_would_be_possible(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    order_id = await paid(shop, {"MUG": 2})
    await rest(shop)
    before = await rows(shop)
    path = f"/admin/orders/{order_id}/moves"
    found = refused(await shop.call("POST", path, {"event": "delivered"}, **shop.staff), 409, "move_refused")
    assert (found["state"], found["possible"]) == ("paid", ["confirmed", "shipped", "cancelled"])
    for event in ("paid", "cancelled", "refused_at_door", "lost"):
        refused(await shop.call("POST", path, {"event": event}, **shop.staff), 422, "field_invalid", "event")
    nobody = "/admin/orders/ord_00000000000000000000000000/moves"
    refused(await shop.call("POST", nobody, {"event": "confirmed"}, **shop.staff), 404, "not_found")
    assert await rows(shop) == before
    assert await shop.state(order_id) == "paid"


async def test_nobody_confirms_an_order_that_is_not_paid(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    order_id = id_of(await shop.placed({"MUG": 2}))
    path = f"/admin/orders/{order_id}/moves"
    answer = await shop.call("POST", path, {"event": "confirmed"}, **shop.staff)
    assert "confirmed" not in refused(answer, 409, "move_refused")["possible"]
    refused(await shop.call("POST", path, {"event": "shipped"}, **shop.staff), 409, "move_refused")
    assert await shop.state(order_id) == "pending_payment"


async def test_many_orders_move_in_one_answer_and_each_tells_its_own(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    ready = [await paid(shop, {"MUG": 1}) for _ in range(3)]
    cash = id_of(await shop.placed({"MUG": 1}, COD))
    unpaid = id_of(await shop.placed({"MUG": 1}))
    missing = "ord_00000000000000000000000000"
    answer = await bulk(shop, [*ready, unpaid, cash, missing, ready[0]], "confirmed", reason="monday")
    assert answer["moved"] == 4
    found = {x["order_id"]: x for x in answer["results"]}
    assert list(found) == [*ready, unpaid, cash, missing]
    assert {found[o]["state"] for o in (*ready, cash)} == {"confirmed"}
    assert found[unpaid]["problem"]["code"] == "move_refused"
    assert found[missing]["problem"]["code"] == "not_found"
    assert (await shop.order(cash))["timeline"][-1]["reason"] == "monday"
    assert await shop.fetch("SELECT on_hand, committed, held FROM stock") == [(9, 4, 1)]
    audited = await shop.fetch("SELECT subject, detail FROM audit WHERE action = 'order_confirmed'")
    assert audited[0]["subject"] == "4 orders"
    assert set(audited[0]["detail"]["order_ids"]) == {*ready, cash}


async def test_cash_orders_whose_units_are_gone_harm_no_other(shop: Shop) -> None:
    await shop.stocked({"MUG": 2, "CUP": 2})
    await shop.rules(hold_minutes={COD: 1}, unpaid_limit_hours=24 * 7)
    gone, kept = [id_of(await shop.placed({sku: 2}, COD)) for sku in ("MUG", "CUP")]
    await shop.database.pool.execute("UPDATE hold_lines SET drops_at = now() - interval '1 hour'")
    await shop.database.pool.execute("UPDATE holds SET expires_at = now() - interval '1 hour'")
    await paid(shop, {"MUG": 1})
    answer = await bulk(shop, [gone, kept], "confirmed")
    one, other = answer["results"]
    assert (one["problem"]["code"], one["problem"]["lines"][0]["available"]) == ("out_of_stock", 1)
    assert (other["state"], other["problem"]) == ("confirmed", None)
    assert await shop.state(kept) == "confirmed"


async def test_a_double_click_moves_once_and_another_key_is_told_so(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    order_ids = [await paid(shop, {"MUG": 1}) for _ in range(2)]
    body = {"order_ids": order_ids, "event": "shipped"}
    key = {"Idempotency_Key": "key-of-a-double-click", **shop.staff}
    first = await shop.call("POST", "/admin/orders/moves", body, **key)
    again = await shop.call("POST", "/admin/orders/moves", body, **key)
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await bulk(shop, order_ids, "shipped")
    assert (other["moved"], {x["problem"]["code"] for x in other["results"]}) == (0, {"move_refused"})
    assert await shop.count("shipments") == 2
    assert await shop.fetch("SELECT on_hand, committed FROM stock") == [(7, 0)]


async def test_so_many_orders_are_too_many(shop: Shop) -> None:
    body = {"order_ids": [f"ord_{n}" for n in range(501)], "event": "confirmed"}
    answer = await shop.call("POST", "/admin/orders/moves", body, **shop.staff)
    refused(answer, 422, "field_invalid", "order_ids")

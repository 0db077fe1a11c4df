"""What a person must look at: shown once, decided once, by somebody who may."""

import asyncio

import pytest

from tests.house import Json, Shop
from tests.stories.money import events, id_of, intents, matters, refunds, resolve, rest, sums, tell

pytestmark = pytest.mark.anyio


async def cheaply_paid(shop: Shop, *, times: int = 1) -> list[Json]:
    """Orders of which a part was paid, each with its matter."""
    await shop.stocked({"MUG": 9})
    orders = [await shop.placed({"MUG": 1}) for _ in range(times)]
    await shop.fault("wrong_amount", amount=1, count=times)
    for placed in orders:
        await shop.at_bank(placed, "pay")
    await rest(shop)
    return orders


async def step(shop: Shop, matter_id: str, wanted: str, **headers: str) -> tuple[int, Json]:
    headers = headers or shop.staff
    answer = await shop.call("POST", f"/admin/attention/{matter_id}/resolve", {"step": wanted}, **headers)
    return answer.status_code, answer.json()


async def test_a_matter_names_what_it_is_about_and_what_can_be_done(shop: Shop) -> None:
    (placed,) = await cheaply_paid(shop)
    (row,) = (await shop.as_staff("GET", "/admin/attention"))["data"]
    assert row["steps"] == ["seen"]
    assert row["matter"]["kind"] == "amount_differs"
    assert row["matter"]["detail"] == {"order_id": id_of(placed), "asked_minor": 1_000, "captured_minor": 1}


async def test_matters_come_in_pages_oldest_first(shop: Shop) -> None:
    orders = await cheaply_paid(shop, times=3)
    first = await shop.as_staff("GET", "/admin/attention?limit=2")
    rest_of_them = await shop.as_staff("GET", f"/admin/attention?limit=2&cursor={first['next_cursor']}")
    assert rest_of_them["next_cursor"] is None
    shown = [row["matter"]["detail"]["order_id"] for row in first["data"] + rest_of_them["data"]]
    assert sorted(shown) == sorted(id_of(placed) for placed in orders)


async def test_the_same_trouble_is_shown_once_while_it_is_open(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (intent,) = await intents(shop, placed)
    foreign = intent | {"status": "succeeded", "amount_received": 1_000, "currency": "usd"}
    for _ in range(3):
        await tell(shop, "payment_intent.succeeded", foreign)
    assert await shop.count("attention") == 1
    await resolve(shop, "payment_mismatch", "seen")
    await tell(shop, "payment_intent.succeeded", foreign)
    assert (await shop.count("attention"), len(await matters(shop))) == (2, 1)


async def test_a_matter_is_decided_once(shop: Shop) -> None:
    await cheaply_paid(shop)
    matter = (await matters(shop))["amount_differs"]
    assert (await step(shop, matter["id"], "seen"))[0] == 200
    assert await matters(shop) == {}
    status, problem = await step(shop, matter["id"], "seen")
    assert (status, problem["code"]) == (409, "already_resolved")


async def test_two_people_who_decide_at_once_decide_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    await shop.fault("refund_fails", ms=0)
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund", {})
    await rest(shop)
    matter = (await matters(shop))["refund_failed"]
    answers = await asyncio.gather(*(step(shop, matter["id"], "try_again") for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409]
    await rest(shop)
    assert await refunds(shop) == [("failed", 2_000), ("succeeded", 2_000)]


async def test_a_step_that_does_not_fit_is_refused_and_the_matter_stays(shop: Shop) -> None:
    (placed,) = await cheaply_paid(shop)
    matter = (await matters(shop))["amount_differs"]
    status, problem = await step(shop, matter["id"], "refund")
    assert (status, problem["code"], problem["field"]) == (422, "field_invalid", "step")
    assert "amount_differs" in await matters(shop)
    assert (await events(shop, placed), await sums(shop, placed)) == (["placed"], (1, 0))


async def test_a_refund_that_cannot_be_tried_again_leaves_its_matter_open(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    await shop.fault("refund_fails", ms=0)
    path = f"/admin/orders/{id_of(placed)}/refund"
    await shop.as_staff("POST", path, {})
    await rest(shop)
    await shop.as_staff("POST", path, {})  # somebody else has asked for it anew
    await rest(shop)
    matter = (await matters(shop))["refund_failed"]
    status, problem = await step(shop, matter["id"], "try_again")
    assert (status, problem["code"]) == (409, "refund_too_large")
    assert "refund_failed" in await matters(shop)
    assert await refunds(shop) == [("failed", 2_000), ("succeeded", 2_000)]


async def test_a_matter_that_does_not_exist_is_not_found(shop: Shop) -> None:
    assert (await step(shop, "mat_01K00000000000000000000000", "seen"))[0] == 404


async def test_a_buyer_sees_and_decides_nothing(shop: Shop) -> None:
    await cheaply_paid(shop)
    matter = (await matters(shop))["amount_differs"]
    assert (await shop.call("GET", "/admin/attention")).status_code == 401
    answer = await shop.call("POST", f"/admin/attention/{matter['id']}/resolve", {"step": "seen"})
    assert answer.status_code == 401
    assert "amount_differs" in await matters(shop)


async def test_who_decided_is_written_down(shop: Shop) -> None:
    await cheaply_paid(shop)
    await resolve(shop, "amount_differs", "seen")
    (row,) = await shop.fetch("SELECT resolved_by, step FROM attention")
    (audited,) = await shop.fetch("SELECT actor FROM audit WHERE action = 'resolve_seen'")
    assert (row["resolved_by"], row["step"]) == (audited["actor"], "seen")


async def test_an_open_matter_shows_the_latest_of_what_was_said(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (intent,) = await intents(shop, placed)
    dispute = {"object": "dispute", "id": "dp_1", "amount": 1_000, "currency": "gbp"}
    dispute |= {"payment_intent": intent["id"]}
    for due_by in (1_900_000_000, 1_900_086_400):
        evidence = {"evidence_details": {"due_by": due_by}}
        await tell(shop, "charge.dispute.updated", dispute | evidence | {"status": "needs_response"})
    assert (await matters(shop))["dispute_opened"]["detail"]["due_at"] == "2030-03-18T17:46:40+00:00"
    assert await shop.count("attention") == 1
    await tell(shop, "charge.dispute.updated", dispute | {"status": "lost"})
    assert list(await matters(shop)) == ["dispute_lost"]

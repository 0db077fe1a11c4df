"""Staff give some of the money back: units, shipping, an amount; large sums need a second person."""

from typing import Any

import httpx
import pytest

from holdfast.accounts.roles import Role
from holdfast.cli.people import make_key
from tests.house import Json, Shop
from tests.stories.money import (
    cancel,
    id_of,
    lines,
    matters,
    payment,
    refunds,
    rest,
    sums,
    transferred,
)

pytestmark = pytest.mark.anyio


async def paid(shop: Shop) -> Json:
    """A paid order of 3 mugs at 10.01 with delivery, taxed on top."""
    await shop.rules(tax_inclusive=False, tax_rate_bp=1_750)
    await shop.stocked({"MUG": 5}, 1_001)
    placed = await shop.placed({"MUG": 3}, shipping_option="standard")
    await shop.pay(placed)
    return placed


async def give_back(shop: Shop, placed: Json, **body: Any) -> httpx.Response:
    return await shop.call("POST", f"/admin/orders/{id_of(placed)}/refund", body, **shop.staff)


async def line_of(shop: Shop, placed: Json) -> Json:
    found: Json = (await shop.order(id_of(placed)))["answer"]["order"]["lines"][0]
    return found


def units(quantity: int, **more: object) -> list[Json]:
    return [{"position": 1, "quantity": quantity, **more}]


def money(amount: int) -> Json:
    return {"amount": amount, "currency": "GBP"}


async def test_any_portions_give_back_what_was_paid_to_the_penny(shop: Shop) -> None:
    placed = await paid(shop)
    total = placed["order"]["total"]["amount"]
    assert total == 3_003 + 395 + 595
    for body in ({"lines": units(1)}, {"shipping": money(100)}, {"lines": units(2), "shipping": True}):
        assert (await give_back(shop, placed, **body)).status_code == 200
    await rest(shop)
    given = [amount for _, amount in await refunds(shop)]
    assert (sum(given), given[:2]) == (total, [1_176, 100])
    order = (await shop.order(id_of(placed)))["answer"]
    assert (order["order"]["status"], order["order"]["lines"][0]["refunded"]) == ("refunded", 3)
    assert (await shop.available("MUG"), order["payment"]["due"]["amount"]) == (2, total)
    told = await shop.as_staff("GET", f"/admin/orders/{id_of(placed)}/refunds")
    assert sum(request["tax_minor"] for request in told["requests"]) == 595
    assert [line["quantity"] for line in told["lines"]] == [1, 2]


async def test_units_that_were_not_shipped_go_back_to_the_shelf_with_their_money(shop: Shop) -> None:
    placed = await paid(shop)
    answer = await give_back(shop, placed, lines=units(2, restock=True))
    assert answer.status_code == 200, answer.text
    await rest(shop)
    assert (await lines(shop), await shop.available("MUG")) == ([("committed", 1)], 4)
    line = await line_of(shop, placed)
    assert (line["quantity"], line["cancelled"], line["refunded"]) == (3, 2, 0)
    (given,) = [amount for _, amount in await refunds(shop)]
    assert given == 2_353  # tax of three, 526: 351 for the first two
    assert (await payment(shop, placed))["due"]["amount"] == 3_993 - given
    assert await shop.state(id_of(placed)) == "paid"


async def test_all_units_at_once_are_a_cancellation(shop: Shop) -> None:
    placed = await paid(shop)
    refused = await give_back(shop, placed, lines=units(3, restock=True))
    assert (refused.status_code, refused.json()["field"]) == (422, "lines")
    assert (await refunds(shop), await lines(shop)) == ([], [("committed", 3)])


async def test_an_amount_goes_back_for_nothing_in_particular_and_cancelling_gives_the_rest(
    shop: Shop,
) -> None:
    placed = await paid(shop)
    assert (await give_back(shop, placed, amount=money(250), reason="late")).status_code == 200
    await give_back(shop, placed, lines=units(1), amount=money(900))
    await cancel(shop, placed)
    await rest(shop)
    assert [amount for _, amount in await refunds(shop)] == [250, 900, 3_993 - 1_150]
    assert await sums(shop, placed) == (3_993, 3_993)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"lines": units(4)}, 409, "units_gone"),
        ({"lines": [{"position": 2, "quantity": 1}]}, 409, "units_gone"),
        ({"amount": money(3_994)}, 409, "refund_too_large"),
        ({"shipping": money(465)}, 409, "refund_too_large"),
        ({"amount": money(0)}, 422, "field_invalid"),
        ({"amount": {"amount": 1, "currency": "EUR"}}, 422, "currency_mismatch"),
        ({"lines": units(1) * 2}, 422, "field_invalid"),
        ({"lines": units(1, restock=True), "amount": money(1)}, 422, "field_invalid"),
    ],
)
async def test_more_than_there_was_never_goes_back(shop: Shop, body: Json, status: int, code: str) -> None:
    placed = await paid(shop)
    refused = await give_back(shop, placed, **body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (await refunds(shop), await lines(shop)) == ([], [("committed", 3)])
    assert await shop.count("refund_requests") == 0


async def test_units_give_their_money_back_once(shop: Shop) -> None:
    placed = await paid(shop)
    await give_back(shop, placed, lines=units(2, restock=True))
    await give_back(shop, placed, lines=units(1))
    for again in ({"lines": units(1)}, {"lines": units(1, restock=True)}):
        refused = await give_back(shop, placed, **again)
        assert refused.status_code in (409, 422)
    assert (await line_of(shop, placed))["cancelled"] == 2
    await rest(shop)
    assert sum(amount for _, amount in await refunds(shop)) == 3_003 + 526


# ── two people ────────────────────────────────────────────────────────────────────────────────


async def second_person(shop: Shop) -> dict[str, str]:
    made = await make_key(shop.database, email="second@example.com", role=Role.STAFF, label="second")
    return {"Authorization": f"Bearer {made.key}"}


async def decide(shop: Shop, kind: str, step: str, **who: str) -> httpx.Response:
    matter = (await matters(shop))[kind]
    return await shop.call("POST", f"/admin/attention/{matter['id']}/resolve", {"step": step}, **who)


async def test_a_large_refund_waits_for_a_second_person(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.rules(refund_approval_above_minor=1_000)
    await give_back(shop, placed, lines=units(2, restock=True), shipping=True)
    assert (await refunds(shop), await lines(shop)) == ([], [("committed", 3)])
    alone = await decide(shop, "refund_to_approve", "approve", **shop.staff)
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    assert await refunds(shop) == []
    agreed = await decide(shop, "refund_to_approve", "approve", **await second_person(shop))
    assert agreed.status_code == 200, agreed.text
    await rest(shop)
    assert sorted(amount for _, amount in await refunds(shop)) == [464, 2_353]
    assert (await shop.available("MUG"), await matters(shop)) == (4, {})


async def test_a_refund_that_is_refused_by_the_second_person_changes_nothing(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.rules(refund_approval_above_minor=0)
    await give_back(shop, placed, lines=units(1))
    assert (await decide(shop, "refund_to_approve", "refuse", **shop.staff)).status_code == 200
    await rest(shop)
    assert (await refunds(shop), (await line_of(shop, placed))["refunded"]) == ([], 0)
    assert await sums(shop, placed) == (3_993, 0)


async def test_what_has_changed_meanwhile_is_not_agreed_to(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.rules(refund_approval_above_minor=1_200)
    await give_back(shop, placed)
    await give_back(shop, placed, lines=units(1))
    refused = await decide(shop, "refund_to_approve", "approve", **await second_person(shop))
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_too_large")
    assert len(await refunds(shop)) == 1
    assert "refund_to_approve" in await matters(shop)


async def test_a_large_transfer_back_counts_once_a_second_person_agrees(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, placed, 2_000, "FT1")
    await cancel(shop, placed)
    await rest(shop)
    await shop.rules(refund_approval_above_minor=1_000)
    (refund,) = (await payment(shop, placed))["refunds"]
    path = f"/admin/refunds/{refund['id']}/paid-by-hand"
    await shop.as_staff("POST", path, {"reference": "OUT 1"})
    again = await shop.call("POST", path, {"reference": "OUT 2"}, **shop.staff)
    assert (again.status_code, await refunds(shop)) == (409, [("pending", 2_000)])
    alone = await decide(shop, "refund_sent_to_approve", "approve", **shop.staff)
    assert (alone.status_code, await sums(shop, placed)) == (403, (2_000, 0))
    await decide(shop, "refund_sent_to_approve", "approve", **await second_person(shop))
    assert (await sums(shop, placed), await matters(shop)) == ((2_000, 2_000), {})

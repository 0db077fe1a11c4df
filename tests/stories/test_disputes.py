"""A buyer disputes a payment at the bank: nothing goes back meanwhile, and the outcome is in the books."""

from datetime import datetime

import httpx
import pytest

from tests.house import Json, Shop, until
from tests.stories.money import (
    cancel,
    control,
    id_of,
    intents,
    later,
    lines,
    matters,
    paying_again,
    payment,
    refunds,
    resolve,
    rest,
    sums,
    tell,
    transferred,
)

pytestmark = pytest.mark.anyio


async def disputed(shop: Shop) -> Json:
    """A paid order of 20.00 whose buyer asks the money back."""
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    await at_the_bank(shop, placed, "opened")
    await comes_to_be(shop, placed, "disputed")
    return placed


async def at_the_bank(shop: Shop, placed: Json, verb: str) -> None:
    await control(shop, f"payments/{(await intents(shop, placed))[0]['id']}/dispute_{verb}")


async def comes_to_be(shop: Shop, placed: Json, status: str) -> None:
    async def is_so() -> bool:
        return await status_of(shop, placed) == status

    await until(is_so)


async def status_of(shop: Shop, placed: Json) -> str:
    found: str = (await shop.order(id_of(placed)))["answer"]["order"]["status"]
    return found


async def refund(shop: Shop, placed: Json) -> httpx.Response:
    return await shop.call("POST", f"/admin/orders/{id_of(placed)}/refund", {}, **shop.staff)


async def books(shop: Shop) -> list[str]:
    return [row["kind"] for row in await shop.fetch("SELECT kind FROM ledger ORDER BY id")]


async def disputes(shop: Shop) -> list[tuple[str, int]]:
    page = await shop.as_staff("GET", "/admin/disputes")
    return [(row["state"], row["amount_minor"]) for row in page["data"]]


async def test_while_the_bank_has_not_decided_nothing_goes_back_and_the_goods_stay(shop: Shop) -> None:
    placed = await disputed(shop)
    refused = await refund(shop, placed)
    assert (refused.status_code, refused.json()["disputed_minor"]) == (409, 2_000)
    assert (await refunds(shop), await lines(shop)) == ([], [("committed", 2)])
    assert (await payment(shop, placed))["disputed"]["amount"] == 2_000
    assert await disputes(shop) == [("evidence_due", 2_000)]
    matter = (await matters(shop))["dispute_opened"]
    assert matter["detail"]["order_id"] == id_of(placed)
    assert datetime.fromisoformat(matter["detail"]["due_at"]).tzinfo is not None


async def test_a_dispute_that_is_won_is_as_if_it_had_not_been(shop: Shop) -> None:
    placed = await disputed(shop)
    await resolve(shop, "dispute_opened", "answered")
    assert await disputes(shop) == [("under_review", 2_000)]
    await at_the_bank(shop, placed, "won")
    await comes_to_be(shop, placed, "paid")
    assert (await books(shop), await matters(shop)) == (["captured", "disputed", "dispute_won"], {})
    assert (await refund(shop, placed)).status_code == 200
    await rest(shop)
    assert await sums(shop, placed) == (2_000, 2_000)


async def test_a_dispute_that_is_lost_has_taken_the_money(shop: Shop) -> None:
    placed = await disputed(shop)
    await at_the_bank(shop, placed, "lost")
    await comes_to_be(shop, placed, "refunded")
    found = await payment(shop, placed)
    assert (found["disputed"]["amount"], found["lost"]["amount"]) == (0, 2_000)
    assert set(await matters(shop)) == {"dispute_lost"}
    refused = await refund(shop, placed)
    assert (refused.status_code, refused.json()["refundable_minor"]) == (409, 0)
    await cancel(shop, placed)
    await rest(shop)
    assert (await refunds(shop), await shop.available("MUG")) == ([], 5)


@pytest.mark.parametrize("verdict", ["won", "lost"])
async def test_an_order_that_is_cancelled_meanwhile_gives_back_what_the_bank_leaves(
    shop: Shop, verdict: str
) -> None:
    placed = await disputed(shop)
    await cancel(shop, placed)
    await rest(shop)
    assert (await refunds(shop), await shop.available("MUG")) == ([], 5)
    await at_the_bank(shop, placed, verdict)
    await comes_to_be(shop, placed, "cancelled" if verdict == "won" else "refunded")
    await rest(shop)
    assert await refunds(shop) == ([("succeeded", 2_000)] if verdict == "won" else [])


@pytest.mark.parametrize("verdict", ["won", "lost"])
async def test_a_refund_that_nobody_was_asked_for_waits_for_the_bank(shop: Shop, verdict: str) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    await refund(shop, placed)
    await at_the_bank(shop, placed, "opened")
    await comes_to_be(shop, placed, "disputed")
    await rest(shop)
    await shop.sweep()
    assert await refunds(shop) == [("requested", 2_000)]
    await at_the_bank(shop, placed, verdict)
    await comes_to_be(shop, placed, "paid" if verdict == "won" else "refunded")
    await rest(shop)
    await shop.fetch("UPDATE refunds SET lease_until = lease_until - interval '2 minutes'")
    await shop.sweep()
    await rest(shop)
    assert await refunds(shop) == [("succeeded" if verdict == "won" else "failed", 2_000)]


async def test_the_outcome_may_be_told_twice(shop: Shop) -> None:
    placed = await disputed(shop)
    await shop.fault("webhook_duplicate", count=3)
    await at_the_bank(shop, placed, "lost")
    await comes_to_be(shop, placed, "refunded")
    await rest(shop)
    assert await books(shop) == ["captured", "disputed", "dispute_lost"]
    assert await disputes(shop) == [("lost", 2_000)]


async def paid_by_two(shop: Shop) -> Json:
    """An order that was paid by a charge of 15.00 and a newer one of 5.00."""
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    (first,) = await intents(shop, placed)
    await shop.fault("wrong_amount", payment=first["id"], amount=1_500)
    await shop.at_bank(placed, "pay")
    await rest(shop)
    await shop.pay(placed | await paying_again(shop, placed))
    assert await sums(shop, placed) == (2_000, 0)
    return placed


async def test_what_a_bank_took_of_one_charge_is_asked_of_no_other_than_the_rest(shop: Shop) -> None:
    """The order was paid by two charges, and the newer is lost: the older one gives the rest back."""
    placed = await paid_by_two(shop)
    await control(shop, f"payments/{(await intents(shop, placed))[1]['id']}/dispute_opened")
    await comes_to_be(shop, placed, "disputed")
    await control(shop, f"payments/{(await intents(shop, placed))[1]['id']}/dispute_lost")
    await rest(shop)
    assert await disputes(shop) == [("lost", 500)]
    assert (await cancel(shop, placed)).status_code == 200
    await rest(shop)
    assert await refunds(shop) == [("succeeded", 1_500)]
    assert "refund_failed" not in await matters(shop)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [("timeout_after_effect", "lost"), ("timeout_after_effect", "won"), ("timeout_before_effect", "lost")],
)
async def test_a_refund_that_was_on_its_way_when_the_bank_took_the_money_goes_at_most_once(
    shop: Shop, fault: str, verdict: str
) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    await rest(shop)
    has_gone = fault == "timeout_after_effect"
    if has_gone:
        await shop.fault("webhook_drop", count=1)
    await shop.fault(fault, on="refund", ms=2_500)
    await refund(shop, placed)
    await shop.drain()
    assert await refunds(shop) == [("requested", 2_000)]
    await at_the_bank(shop, placed, "opened")
    await rest(shop)
    assert (await matters(shop))["given_back_twice"]["detail"]["over_minor"] == 2_000
    await at_the_bank(shop, placed, verdict)
    await rest(shop)
    assert ("given_back_twice" in await matters(shop)) is (verdict == "lost")
    await shop.fetch("UPDATE refunds SET lease_until = lease_until - interval '2 minutes'")
    await shop.sweep()
    await rest(shop)
    told = {"lost": {"dispute_lost"}, "won": set()}[verdict]
    if has_gone and verdict == "lost":  # now the shop has lost it twice
        told |= {"given_back_twice"}
    if not has_gone:
        told |= {"refund_failed"}
    assert await refunds(shop) == [("succeeded" if has_gone else "failed", 2_000)]
    assert set(await matters(shop)) == told
    assert await sums(shop, placed) == (2_000, 2_000 if has_gone else 0)


@pytest.mark.parametrize("asked", [True, False])
async def test_a_refund_of_a_charge_that_no_bank_took_goes_on(shop: Shop, asked: bool) -> None:
    placed = await paid_by_two(shop)
    assert (await refund(shop, placed)).status_code == 200
    if asked:
        await shop.fault("error_503", on="refund", count=2)
        await shop.drain()
    assert sorted(await refunds(shop)) == [("requested", 500), ("requested", 1_500)]
    newer = (await intents(shop, placed))[1]["id"]
    await control(shop, f"payments/{newer}/dispute_opened")
    await rest(shop)
    await control(shop, f"payments/{newer}/dispute_lost")
    await rest(shop)
    later(minutes=2)
    await shop.sweep()
    await rest(shop)
    assert sorted(await refunds(shop)) == [("failed", 500), ("succeeded", 1_500)]
    assert "given_back_twice" not in await matters(shop)


async def test_what_a_bank_has_left_of_a_refund_that_was_on_its_way_goes_back_anew(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    await rest(shop)
    await shop.fault("error_503", on="refund")
    await cancel(shop, placed)
    await shop.drain()
    (intent,) = await intents(shop, placed)
    case = {
        "id": "dp_1",
        "object": "dispute",
        "amount": 500,
        "currency": "gbp",
        "payment_intent": intent["id"],
    }
    for status in ("needs_response", "lost"):
        await tell(shop, "charge.dispute.updated", {**case, "status": status})
        await shop.drain()
    assert (await disputes(shop), await refunds(shop)) == ([("lost", 500)], [("requested", 2_000)])
    later(minutes=2)
    await shop.sweep()
    await rest(shop)
    assert await refunds(shop) == [("failed", 2_000), ("succeeded", 1_500)]
    assert "given_back_twice" not in await matters(shop)


async def test_a_surplus_that_went_back_and_is_taken_by_the_bank_too_is_told_though_the_price_is_there(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await shop.pay(placed | await paying_again(shop, placed, "stripe"))
    await transferred(shop, placed, 2_000, "BANK-1")
    await rest(shop)
    assert await sums(shop, placed) == (4_000, 2_000)
    assert "given_back_twice" not in await matters(shop)
    await at_the_bank(shop, placed, "opened")
    await rest(shop)
    assert (await matters(shop))["given_back_twice"]["detail"]["over_minor"] == 2_000
    await at_the_bank(shop, placed, "won")
    await rest(shop)
    assert "given_back_twice" not in await matters(shop)

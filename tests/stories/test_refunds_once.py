"""Money goes back as often as it is owed, whatever failed, was tried again or came twice meanwhile."""

from time import time

import pytest

from holdfast import clock
from holdfast.db.transaction import transaction
from holdfast.refund.give_back import request_refund
from holdfast.refund.issue_refund import record_refusal
from holdfast.refund.refund import Wish
from tests.house import Json, Shop
from tests.stories.money import (
    bank,
    control,
    id_of,
    intents,
    matters,
    paying_again,
    refunds,
    resolve,
    rest,
    sums,
    tell,
    transferred,
)

pytestmark = pytest.mark.anyio


async def overpaid(shop: Shop) -> Json:
    """An order of 20.00 for which 25.00 were paid, and whose refund of the surplus has failed."""
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.fault("wrong_amount", amount=2_500)
    await shop.fault("refund_fails", ms=0)
    await shop.pay(placed)
    await rest(shop)
    assert await refunds(shop) == [("failed", 500)]
    return placed


async def try_again(shop: Shop) -> tuple[int, str]:
    matter = (await matters(shop))["refund_failed"]
    path = f"/admin/attention/{matter['id']}/resolve"
    answer = await shop.call("POST", path, {"step": "try_again"}, **shop.staff)
    return answer.status_code, answer.json().get("code", "")


async def test_a_surplus_that_has_gone_back_meanwhile_is_not_given_back_by_trying_again(shop: Shop) -> None:
    placed = await overpaid(shop)
    (intent,) = await intents(shop, placed)
    await tell(shop, "payment_intent.succeeded", intent)  # the same news, as another event
    await rest(shop)
    assert await refunds(shop) == [("failed", 500), ("succeeded", 500)]
    assert await try_again(shop) == (409, "refund_too_large")
    await rest(shop)
    assert await sums(shop, placed) == (2_500, 500)


async def test_a_surplus_that_failed_to_go_back_goes_back_by_trying_again(shop: Shop) -> None:
    placed = await overpaid(shop)
    assert await try_again(shop) == (200, "")
    await rest(shop)
    assert (await sums(shop, placed), await refunds(shop)) == (
        (2_500, 500),
        [("failed", 500), ("succeeded", 500)],
    )


async def test_money_that_comes_again_after_a_refund_goes_back_too(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    (intent,) = await intents(shop, placed)
    again = await paying_again(shop, placed, "bank_transfer")
    assert again["payment"]["next_action"]["type"] == "bank_details"
    await rest(shop)
    await transferred(shop, placed, 2_000, "FT1")
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund", {"reason": "broken"})
    await shop.drain()
    await control(shop, f"payments/{intent['id']}/late_success")
    await rest(shop)
    assert await refunds(shop) == [("pending", 2_000), ("succeeded", 2_000)]
    assert "paid_twice" in await matters(shop)


async def test_a_refund_that_was_refused_and_happened_all_the_same_is_in_the_books(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    (intent,) = await intents(shop, placed)
    await shop.fault("webhook_drop", count=10)  # of the dispute, else nobody would be asked
    await shop.fault("dispute_opened", payment=intent["id"])
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund", {"reason": "broken"})
    await rest(shop)
    ((refund_id, state),) = await shop.fetch("SELECT id, state FROM refunds")
    assert state == "failed"
    done = {"object": "refund", "id": f"re_{time()}", "payment_intent": intent["id"], "currency": "gbp"}
    done |= {"amount": 2_000, "status": "succeeded", "metadata": {"refund_id": refund_id}}
    await tell(shop, "refund.created", done)
    assert await sums(shop, placed) == (2_000, 2_000)
    assert "refund_elsewhere" in await matters(shop)
    assert await try_again(shop) == (409, "refund_too_large")
    await rest(shop)
    assert await sums(shop, placed) == (2_000, 2_000)


async def test_a_failed_refund_is_tried_again_while_its_own_payment_has_the_money(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    await shop.fault("refund_fails", ms=0)
    await shop.call("POST", f"/admin/orders/{id_of(placed)}/cancel", {}, **shop.staff)
    await rest(shop)
    await resolve(shop, "refund_failed", "try_again")
    await rest(shop)
    assert await refunds(shop) == [("failed", 2_000), ("succeeded", 2_000)]


async def test_what_a_person_was_to_give_back_and_did_at_the_providers_desk_is_done(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    await transaction(
        shop.database,
        lambda tx: request_refund(
            tx,
            order_id=id_of(placed),
            wish=Wish(),
            rules=shop.process.rules,
            reason="",
            actor="ada",
            at=clock.now(),
        ),
    )
    ((refund_id,),) = await shop.fetch("SELECT id FROM refunds")
    await transaction(
        shop.database,
        lambda tx: record_refusal(tx, refund_id, by_hand=True, why="too late for its API", at=clock.now()),
    )
    assert "refund_by_hand" in await matters(shop)
    (intent,) = await intents(shop, placed)
    await bank(shop, "POST", "/refunds", payment_intent=intent["id"])
    await rest(shop)
    assert (await refunds(shop), await sums(shop, placed)) == ([("succeeded", 2_000)], (2_000, 2_000))
    assert await matters(shop) == {}
